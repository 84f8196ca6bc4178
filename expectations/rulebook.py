"""Rules of the gates, read from ``rules/*.yaml``, asked of every column or datum that they fit.

A rule says in one of three ways what it asks: ``sql`` selects offending rows; ``measure`` selects one number,
which ``at_most`` bounds for each severity; ``expectation`` names one of Great Expectations' own, with its
``arguments``. ``each`` repeats the rule for every column of the dataset (batch gate) or every datum of the
catalogue (other gates) that it describes. In all texts ``$table``, ``$column``, ``$label``, ``$label_en`` and
``$codes`` stand for what is asked about; a gate adds its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.model import Column, Contracts, Dataset, Datum
from expectations.result import Gate, Severity
from warehouse.quoting import literals

OWN_RULES = Path(__file__).parent / "rules"
MEASURES = "measure"

# Only expectations whose answer is a count: others put a person's value into results and Data Docs.
Native = Literal[
    "ExpectColumnValuesToNotBeNull",
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnValuesToBeUnique",
    "ExpectCompoundColumnsToBeUnique",
    "ExpectTableColumnsToMatchSet",
    "ExpectTableRowCountToBeBetween",
]
Variables = Mapping[str, str | Sequence[str]]


class RuleError(Exception):
    """A rule's file that cannot be understood: which rule, and what to mend."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Each(_Strict):
    """Which columns or data a rule is repeated for; what is not said does not matter."""

    kind: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    coded: bool | None = None
    required: bool | None = None
    ahead: bool | None = None

    def fits(self, subject: Subject) -> bool:
        """Whether the rule is asked of this column or datum."""
        return (
            (not self.kind or subject.kind in self.kind)
            and (not self.name or subject.name in self.name)
            and self.coded in (None, subject.codes is not None)
            and self.required in (None, subject.required)
            and self.ahead in (None, subject.ahead)
        )


class GateRule(_Strict):
    """One rule; without the data that it ``uses`` or the tables that it ``needs`` it is not asked."""

    id: str
    gate: Gate
    table: str
    sentence: str
    sentence_en: str
    severity: Severity = "stop"
    each: Each | None = None
    uses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sql: str | None = None
    measure: str | None = None
    at_most: dict[Severity, float | str] = Field(default_factory=dict)
    expectation: Native | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> GateRule:
        if [self.sql, self.measure, self.expectation].count(None) != 2:
            raise ValueError("say exactly one of sql, measure, expectation")
        if bool(self.at_most) != (self.measure is not None):
            raise ValueError("a measure needs at_most, and nothing else takes it")
        return self


@dataclass(frozen=True)
class Subject:
    """A column of a dataset or a datum of the catalogue, as far as a rule wants to know it; ``ahead``: it may lie in the future."""

    name: str
    label: str
    label_en: str
    kind: str
    codes: tuple[str, ...] | None = None
    required: bool = False
    ahead: bool = False


@dataclass(frozen=True)
class Asked:
    """One expectation to be evaluated: a rule with everything filled in."""

    rule: str
    table: str
    column: str | None
    severity: Severity
    sentence: str
    sentence_en: str
    expectation: str
    arguments: dict[str, Any]
    measure: str | None = None

    @property
    def asset(self) -> str:
        """The table that Great Expectations reads: measures are gathered in a table of their own."""
        return self.table if self.measure is None else MEASURES


@lru_cache(maxsize=4)
def load_rules(folder: Path = OWN_RULES) -> tuple[GateRule, ...]:
    """All rules of a folder, in the order of files and of entries. Raises RuleError."""
    rules = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            try:
                rules.append(GateRule.model_validate(entry))
            except ValueError as error:
                raise RuleError(f"{path}: rule {entry.get('id')}: {error}") from error
    return tuple(rules)


def columns_of(dataset: Dataset, contracts: Contracts) -> list[Subject]:
    """The columns that are taken in from a dataset; their kind is their normaliser."""
    return [_column(column, contracts) for column in dataset.taken]


def _column(column: Column, contracts: Contracts) -> Subject:
    codes = _codes(contracts, contracts.crosswalk(column.crosswalk).to) if column.crosswalk else None
    return Subject(column.name, column.label, column.name, column.normaliser, codes, column.required)


def data_of(contracts: Contracts) -> list[Subject]:
    """The data of the catalogue; their kind is their type."""
    return [_datum(datum, contracts) for datum in contracts.catalogue.data]


def _datum(datum: Datum, contracts: Contracts) -> Subject:
    codes = _codes(contracts, datum.codes) if datum.codes else None
    return Subject(datum.name, datum.label, datum.label_en, datum.type, codes, ahead=_may_lie_ahead(datum, contracts))


def _may_lie_ahead(datum: Datum, contracts: Contracts) -> bool:
    """Whether somebody tells it by a plain date, as until when an insurance pays, and not as a day on which something happened."""
    told = ((d, p.data[datum.name].column) for d in contracts.datasets for p in d.persons if datum.name in p.data)
    return any(dataset.column(name).normaliser == "date" for dataset, name in told if name)


def _codes(contracts: Contracts, list_id: str) -> tuple[str, ...]:
    return tuple(code.code for code in contracts.code_list(list_id).codes)


def ask(
    rules: Sequence[GateRule], subjects: Sequence[Subject], variables: Variables, tables: set[str]
) -> list[Asked]:
    """Fill the rules in. ``tables`` are those at hand, for rules that ``need`` one."""
    known = {subject.name for subject in subjects}
    fitting = [rule for rule in rules if known.issuperset(rule.uses) and tables.issuperset(rule.needs)]
    return [asked for rule in fitting for asked in _ask_one(rule, subjects, variables)]


def _ask_one(rule: GateRule, subjects: Sequence[Subject], variables: Variables) -> Iterator[Asked]:
    wanted: list[Subject | None] = [None]
    if rule.each is not None:
        wanted = [subject for subject in subjects if rule.each.fits(subject)]
    for subject in wanted:
        yield from _filled(rule, subject, {**variables, **_words(rule, subject, variables)})


def _words(rule: GateRule, subject: Subject | None, variables: Variables) -> dict[str, str | Sequence[str]]:
    words: dict[str, str | Sequence[str]] = {"table": _text(rule.table, variables)}
    if subject is not None:
        words |= {"column": subject.name, "label": subject.label, "label_en": subject.label_en}
        words |= {"codes": subject.codes or ()}
    return words


def _filled(rule: GateRule, subject: Subject | None, words: Variables) -> Iterator[Asked]:
    column = subject.name if subject else rule.arguments.get("column")
    for severity, expectation, arguments, measure in _forms(rule, column, words):
        yield Asked(
            rule=rule.id,
            table=_text(rule.table, words),
            column=column,
            severity=severity,
            sentence=_text(rule.sentence, words),
            sentence_en=_text(rule.sentence_en, words),
            expectation=expectation,
            arguments=arguments,
            measure=measure,
        )


def _forms(
    rule: GateRule, column: str | None, words: Variables
) -> Iterator[tuple[Severity, str, dict[str, Any], str | None]]:
    if rule.expectation is not None:
        yield rule.severity, rule.expectation, {k: _value(v, words) for k, v in rule.arguments.items()}, None
    elif rule.sql is not None:
        yield rule.severity, "ExpectNoOffendingRows", {"unexpected_rows_query": _text(rule.sql, words)}, None
    elif rule.measure is not None:
        name = "__".join(filter(None, (rule.id, _text(rule.table, words), column)))
        for severity, bound in rule.at_most.items():
            limit = float(_text(str(bound), words))
            arguments = {"column": name, "max_value": limit}
            yield severity, "ExpectColumnMaxToBeBetween", arguments, _text(rule.measure, words)


def _value(value: Any, words: Variables) -> Any:
    """An argument: ``$codes`` alone is the list itself, any other text is filled in."""
    if not isinstance(value, str):
        return value
    whole = words.get(value.removeprefix("$")) if value.startswith("$") else None
    return list(whole) if whole is not None and not isinstance(whole, str) else _text(value, words)


def _text(text: str, words: Variables) -> str:
    try:
        return Template(text).substitute(
            {k: v if isinstance(v, str) else sql_list(v) for k, v in words.items()}
        )
    except (KeyError, ValueError) as error:
        raise RuleError(f"{text!r}: {error}: write $$ for a dollar sign; known: {sorted(words)}") from error


def sql_list(values: Sequence[str]) -> str:
    """A list in SQL, its texts quoted."""
    return f"[{literals(values)}]"
