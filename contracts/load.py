"""Read the contracts from YAML into the typed objects of ``model``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty
from pydantic import BaseModel, ValidationError

from contracts.model import (
    Catalogue,
    CodeList,
    Column,
    Contracts,
    Crosswalk,
    Dataset,
    Form,
    Placeholders,
    Rule,
    Subscription,
    custom,
)

T = TypeVar("T", bound=BaseModel)
OWN = Path(__file__).parent


class ContractError(Exception):
    """A contract that cannot be read: file, place in it, and what is wrong there."""


def load_all() -> Contracts:
    """The project's own contracts with the folders of ``RENKOU_CONTRACTS`` laid over them."""
    extra = os.environ.get("RENKOU_CONTRACTS", "")
    return load(OWN, *(Path(folder) for folder in extra.split(os.pathsep) if folder))


@lru_cache(maxsize=8)
def load(*folders: Path) -> Contracts:
    """Contracts of ``folders``, later ones over earlier ones: a file at the same relative path replaces it.

    A later ``catalogue.yaml`` adds data to the catalogue, or replaces a datum of the same name.
    Raises ContractError with file and place.
    """
    files = _overlay(folders)
    return Contracts(
        catalogue=_catalogue(folders),
        datasets=tuple(_dataset(p) for r, p in files.items() if r.match("inbound/*/*.odcs.yaml")),
        code_lists=tuple(_typed(CodeList, p) for r, p in files.items() if _is_code_list(r)),
        crosswalks=tuple(_typed(Crosswalk, p) for r, p in files.items() if r.match("codes/crosswalks/*.yaml")),
        placeholders=_typed(Placeholders, files[Path("codes/placeholders.yaml")]),
        normalisers=_yaml(files[Path("normalisers.yaml")]),
        rules=tuple(_typed(Rule, p) for r, p in files.items() if r.match("rules/*.yaml")),
        forms=tuple(_typed(Form, p) for r, p in files.items() if r.match("forms/*.yaml")),
        subscriptions=tuple(_subscription(p) for r, p in files.items() if r.match("outbound/*.odcs.yaml")),
        version=_version([*(folder / "catalogue.yaml" for folder in folders), *files.values()]),
        intake_version=_version([p for r, p in files.items() if r.parts[0] in {"inbound", "codes", "normalisers.yaml"}]),
        divisions=files[Path("codes/divisions.csv")],
    )


def _overlay(folders: tuple[Path, ...]) -> dict[Path, Path]:
    found: dict[Path, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise ContractError(f"{folder}: no such folder of contracts; see RENKOU_CONTRACTS")
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".yaml", ".csv"}:
                found[path.relative_to(folder)] = path
    return dict(sorted(found.items()))


def _is_code_list(relative: Path) -> bool:
    return relative.parent == Path("codes") and relative.suffix == ".yaml" and relative.stem != "placeholders"


def _version(paths: list[Path]) -> str:
    """A short digest over contracts: two builds by the same contracts say the same version."""
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not YAML: {error}") from error


def _typed(kind: type[T], path: Path) -> T:
    return _validated(kind, _yaml(path), path)


def _validated(kind: type[T], content: Any, path: Path) -> T:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise ContractError("\n".join(f"{path}: {place}: {what}" for place, what in _places(error))) from error


def _places(error: ValidationError) -> Iterator[tuple[str, str]]:
    for item in error.errors(include_input=False, include_url=False):
        yield ".".join(str(part) for part in item["loc"]) or "(top)", item["msg"]


def _catalogue(folders: tuple[Path, ...]) -> Catalogue:
    data: dict[str, Any] = {}
    version = ""
    for folder in folders:
        path = folder / "catalogue.yaml"
        if path.exists():
            catalogue = _typed(Catalogue, path)
            version = catalogue.version
            _one_owner(catalogue, path)
            data |= {datum.name: datum for datum in catalogue.data}
    return Catalogue(version=version, data=tuple(data.values()))


def _one_owner(catalogue: Catalogue, path: Path) -> None:
    names = [datum.name for datum in catalogue.data]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"{path}: two owners for one datum: {', '.join(twice)}; keep one entry a datum")


def odcs(path: Path) -> OpenDataContractStandard:
    """The file as an ODCS object. Raises ContractError."""
    return _validated(OpenDataContractStandard, _yaml(path), path)


def _dataset(path: Path) -> Dataset:
    contract = odcs(path)
    own = custom(contract.customProperties)
    schema = (contract.schema_ or [None])[0]
    if schema is None:
        raise ContractError(f"{path}: schema: one object with its properties is needed")
    content = {
        "department": contract.domain,
        "name": contract.dataProduct,
        "title": contract.name,
        "version": contract.version,
        "columns": [_column(p) for p in schema.properties or []],
        "source": path,
        **own,
    }
    return _validated(Dataset, content, path)


def _column(found: SchemaProperty) -> dict[str, Any]:
    own = custom(found.customProperties)
    content = {
        "name": found.name,
        "header": found.physicalName or found.name,
        "label": found.businessName or found.name,
        "key": (found.primaryKeyPosition or 1) if found.primaryKey else None,
        "required": bool(found.required),
        "normaliser": own.get("normaliser"),
        "crosswalk": own.get("crosswalk"),
        "same_as": own.get("sameAs"),
        "impossible": own.get("impossible"),
        "not_taken": own.get("notTaken"),
        "used_for": own.get("usedFor"),
    }
    return {key: value for key, value in content.items() if value is not None}


def _subscription(path: Path) -> Subscription:
    contract = odcs(path)
    own = custom(contract.customProperties)
    described = contract.description
    columns = [p.name for s in contract.schema_ or [] for p in s.properties or []]
    content = {
        "id": contract.id,
        "subscriber": contract.domain,
        "title": contract.name,
        "version": contract.version,
        "purpose": described.purpose if described else None,
        "basis": described.usage if described else None,
        "columns": columns,
        "where": own.get("where"),
        "partition_by": own.get("partitionBy", ()),
        "cadence": own.get("cadence", "daily"),
        "source": path,
    }
    return _validated(Subscription, content, path)
