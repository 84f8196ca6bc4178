"""Read the contracts from YAML into the typed objects of ``model``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty
from pydantic import BaseModel, ValidationError

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
    Span,
    Subscription,
    Wording,
    custom,
)
from contracts.places import named_place

T = TypeVar("T", bound=BaseModel)
V = TypeVar("V")
OWN = Path(__file__).parent

INBOUND = "inbound/*/*.odcs.yaml"
OUTBOUND = "outbound/*.odcs.yaml"
CODE_LISTS = "codes/*.yaml"
CROSSWALKS = "codes/crosswalks/*.yaml"
RULES = "rules/*.yaml"
EVENTS = "events/*.yaml"
RULE_VIEWS = "rules/views/*.yaml"
FORMS = "forms/*.yaml"
RELATIVES = "relatives/*.yaml"
DERIVED = "derived/*.yaml"
WORDINGS = "wordings/*.yaml"
PURPOSES = "purposes/*.yaml"
CATALOGUE = Path("catalogue.yaml")
ACCESS = Path("access.yaml")
ORDERS = Path("orders.yaml")
CALENDAR = Path("calendar.yaml")
PLACEHOLDERS = Path("codes/placeholders.yaml")
NORMALISERS = Path("normalisers.yaml")
LINKING = tuple(Path("linking") / f"{part}.yaml" for part in ("contexts", "comparisons", "blocks", "rules", "doubts", "model"))
DIVISIONS = Path("codes/divisions.csv")
INTAKE = {"inbound", "codes", NORMALISERS.name}


class Fault(NamedTuple):
    """Why a contract cannot be read: the file, the place in it, and what is wrong there."""

    file: str
    where: str
    what: str


class ContractError(Exception):
    """Contracts that cannot be read; ``faults`` are all of them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(": ".join(part for part in fault if part) for fault in faults))
        self.faults = faults


class _Reader:
    """Reads file after file and keeps the faults, so that all of them are told at once."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def one(self, read: Callable[[Path], V], path: Path) -> V | None:
        try:
            return read(path)
        except ContractError as error:
            self.faults.extend(error.faults)
            return None

    def each(self, read: Callable[[Path], V], paths: Iterable[Path]) -> tuple[V, ...]:
        return tuple(found for path in paths if (found := self.one(read, path)) is not None)


def load_all() -> Contracts:
    """The project's own contracts with the folders of ``RENKOU_CONTRACTS`` laid over them."""
    extra = os.environ.get("RENKOU_CONTRACTS", "")
    return load(OWN, *(Path(folder) for folder in extra.split(os.pathsep) if folder))


@lru_cache(maxsize=8)
def load(*folders: Path) -> Contracts:
    """Contracts of ``folders``, later ones over earlier ones: a file at the same relative path replaces it.

    A later ``catalogue.yaml`` adds data to the catalogue, or replaces a datum of the same name.
    Raises ContractError with every fault of every file.
    """
    files = overlay(folders)
    reader = _Reader()

    def of(kind: type[T], pattern: str) -> tuple[T, ...]:
        return reader.each(lambda path: _typed(kind, path), matching(files, pattern))

    catalogue = _catalogue(reader.each(_one_owner, catalogues(folders)))
    datasets = reader.each(_dataset, matching(files, INBOUND))
    code_lists = of(CodeList, CODE_LISTS)
    crosswalks = of(Crosswalk, CROSSWALKS)
    datasets = tuple(_with_spellings(dataset, crosswalks) for dataset in datasets)
    placeholders = reader.one(lambda path: _typed(Placeholders, path), files[PLACEHOLDERS])
    access = reader.one(lambda path: _typed(AccessPolicy, path), files[ACCESS])
    normalisers = reader.one(_normalisers, files[NORMALISERS])
    terms = reader.one(lambda path: _typed(OrderTerms, path), files[ORDERS])
    calendar = reader.one(lambda path: _typed(Calendar, path), files[CALENDAR])
    rules, rule_views = of(Rule, RULES), of(RuleView, RULE_VIEWS)
    relatives = of(Relative, RELATIVES)
    derived, wordings = of(Derived, DERIVED), of(Wording, WORDINGS)
    purposes = of(Purpose, PURPOSES)
    forms = reader.each(lambda path: _form(path, derived, wordings), matching(files, FORMS))
    event_kinds = of(EventKind, EVENTS)
    subscriptions = reader.each(_subscription, matching(files, OUTBOUND))
    linking = reader.one(lambda path: _linking(files, path), OWN / LINKING[0].parent)
    if reader.faults or placeholders is None or normalisers is None or access is None or linking is None:
        raise ContractError(*reader.faults)
    if terms is None or calendar is None:
        raise ContractError(*reader.faults)
    return Contracts(
        catalogue=catalogue,
        datasets=datasets,
        code_lists=code_lists,
        crosswalks=crosswalks,
        placeholders=placeholders,
        normalisers=normalisers,
        access=access,
        rules=rules,
        event_kinds=event_kinds,
        rule_views=rule_views,
        order_terms=terms,
        calendar=calendar,
        forms=forms,
        relatives=relatives,
        derived=derived,
        wordings=wordings,
        purposes=purposes,
        subscriptions=subscriptions,
        version=_version([*(folder / CATALOGUE for folder in folders), *files.values()]),
        intake_version=_version([p for r, p in files.items() if r.parts[0] in INTAKE]),
        divisions=files[DIVISIONS],
        linking=linking,
        folders=folders,
    )


def overlay(folders: tuple[Path, ...]) -> dict[Path, Path]:
    """Every contract file by its path within its folder; the last folder's is the one that counts."""
    found: dict[Path, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ContractError(Fault(str(folder), "", "no such folder of contracts; see RENKOU_CONTRACTS"))
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".yaml", ".yml", ".csv"}:
                found[path.relative_to(folder)] = path
    return dict(sorted(found.items()))


def matching(files: dict[Path, Path], pattern: str) -> list[Path]:
    """The files of one kind; ``pattern`` has as many parts as their paths within the folder."""
    parts = len(Path(pattern).parts)
    return [p for r, p in files.items() if len(r.parts) == parts and r.match(pattern) and r != PLACEHOLDERS]


def _version(paths: list[Path]) -> str:
    """A short digest over contracts: two builds by the same contracts say the same version."""
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


class _Loader(yaml.CSafeLoader):
    """YAML in which a key that stands twice in a mapping is an error: the second would silently count alone."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)


def yaml_of(path: Path) -> Any:
    """What the file holds, as plain values. Raises ContractError."""
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(Fault(str(path), where, f"not YAML: {error.problem}")) from error
    except yaml.YAMLError as error:
        raise ContractError(Fault(str(path), "", f"not YAML: {error}")) from error
    except UnicodeDecodeError as error:
        raise ContractError(Fault(str(path), f"byte {error.start + 1}", "not UTF-8: save the file as UTF-8")) from error


def _normalisers(path: Path) -> dict[str, str]:
    content = yaml_of(path)
    if not isinstance(content, dict):
        raise ContractError(
            Fault(str(path), "(top)", "a mapping of each normaliser to what it does is needed")
        )
    return {str(name): str(told) for name, told in content.items()}


def _linking(files: dict[Path, Path], folder: Path) -> Linking:
    """Folders that say nothing of linking take the project's own."""
    return _validated(Linking, {path.stem: yaml_of(files.get(path, OWN / path)) for path in LINKING}, folder)


def _typed(kind: type[T], path: Path) -> T:
    return _validated(kind, yaml_of(path), path)


def _validated(kind: type[T], content: Any, path: Path, called: Mapping[str, str] | None = None) -> T:
    """``called`` are the places where the file says what ``kind`` calls otherwise."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ContractError(*(Fault(str(path), place, what) for place, what in _places(error, content, called or {}))) from error


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
    return _validated(Form, content, path)


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


# What is wrong, in words that say what to write, where pydantic has only those of a programmer.
WORDS = {
    "missing": "is missing: write it",
    "extra_forbidden": "nothing reads this: mend its name, or leave it out",
    "string_type": 'a text is needed: put it in double quotes, as "01" and "no", which without them are a number and false',
    "tuple_type": "a list is needed: write [a, b], or a line with - for each",
}


def _places(error: ValidationError, content: Any, called: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for item in error.errors(include_input=False, include_url=False):
        first, dot, rest = named_place(content, item["loc"]).partition(".")
        yield called.get(first, first) + dot + rest, WORDS.get(item["type"], item["msg"])


def catalogues(folders: tuple[Path, ...]) -> list[Path]:
    """The catalogues of all folders, in order: unlike other files they are laid together, datum by datum."""
    return [path for folder in folders if (path := folder / CATALOGUE).exists()]


def _catalogue(layers: tuple[Catalogue, ...]) -> Catalogue:
    data = {datum.name: datum for layer in layers for datum in layer.data}
    area = next((layer.area for layer in reversed(layers) if layer.area), None)
    return Catalogue(version=layers[-1].version if layers else "", area=area, data=tuple(data.values()))


def _one_owner(path: Path) -> Catalogue:
    """The catalogue of one folder, with one entry a datum. Raises ContractError."""
    catalogue = _typed(Catalogue, path)
    names = [datum.name for datum in catalogue.data]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = "two owners for one datum; keep one entry a datum"
        raise ContractError(*(Fault(str(path), f"data.{name}", what) for name in twice))
    return catalogue


def odcs(path: Path) -> OpenDataContractStandard:
    """The file as an ODCS object. Raises ContractError."""
    return _validated(OpenDataContractStandard, yaml_of(path), path)


def _dataset(path: Path) -> Dataset:
    contract = odcs(path)
    own = custom(contract.customProperties)
    own["pulled_from"] = own.pop("source", None)
    if len(contract.schema_ or []) != 1:
        raise ContractError(Fault(str(path), "schema", "one object with its properties is needed"))
    (schema,) = contract.schema_ or []
    content = {
        "department": contract.domain,
        "name": contract.dataProduct,
        "title": contract.name,
        "office": getattr(contract.team, "name", None) or contract.domain,
        "version": contract.version,
        "columns": [_column(p) for p in schema.properties or []],
        "latency_hours": _latency(contract, path),
        "retention": _retention(contract, path),
        "source": path,
        **own,
    }
    return _validated(Dataset, content, path, {"columns": "schema.properties", "pulled_from": "source"})


def _with_spellings(dataset: Dataset, crosswalks: tuple[Crosswalk, ...]) -> Dataset:
    """The dataset with how its department spells a withdrawal, for rows of which not everything can be read."""
    operation = dataset.delivery.operation
    told = next((c for c in dataset.columns if operation and c.name == operation.column), None)
    if operation is None or told is None:
        return dataset
    walk = next((walk.map for walk in crosswalks if walk.id == told.crosswalk), {code: code for code in operation.delete})
    return dataset.model_copy(update={"withdrawn_as": frozenset(raw for raw, code in walk.items() if code in operation.delete)})


HOURS = {"h": 1, "hr": 1, "hour": 1, "hours": 1, "d": 24, "day": 24, "days": 24}
MONTHS = {"m": 1, "month": 1, "months": 1, "y": 12, "year": 12, "years": 12}


def _told_span(contract: OpenDataContractStandard, name: str, units: Iterable[str], path: Path) -> tuple[float, str] | None:
    """Number and unit of an SLA property of ODCS. Raises ContractError for what is no span of these units."""
    found = next((p for p in contract.slaProperties or [] if p.property == name), None)
    if found is None:
        return None
    try:
        number = float(str(found.value))
    except ValueError:
        number = 0
    unit = found.unit or "h"
    is_whole = unit not in MONTHS or (number * MONTHS[unit]).is_integer()
    if number <= 0 or unit not in units or not is_whole:
        what = f"{name} needs a number above 0 as value (of months a whole one), and as unit one of {', '.join(units)}"
        raise ContractError(Fault(str(path), f"slaProperties.{name}", what))
    return number, unit


def _latency(contract: OpenDataContractStandard, path: Path) -> float | None:
    """The hours after the beginning of a batch's day by which it is there."""
    told = _told_span(contract, "latency", HOURS, path)
    return told and told[0] * HOURS[told[1]]


def _retention(contract: OpenDataContractStandard, path: Path) -> Span | None:
    """How long after its day a batch is kept as delivered, in whole days or months."""
    told = _told_span(contract, "retention", [*HOURS, *MONTHS], path)
    if told is None:
        return None
    number, unit = told
    span = {"months": int(number * MONTHS[unit])} if unit in MONTHS else {"days": ceil(number * HOURS[unit] / 24)}
    return Span(shown=f"{number:g} {unit}", **span)


def _column(found: SchemaProperty) -> dict[str, Any]:
    own = custom(found.customProperties)
    content = {
        "name": found.name,
        "header": found.physicalName or found.name,
        "label": found.businessName or found.physicalName or found.name,
        "key": (found.primaryKeyPosition or 1) if found.primaryKey else None,
        "required": bool(found.required),
        "normaliser": own.get("normaliser"),
        "crosswalk": own.get("crosswalk"),
        "same_as": own.get("sameAs"),
        "two_digit_years": own.get("twoDigitYears"),
        "pattern": (found.logicalTypeOptions or {}).get("pattern"),
        "impossible": own.get("impossible"),
        "not_taken": own.get("notTaken"),
        "used_for": own.get("usedFor"),
    }
    return {key: value for key, value in content.items() if value is not None}


def _subscription(path: Path) -> Subscription:
    contract = odcs(path)
    own = custom(contract.customProperties)
    described = contract.description
    properties = [p for s in contract.schema_ or [] for p in s.properties or []]
    content: dict[str, Any] = {
        "id": contract.id,
        "subscriber": contract.domain,
        "title": contract.name,
        "version": contract.version,
        "purpose": described.purpose if described else None,
        "basis": described.usage if described else None,
        "limitations": (described.limitations if described else None) or "",
        "columns": [p.name for p in properties],
        "types": {p.name: p.logicalType for p in properties if p.logicalType},
        "labels": {p.name: p.businessName for p in properties if p.businessName},
        "descriptions": {p.name: p.description for p in properties if p.description},
        "expressions": {p.name: p.transformLogic for p in properties if p.transformLogic},
        "pseudonyms": [p.name for p in properties if _is_masked(p, path)],
        "partition_by": own.get("partitionBy", ()),
        "small_cells": own.get("smallCells"),
        "retention_days": own.get("retentionDays", 365),
        "source": path,
        **{key: own[key] for key in ("where", "purposes", "regions", "cadence", "encrypted") if key in own},
    }
    return _validated(Subscription, content, path, IN_ODCS)


# Where a contract says what a subscription calls otherwise.
IN_ODCS = {
    "subscriber": "domain",
    "title": "name",
    "purpose": "description.purpose",
    "basis": "description.usage",
    "columns": "schema.properties",
    "partition_by": "customProperties.partitionBy",
    "small_cells": "customProperties.smallCells",
    "retention_days": "customProperties.retentionDays",
    **{name: f"customProperties.{name}" for name in ("where", "purposes", "regions", "cadence", "encrypted")},
}
MASK = "pseudonym"


def _is_masked(found: SchemaProperty, path: Path) -> bool:
    mask = custom(found.customProperties).get("mask")
    if mask not in (None, MASK):
        raise ContractError(Fault(str(path), f"schema.properties.{found.name}.mask", f"no mask is called {mask}; there is {MASK}"))
    return mask == MASK
