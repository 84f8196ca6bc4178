"""What the checks share: findings, the contracts with the files that they come from, and close names."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from contracts.checks.sql import Reading, SqlFaultError, Tables, read, rule_tables
from contracts.layout import (
    CATALOGUE,
    CODE_LISTS,
    CROSSWALKS,
    DERIVED,
    EVENTS,
    FORMS,
    INBOUND,
    OUTBOUND,
    OWN,
    PURPOSES,
    RELATIVES,
    RULE_VIEWS,
    RULES,
    WORDINGS,
    catalogues,
    matching,
    overlay,
)
from contracts.model import (
    CodeList,
    Column,
    Contracts,
    Crosswalk,
    Dataset,
    Datum,
    PersonOfRow,
    Rule,
    RuleView,
    When,
)
from contracts.parsing import yaml_of

SHOWN = 12
KEY = "person_id"


@dataclass(frozen=True)
class Finding:
    """What does not hold: the file, the place in it and its line, what is wrong there, and what to do."""

    level: Literal["error", "note"]
    file: str
    where: str
    what: str
    remedy: str
    line: int | None = None


def person_columns(agreed: Agreement) -> tuple[str, ...]:
    """The columns of the published table person."""
    return (KEY, *agreed.data)


def close(name: str, known: Iterable[str]) -> str:
    """A remedy for a name that is not there: the nearest one, else what there is."""
    there = sorted(set(known))
    near = difflib.get_close_matches(name, there, n=1, cutoff=0.6)
    near = near or [known for known in there if name and name in known.split("_")]
    if near:
        return f"did you mean {near[0]}?"
    return f"there are: {listed(there)}" if there else "there are none yet"


def listed(names: Iterable[str]) -> str:
    """Names in a row, a long list cut off."""
    there = list(names)
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    return ", ".join(there[:SHOWN]) + more


def doubled(names: Iterable[str]) -> list[str]:
    """Names that come more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


class Agreement:
    """The contracts by name, as they are written, and the file of each."""

    def __init__(self, contracts: Contracts) -> None:
        as_written = tuple(dataset.delivered for dataset in contracts.datasets)
        self.contracts = contracts.model_copy(update={"datasets": as_written})
        self.files = {name: path for name, path in overlay(contracts.folders).items() if str(path) not in contracts.unread}

    @cached_property
    def data(self) -> dict[str, Datum]:
        return {datum.name: datum for datum in self.contracts.catalogue.data}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        return {dataset.id: dataset for dataset in self.contracts.datasets}

    @cached_property
    def lists(self) -> dict[str, CodeList]:
        return {codes.id: codes for codes in self.contracts.code_lists}

    @cached_property
    def walks(self) -> dict[str, Crosswalk]:
        return {walk.id: walk for walk in self.contracts.crosswalks}

    def codes_of(self, list_id: str | None) -> frozenset[str]:
        """The codes of a list; none of a list that is not there."""
        found = self.lists.get(list_id or "")
        return frozenset(code.code for code in found.codes) if found else frozenset()

    def suppliers(self, datum: str) -> list[str]:
        """The datasets that tell a datum, whether or not the catalogue asks them."""
        return [dataset.id for dataset in self.contracts.datasets if datum in dataset.supplies]

    @cached_property
    def tellers(self) -> dict[str, set[str]]:
        """The datasets that tell each kind of event."""
        told: dict[str, set[str]] = {}
        for dataset in self.contracts.datasets:
            for event in dataset.events:
                told.setdefault(event.kind, set()).add(dataset.id)
        return told

    def shown(self, path: Path) -> str:
        """A file's name for a message: short within the project's own contracts, else whole."""
        return _shown(path)

    @cached_property
    def _of_id(self) -> dict[tuple[str, str], Path]:
        """Where each file of one contract stands, by its folder and id."""
        kinds = (CODE_LISTS, CROSSWALKS, RULES, RULE_VIEWS, EVENTS, FORMS, RELATIVES, DERIVED, WORDINGS, PURPOSES)
        return {
            (str(Path(kind).parent), str(yaml_of(path).get("id"))): path
            for kind in kinds
            for path in matching(self.files, kind)
        }

    def file_of(self, folder: str, name: str) -> str:
        """The file of a code list, a crosswalk, a rule or a form."""
        found = self._of_id.get((folder, name))
        return self.shown(found) if found else f"{folder}/{name}.yaml"

    @cached_property
    def _catalogue_of(self) -> dict[str, Path]:
        layers = catalogues(self.contracts.folders)
        return {entry["name"]: path for path in layers for entry in yaml_of(path)["data"]}

    def catalogue_of(self, datum: str) -> str:
        """The catalogue whose entry of the datum counts."""
        found = self._catalogue_of.get(datum)
        return self.shown(found) if found else str(CATALOGUE)

    @cached_property
    def tables(self) -> Tables:
        """What rules may read."""
        return rule_tables(self.contracts)

    @cached_property
    def _read_rules(self) -> tuple[list[tuple[Rule, Reading]], list[tuple[Rule, str]]]:
        understood, faults = [], []
        for rule in self.contracts.rules:
            try:
                understood.append((rule, read(rule.sql, self.tables)))
            except SqlFaultError as fault:
                faults.append((rule, str(fault)))
        return understood, faults

    @cached_property
    def _read_views(self) -> tuple[list[tuple[RuleView, Reading]], list[tuple[RuleView, str]]]:
        understood, faults = [], []
        for view in self.contracts.rule_views:
            try:
                understood.append((view, read(view.sql, self.tables)))
            except SqlFaultError as fault:
                faults.append((view, str(fault)))
        return understood, faults

    @property
    def readings(self) -> list[tuple[Rule, Reading]]:
        """The rules whose SQL can be understood, with what it reads."""
        return self._read_rules[0]

    @property
    def view_readings(self) -> list[tuple[RuleView, Reading]]:
        """The views of the rules whose SQL can be understood, with what it reads."""
        return self._read_views[0]

    @property
    def all_readings(self) -> list[Reading]:
        """What the rules and their views read."""
        return [reading for _, reading in (*self.readings, *self.view_readings)]

    @property
    def unreadable_rules(self) -> list[tuple[Rule, str]]:
        """The rules whose SQL cannot be understood, and why."""
        return self._read_rules[1]

    @property
    def unreadable_views(self) -> list[tuple[RuleView, str]]:
        """The views of the rules whose SQL cannot be understood, and why."""
        return self._read_views[1]

    def odcs_files(self) -> list[Path]:
        return [path for kind in (INBOUND, OUTBOUND) for path in matching(self.files, kind)]


@lru_cache(maxsize=1024)
def _shown(path: Path) -> str:
    return str(path.relative_to(OWN.parent)) if path.is_relative_to(OWN) else str(path)


Check = Callable[[Agreement], Iterator[Finding]]


# --- columns that a contract names --------------------------------------------------------------------------


def column(dataset: Dataset, name: str | None) -> Column | None:
    """The taken column of that name, if there is one."""
    return next((c for c in dataset.taken if c.name == name), None)


def unnamed_column(file: str, dataset: Dataset, where: str, name: str) -> Iterator[Finding]:
    """The finding that ``where`` names a column that is not there, or that is not taken."""
    if column(dataset, name) is not None:
        return
    if any(c.name == name for c in dataset.columns):
        what = f"names column {name}, which is not taken (notTaken)"
        yield Finding("error", file, where, what, "take the column, or do not use it")
        return
    remedy = close(name, (c.name for c in dataset.taken))
    yield Finding("error", file, where, f"names column {name}, which the schema does not have", remedy)


def whens(dataset: Dataset) -> Iterator[tuple[str, When]]:
    """Every ``when`` of a dataset, with its place."""
    for person in dataset.persons:
        yield f"persons.{person.role}.yields", person.yields
        if person.register_key is not None:
            yield f"persons.{person.role}.register_key.when", person.register_key.when
        for name, supply in person.data.items():
            yield f"persons.{person.role}.data.{name}.when", supply.when
    for event in dataset.events:
        yield f"events.{event.kind}.when", event.when
    for tie in dataset.relations:
        yield f"relations.{tie.kind}.when", tie.when


def supplying(dataset: Dataset, datum: str) -> Iterator[tuple[PersonOfRow, Column]]:
    """The columns of a dataset that tell a datum, with the role of whom they tell it."""
    for person in dataset.persons:
        supply = person.data.get(datum)
        found = column(dataset, supply.column) if supply else None
        if found is not None:
            yield person, found
