"""A dataset that comes in and a subscription that goes out, from their contracts in ODCS."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, inf, nan
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty

from contracts.model import Dataset, Span, Subscription, custom
from contracts.parsing import ContractError, Fault, validated, yaml_of

TYPE_OPTIONS = ("pattern", "minimum", "maximum")
"""What is read of a column's ``logicalTypeOptions``."""
SLA_PROPERTIES = ("latency", "retention")
"""What is read of the ``slaProperties`` of a delivery; others, as ``frequency``, are for people."""


def odcs(path: Path) -> OpenDataContractStandard:
    """The file as an ODCS object. Raises ContractError."""
    return validated(OpenDataContractStandard, yaml_of(path), path)


def dataset_of(path: Path) -> Dataset:
    """The dataset of a contract in ``inbound/``. Raises ContractError."""
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
    return validated(Dataset, content, path, {"columns": "schema.properties", "pulled_from": "source"})


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
        number = nan
    unit = found.unit or "h"
    is_whole = unit not in MONTHS or (number * MONTHS[unit]).is_integer()
    if not 0 < number < inf or unit not in units or not is_whole:
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
        **{name: (found.logicalTypeOptions or {}).get(name) for name in TYPE_OPTIONS},
        "impossible": own.get("impossible"),
        "not_taken": own.get("notTaken"),
        "used_for": own.get("usedFor"),
    }
    return {key: value for key, value in content.items() if value is not None}


def subscription_of(path: Path) -> Subscription:
    """The subscription of a contract in ``outbound/``. Raises ContractError."""
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
    return validated(Subscription, content, path, IN_ODCS)


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
