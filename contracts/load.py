"""Read the contracts from YAML into the typed objects of ``model``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from contracts import layout
from contracts.model import (
    AccessPolicy,
    Calendar,
    Catalogue,
    CodeList,
    Contracts,
    Crosswalk,
    Dataset,
    Derived,
    EventKind,
    Form,
    Linking,
    OrderTerms,
    Placeholders,
    Purpose,
    Relative,
    Rule,
    RuleView,
    Wording,
)
from contracts.odcs import dataset_of, subscription_of
from contracts.parsing import ContractError, Fault, typed, validated, yaml_of
from contracts.unroll import unrolled

T = TypeVar("T", bound=BaseModel)
V = TypeVar("V")


class _Reader:
    """Reads file after file and keeps the faults, so that all of them are told at once."""

    def __init__(self, files: dict[Path, Path]) -> None:
        self.files = files
        self.faults: list[Fault] = []

    def one(self, read: Callable[[Path], V], path: Path) -> V | None:
        try:
            return read(path)
        except ContractError as error:
            self.faults.extend(error.faults)
            return None

    def the(self, kind: type[T], place: Path) -> T | None:
        return self.one(lambda path: typed(kind, path), self.files[place])

    def each(self, read: Callable[[Path], V], paths: Iterable[Path]) -> tuple[V, ...]:
        return tuple(found for path in paths if (found := self.one(read, path)) is not None)

    def all(self, kind: type[T], pattern: str) -> tuple[T, ...]:
        return self.each(lambda path: typed(kind, path), layout.matching(self.files, pattern))


def load_all() -> Contracts:
    """The project's own contracts with the folders of ``RENKOU_CONTRACTS`` laid over them."""
    extra = os.environ.get("RENKOU_CONTRACTS", "")
    return load(layout.OWN, *(Path(folder) for folder in extra.split(os.pathsep) if folder))


@lru_cache(maxsize=8)
def load(*folders: Path) -> Contracts:
    """Contracts of ``folders``, later ones over earlier ones: a file at the same relative path replaces it.

    A later ``catalogue.yaml`` adds data to the catalogue, or replaces a datum of the same name.
    Raises ContractError with every fault of every file.
    """
    reader = _Reader(layout.overlay(folders))
    several, single = _kinds_of_files(reader, folders), _single_files(reader)
    if None in single.values():
        raise ContractError(*reader.faults)
    files = reader.files
    contracts = Contracts(
        **several,
        **single,
        version=_version([*(folder / layout.CATALOGUE for folder in folders), *files.values()]),
        intake_version=_version([p for r, p in files.items() if r.parts[0] in layout.INTAKE]),
        divisions=files[layout.DIVISIONS],
        folders=folders,
        unread=frozenset(fault.file for fault in reader.faults),
    )
    if reader.faults:
        raise ContractError(*reader.faults, rest=contracts if all(map(layout.is_leaf, contracts.unread)) else None)
    return contracts


def _kinds_of_files(reader: _Reader, folders: tuple[Path, ...]) -> dict[str, Any]:
    """The fields of ``Contracts`` that are read from any number of files each."""
    crosswalks = reader.all(Crosswalk, layout.CROSSWALKS)
    datasets = reader.each(dataset_of, layout.matching(reader.files, layout.INBOUND))
    derived, wordings = reader.all(Derived, layout.DERIVED), reader.all(Wording, layout.WORDINGS)
    return {
        "catalogue": _catalogue(reader.each(_one_owner, layout.catalogues(folders))),
        "datasets": tuple(unrolled(_with_spellings(dataset, crosswalks)) for dataset in datasets),
        "code_lists": reader.all(CodeList, layout.CODE_LISTS),
        "crosswalks": crosswalks,
        "rules": reader.all(Rule, layout.RULES),
        "rule_views": reader.all(RuleView, layout.RULE_VIEWS),
        "relatives": reader.all(Relative, layout.RELATIVES),
        "derived": derived,
        "wordings": wordings,
        "purposes": reader.all(Purpose, layout.PURPOSES),
        "forms": reader.each(lambda path: _form(path, derived, wordings), layout.matching(reader.files, layout.FORMS)),
        "event_kinds": reader.all(EventKind, layout.EVENTS),
        "subscriptions": reader.each(subscription_of, layout.matching(reader.files, layout.OUTBOUND)),
    }


def _single_files(reader: _Reader) -> dict[str, Any]:
    """The fields of ``Contracts`` that are read from a file each, or one folder; without them nothing else can be held against anything."""
    return {
        "placeholders": reader.the(Placeholders, layout.PLACEHOLDERS),
        "access": reader.the(AccessPolicy, layout.ACCESS),
        "normalisers": reader.one(_normalisers, reader.files[layout.NORMALISERS]),
        "order_terms": reader.the(OrderTerms, layout.ORDERS),
        "calendar": reader.the(Calendar, layout.CALENDAR),
        "linking": reader.one(lambda folder: _linking(reader.files, folder), layout.OWN / layout.LINKING[0].parent),
    }


def _version(paths: list[Path]) -> str:
    """A short digest over contracts: two builds by the same contracts say the same version."""
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _normalisers(path: Path) -> dict[str, str]:
    content = yaml_of(path)
    if not isinstance(content, dict):
        raise ContractError(
            Fault(str(path), "(top)", "a mapping of each normaliser to what it does is needed")
        )
    return {str(name): str(told) for name, told in content.items()}


def _linking(files: dict[Path, Path], folder: Path) -> Linking:
    """Folders that say nothing of linking take the project's own."""
    return validated(Linking, {path.stem: yaml_of(files.get(path, layout.OWN / path)) for path in layout.LINKING}, folder)


def _form(path: Path, derived: tuple[Derived, ...], wordings: tuple[Wording, ...]) -> Form:
    """A form with the expressions and wordings that its fields name put in their place."""
    content = deepcopy(yaml_of(path))
    expressions = {each.id: each for each in derived}
    spelt = {each.id: each.map for each in wordings}
    fields = content.get("fields") if isinstance(content, dict) else None
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict):
            _put(field, path, "codes", spelt, "wordings", lambda found: {"codes": found})
            _put(field, path, "derived", expressions, "derived", _law_and_expression)
            _put(field, path, "otherwise", expressions, "derived", _otherwise)
            if (condition := expressions.get(str(field.get("applies_when")))) is not None:
                field["applies_when"] = condition.expression
    return validated(Form, content, path)


def _put(
    field: dict[str, Any],
    path: Path,
    key: str,
    known: dict[str, V],
    folder: str,
    told: Callable[[V], dict[str, Any]],
) -> None:
    name = field.get(key)
    if not isinstance(name, str):
        return
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        what = f"{folder}/ has no {name}; there are: {there}"
        raise ContractError(Fault(str(path), f"fields.{field.get('name')}.{key}", what))
    field.update(told(known[name]))


def _law_and_expression(found: Derived) -> dict[str, Any]:
    return {"expression": found.expression, "law": found.law}


def _otherwise(found: Derived) -> dict[str, Any]:
    return {"otherwise": found.expression, "otherwise_law": found.law}


def _catalogue(layers: tuple[Catalogue, ...]) -> Catalogue:
    data = {datum.name: datum for layer in layers for datum in layer.data}
    area = next((layer.area for layer in reversed(layers) if layer.area), None)
    return Catalogue(version=layers[-1].version if layers else "", area=area, data=tuple(data.values()))


def _one_owner(path: Path) -> Catalogue:
    """The catalogue of one folder, with one entry a datum. Raises ContractError."""
    catalogue = typed(Catalogue, path)
    names = [datum.name for datum in catalogue.data]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = "two owners for one datum; keep one entry a datum"
        raise ContractError(*(Fault(str(path), f"data.{name}", what) for name in twice))
    return catalogue


def _with_spellings(dataset: Dataset, crosswalks: tuple[Crosswalk, ...]) -> Dataset:
    """The dataset with how its department spells a withdrawal, for rows of which not everything can be read."""
    operation = dataset.delivery.operation
    told = next((c for c in dataset.columns if operation and c.name == operation.column), None)
    if operation is None or told is None:
        return dataset
    walk = next((walk.map for walk in crosswalks if walk.id == told.crosswalk), {code: code for code in operation.delete})
    return dataset.model_copy(update={"withdrawn_as": frozenset(raw for raw, code in walk.items() if code in operation.delete)})
