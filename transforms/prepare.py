"""Open the build of a day: every record in its newest version, from the batches that were accepted up to that day.

Table ``record_<department>__<dataset>``: one row per record key ever delivered, in the newest version. ``is_current`` is
false for a record that its register no longer holds (absent from the newest full batch, or withdrawn by a delta).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Column, Contracts, Dataset
from transforms.sql_files import quoted
from transforms.take_in.batches import BatchReport

EMPTY_TYPES = {"birth_date": "DATE", "event_date": "DATE", "date": "DATE", "timestamp": "TIMESTAMP", "amount": "DECIMAL(14, 2)", "set": "VARCHAR[]"}


@dataclass(frozen=True)
class SourceFile:
    """One accepted file: ``number`` orders all files by date, dataset and part."""

    number: int
    batch: BatchReport
    part: int

    def path(self, kind: str) -> Path:
        return self.batch.folder / f"{kind}_{self.part}.parquet"


def source_files(batches: list[BatchReport]) -> list[SourceFile]:
    """Files of the accepted batches, numbered in order of delivery."""
    accepted = [b for b in batches if b.status == "accepted"]
    parts = [(batch, file.part) for batch in accepted for file in batch.files]
    return [SourceFile(number, batch, part) for number, (batch, part) in enumerate(parts, start=1)]


def prepare_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, batches: list[BatchReport], day: date) -> None:
    """Fill the build's ``batch``, ``quarantine`` and ``record_*`` tables from the batches up to ``day``."""
    until = [b for b in batches if b.batch_date <= day]
    files = source_files(until)
    _batch_table(connection, until)
    _quarantine_table(connection, files)
    for dataset in contracts.datasets:
        connection.execute(_record_table(dataset, [f for f in files if f.batch.dataset_id == dataset.id]))


def _batch_table(connection: duckdb.DuckDBPyConnection, batches: list[BatchReport]) -> None:
    """Batches that were not loaded count no rows; their status and reason say why."""
    connection.execute(
        "CREATE OR REPLACE TABLE batch (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sha256 VARCHAR,"
        " rows BIGINT, accepted BIGINT, quarantined BIGINT, status VARCHAR, taken_in_at TIMESTAMPTZ, reason VARCHAR)"
    )
    rows = [
        (b.department, b.dataset, b.batch_date, f.name, f.sha256, *(counts if b.status == "accepted" else (0, 0, 0)), b.status, b.taken_in_at, b.reason)
        for b in batches
        for f in b.files
        for counts in [(f.rows, f.accepted, f.quarantined)]
    ]
    if rows:
        connection.executemany("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _quarantine_table(connection: duckdb.DuckDBPyConnection, files: list[SourceFile]) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE quarantine (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR,"
        " line INTEGER, record_key VARCHAR, reason VARCHAR, raw VARCHAR)"
    )
    for f in files:
        if f.batch.files[f.part].quarantined:
            connection.execute(
                "INSERT INTO quarantine SELECT ?, ?, ?, ?, sheet, line, record_key, reason, raw FROM read_parquet(?)",
                [f.batch.department, f.batch.dataset, f.batch.batch_date, f.batch.files[f.part].name, str(f.path("quarantine"))],
            )


def _read(files: list[SourceFile]) -> str:
    return " UNION ALL BY NAME ".join(
        f"SELECT {f.number} AS source_no, DATE '{f.batch.batch_date}' AS batch_date, * FROM read_parquet({quoted(str(f.path('normalised')))})"
        for f in files
    )


def newest_first(dataset: Dataset) -> str:
    """Order of versions of one record: by the register's own time where it tells one, else the later line of the later batch."""
    updated = dataset.delivery.updated
    return (f"{updated} DESC NULLS LAST, " if updated else "") + "batch_date DESC, source_no DESC, line DESC"


def _record_table(dataset: Dataset, files: list[SourceFile]) -> str:
    name = f"record_{dataset.table}"
    if not files:
        return f"CREATE OR REPLACE TABLE {name} AS SELECT {_empty(dataset)} WHERE false"
    if dataset.delivery.mode == "delta":
        body = f"SELECT *, operation = 'upsert' AS is_current FROM ({_one_a_key(dataset, _read(files))})"
    else:
        body = _full(dataset, files)
    return f"CREATE OR REPLACE TABLE {name} AS SELECT row_number() OVER () AS record_no, * FROM ({body})"


def _full(dataset: Dataset, files: list[SourceFile]) -> str:
    newest = max(f.batch.batch_date for f in files)
    latest = [f for f in files if f.batch.batch_date == newest]
    older = [f for f in files if f.batch.batch_date < newest]
    body = f"SELECT *, true AS is_current FROM ({_one_a_key(dataset, _read(latest))})"
    if older:
        gone = f"SELECT * FROM ({_read(older)}) WHERE record_key NOT IN (SELECT record_key FROM ({_keys(latest)}))"
        body += f" UNION ALL BY NAME SELECT *, false AS is_current FROM ({_one_a_key(dataset, gone)})"
    return body


def _keys(files: list[SourceFile]) -> str:
    return " UNION ALL ".join(f"SELECT record_key FROM read_parquet({quoted(str(f.path('normalised')))})" for f in files)


def _one_a_key(dataset: Dataset, rows: str) -> str:
    """The newest version of each key. Few keys come twice, so only those are sorted."""
    return (
        f"WITH delivered AS ({rows}), doubled AS (SELECT record_key FROM delivered GROUP BY record_key HAVING count(*) > 1)"
        " SELECT * FROM delivered WHERE record_key NOT IN (FROM doubled) UNION ALL"
        " SELECT * FROM (SELECT * FROM delivered WHERE record_key IN (FROM doubled)"
        f" QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY {newest_first(dataset)}) = 1)"
    )


def _empty(dataset: Dataset) -> str:
    columns = [
        "0::BIGINT AS record_no, 0 AS source_no, NULL::DATE AS batch_date, '' AS record_key, 'upsert' AS operation, '' AS sheet, 0 AS line",
        *(_empty_column(c) for c in dataset.taken),
        "true AS is_current",
    ]
    return ", ".join(columns)


def _empty_column(column: Column) -> str:
    kind = EMPTY_TYPES.get(column.normaliser, "VARCHAR")
    return f"NULL::{kind} AS {column.name}, NULL::VARCHAR AS {column.name}__missing, NULL::VARCHAR AS {column.name}__note"
