"""What a subscriber was delivered, and contracts and releases that differ from the usual ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from contracts.model import Contracts, Subscription
from tests.warehouse.small_release import PEOPLE, build


def of(contracts: Contracts, subscriber: str) -> Subscription:
    return next(s for s in contracts.subscriptions if s.subscriber == subscriber)


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def data_files(folder: Path) -> list[Path]:
    return [folder / file["path"] for file in manifest(folder)["files"]]


def delivered(folder: Path) -> dict[str, dict[str, Any]]:
    frame = pd.concat(pd.read_parquet(file, partitioning=None) for file in data_files(folder))
    return {row["person_id"]: dict(row) for row in frame.to_dict("records")}


def whole(folder: Path) -> dict[str, dict[str, Any]]:
    """What was delivered, with what the folders' names tell."""
    files = [str(file) for file in data_files(folder)]
    found = duckdb.sql("FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)", params={"files": files})
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}


def later(contracts: Contracts, folder: Path) -> Path:
    """The next release: p2 moved county, p3 is no longer insured, p6 is new."""
    people = {person: dict(data) for person, data in PEOPLE.items()}
    people["p2"]["hukou_region"] = "330103009"
    people["p3"].pop("insurances")
    people["p6"] = {"name": "孙丽", "insurances": ["110"]}
    return build(folder / "r2.duckdb", contracts, "r2", people)


def changed(contracts: Contracts, subscriber: str, **update: Any) -> Contracts:
    """The contracts with one subscription, changed."""
    return contracts.model_copy(update={"subscriptions": (of(contracts, subscriber).model_copy(update=update),)})


def by_duckdb(path: Path, key: bytes) -> list[tuple[Any, ...]]:
    """The rows of an encrypted file, as DuckDB reads them."""
    with duckdb.connect() as reader:
        reader.execute(f"PRAGMA add_parquet_key('own', '{base64.b64encode(key).decode()}')")
        return reader.execute(f"FROM read_parquet('{path}', encryption_config = {{footer_key: 'own'}})").fetchall()
