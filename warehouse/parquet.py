"""Parquet files that say what is in them: each column's meaning and code list, and their contract."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow.parquet.encryption import create_encryption_properties  # type: ignore[import-untyped]

from contracts.model import Contracts, Datum, Subscription
from warehouse.durable import sync

BATCH_ROWS = 100_000
ENCRYPTED_ROWS = 20_000  # of a row group, each column of which is one page
KEY = "person_id"

ID = ("人员编号", "The person, by the same id in every release; nothing of a person can be read from it.")
PSEUDONYM = "A pseudonym under the subscriber's own key, which no other subscriber's files share."

# What a value counts, where a reader could not know.
UNITS = {"amount": "CNY (元)", "month": "yyyymm", "date": "day"}


@dataclass(frozen=True)
class ColumnMeaning:
    """What a column is, in words that leave the house with it."""

    name: str
    label: str
    description: str
    standard: str
    sensitivity: str
    unit: str
    code_list: dict[str, Any] | None


@dataclass(frozen=True)
class Part:
    """One file: its path within the delivery, rows, bytes and SHA-256."""

    path: str
    rows: int
    bytes: int
    sha256: str


def meanings(contracts: Contracts, subscription: Subscription, folders: Mapping[str, str]) -> dict[str, ColumnMeaning]:
    """What the subscription says of each column, else the catalogue; of ``folders`` that are no column, the SQL that names them."""
    catalogued = {datum.name: datum for datum in contracts.catalogue.data}
    derived = {name: sql for name, sql in folders.items() if name not in subscription.columns}
    return {
        **{name: _meaning(name, contracts, subscription, catalogued.get(name)) for name in subscription.columns},
        **{name: ColumnMeaning(name, "", f"The folder, {sql}", "", "", "", None) for name, sql in derived.items()},
    }


def _meaning(name: str, contracts: Contracts, subscription: Subscription, datum: Datum | None) -> ColumnMeaning:
    if name in subscription.expressions:
        datum = None  # SQL over the person, whatever it is called
    label, description = (datum.label, datum.definition or datum.label_en) if datum else ID if name == KEY else ("", "")
    if name in subscription.pseudonyms:
        label, description = f"{label}（化名）", f"{description} {PSEUDONYM}"
    return ColumnMeaning(
        name=name,
        label=subscription.labels.get(name, label),
        description=subscription.descriptions.get(name, description),
        standard=datum.standard if datum else "",
        sensitivity=datum.sensitivity if datum else "",
        unit=UNITS.get(datum.type, "") if datum else "",
        code_list=_code_list(contracts, datum.codes) if datum else None,
    )


def file_metadata(subscription: Subscription, release_id: str) -> dict[str, str]:
    """Whose file this is, under which contract, for what purpose and by which law."""
    return {
        "renkou.subscriber": subscription.subscriber,
        "renkou.contract": subscription.id,
        "renkou.contract_version": subscription.version,
        "renkou.purpose": subscription.purpose,
        "renkou.basis": subscription.basis,
        "renkou.release": release_id,
    }


def described(schema: pa.Schema, columns: dict[str, ColumnMeaning], about: dict[str, str]) -> pa.Schema:
    """The schema with the columns' meaning: on each field, and on the file for readers without Arrow."""
    fields = [
        field.with_metadata(_field_metadata(columns[field.name])) if field.name in columns else field
        for field in schema
    ]
    whole = {name: asdict(meaning) for name, meaning in columns.items() if name in schema.names}
    return pa.schema(fields, {**about, "renkou.columns": json.dumps(whole, ensure_ascii=False)})


def batches(answer: duckdb.DuckDBPyConnection, key: bytes | None) -> pa.RecordBatchReader:
    """A query's answer in pieces of which each becomes a row group; smaller ones where a file will be encrypted."""
    return answer.to_arrow_reader(BATCH_ROWS if key is None else ENCRYPTED_ROWS)


def write(
    rows: pa.RecordBatchReader,
    path: Path,
    columns: dict[str, ColumnMeaning],
    about: dict[str, str],
    key: bytes | None = None,
) -> int:
    """Write rows, which are in order of person_id, as one zstd file. Answers how many.

    With a ``key`` footer and columns are encrypted as Parquet's own standard has it (AES-GCM), so that pandas, pyarrow and
    DuckDB read them; lists are to be text by then.
    """
    schema = described(rows.schema, columns, about)
    order = [pq.SortingColumn(schema.names.index(KEY))]
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd", sorting_columns=order, **_encrypted(key)) as writer:
        for batch in rows:
            writer.write_batch(batch)
            written += batch.num_rows
    sync(path)
    return written


def _encrypted(key: bytes | None) -> dict[str, Any]:
    if key is None:
        return {}
    # DuckDB 1.5 reads encrypted columns of one page only, and none with a dictionary; zstd makes up for it.
    one_page = {"data_page_size": 1 << 30, "max_rows_per_page": 1 << 30, "use_dictionary": False}
    return {"encryption_properties": create_encryption_properties(footer_key=key), **one_page}


def part(path: Path, folder: Path, rows: int) -> Part:
    """The file's entry in a manifest."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Part(path.relative_to(folder).as_posix(), rows, path.stat().st_size, digest)


def _code_list(contracts: Contracts, list_id: str | None) -> dict[str, Any] | None:
    if list_id is None:
        return None
    found = contracts.code_list(list_id)
    codes = {code.code: code.label for code in found.codes}
    return {"id": found.id, "standard": found.standard, "version": found.version, "codes": codes}


def _field_metadata(meaning: ColumnMeaning) -> dict[str, str]:
    told = {
        name: value for name, value in asdict(meaning).items() if isinstance(value, str) and name != "name"
    }
    if meaning.code_list is not None:
        told["code_list"] = json.dumps(meaning.code_list, ensure_ascii=False)
    return told
