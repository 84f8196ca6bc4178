"""Bring a landed file to standard form: each column by the normaliser that its contract names; doubt goes to quarantine.

Reads the landed Parquet of one file, writes two: accepted rows in standard form, and the quarantined ones with reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Column, Contracts, Dataset
from transforms.sql_files import count, macros, quoted, sql
from warehouse.connection import scratch

DAY_NORMALISERS = {"birth_date", "event_date", "date"}
QUARANTINE_REASONS = {
    "impossible": "is no possible date",
    "future": "lies after the extract date",
    "over_120": "lies more than 120 years before the extract date",
}


@dataclass(frozen=True)
class LandedFile:
    """One data file of a batch as landed: ``rows`` and ``faults`` are Parquet files, ``name`` the department's own."""

    name: str
    rows: Path
    faults: Path


@dataclass(frozen=True)
class Normalised:
    accepted: int
    quarantined: int


def normalise_file(
    landed: LandedFile, dataset: Dataset, contracts: Contracts, extract_date: date, accepted_to: Path, quarantine_to: Path
) -> Normalised:
    """Write ``accepted_to`` and ``quarantine_to`` (zstd Parquet). Rows in = accepted + quarantined, always."""
    with scratch(accepted_to.parent / "spill") as connection:
        prepare_normalisers(connection, contracts)
        connection.execute(_standard_table(landed, dataset, extract_date, _damaged(connection, landed, dataset)))
        connection.execute(_copy(_accepted(dataset), accepted_to))
        connection.execute(_copy(_quarantined(landed), quarantine_to))
        return Normalised(_rows(connection, accepted_to), _rows(connection, quarantine_to))


def prepare_normalisers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create the macros, the placeholders and the crosswalks that normalising needs."""
    cases = " ".join(
        f"WHEN t IN ({', '.join(quoted(text) for text in texts)}) THEN {quoted(reason)}"
        for reason, texts in contracts.placeholders.reasons.items()
    )
    connection.execute(f"CREATE OR REPLACE MACRO placeholder_reason(t) AS CASE {cases} END")
    for text in macros("normalise"):
        connection.execute(text)
    pairs = [(c.id, raw, code) for c in contracts.crosswalks for raw, code in c.map.items()]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE crosswalk AS SELECT unnest($ids) AS id, unnest($raws) AS raw, unnest($codes) AS code",
        dict(zip(("ids", "raws", "codes"), map(list, zip(*pairs, strict=True)), strict=True)),
    )
    connection.execute(sql("divisions", divisions=quoted(str(contracts.divisions))))


def _damaged(connection: duckdb.DuckDBPyConnection, landed: LandedFile, dataset: Dataset) -> bool:
    """A verdict a file: a spreadsheet keeps 15 digits and turns the last three to 000.

    More than 1 % of the numbers end so and one of them fails its check digit (a true number ends in 000 once in 1,100).
    """
    columns = [c.name for c in dataset.taken if c.normaliser == "identity_number"]
    if not columns:
        return False
    numbers = " UNION ALL ".join(
        f"SELECT {name} AS number FROM read_parquet({quoted(str(landed.rows))}) WHERE length({name}) >= 15" for name in columns
    )
    row = connection.execute(sql("normalise_file_verdict", numbers=numbers)).fetchone()
    return bool(row and row[0])


def _call(column: Column, extract_date: date, damaged: bool) -> str:
    arguments = [f"landed.{column.name}", f"DATE '{extract_date}'"]
    if column.normaliser == "code":
        arguments.append(f"{column.name}__walk.code")
    if column.normaliser == "identity_number":
        arguments.append("true" if damaged else "false")
    return f"normalise_{column.normaliser}({', '.join(arguments)})"


def _standard_table(landed: LandedFile, dataset: Dataset, extract_date: date, damaged: bool) -> str:
    """Each column as a struct {value, missing, note}; row by row what the macros say."""
    calls = [f"{_call(column, extract_date, damaged)} AS {column.name}" for column in dataset.taken]
    walks = [
        f"LEFT JOIN crosswalk AS {c.name}__walk ON {c.name}__walk.id = {quoted(c.crosswalk or '')}"
        f" AND {c.name}__walk.raw = trim(landed.{c.name})"
        for c in dataset.taken
        if c.normaliser == "code"
    ]
    return (
        f"CREATE OR REPLACE TEMP TABLE standard AS SELECT *, {record_key(dataset)} AS own_key, {_reasons(dataset)} AS reason FROM ("
        f"SELECT landed.sheet, landed.line, {', '.join(calls)}"
        f" FROM read_parquet({quoted(str(landed.rows))}) AS landed {' '.join(walks)})"
    )


def _reasons(dataset: Dataset) -> str:
    """SQL for a row's reasons to stay out, NULL when there is none."""
    checks = []
    for column in dataset.taken:
        named = f"{column.name} ({column.label})"
        missing = f"{column.name}.missing"
        if column.key is not None or column.required:
            checks.append(f"CASE WHEN {column.name}.value IS NULL THEN {quoted(f'no_key: {named} is empty')} END")
        if column.normaliser in DAY_NORMALISERS and column.impossible == "quarantine":
            checks += [
                f"CASE WHEN {missing} = '{reason}' THEN {quoted(f'{reason}: {named} {words}')} END"
                for reason, words in QUARANTINE_REASONS.items()
            ]
        if column.normaliser in {"identity_number", "name"}:
            checks.append(f"CASE WHEN {missing} = 'test' THEN {quoted(f'test_row: {named} is a test entry')} END")
    if dataset.delivery.operation:
        operation = dataset.delivery.operation.column
        checks.append(
            f"CASE WHEN {operation}.value IS NULL THEN {quoted(f'unknown_operation: {operation} is none that was agreed')} END"
        )
    return f"nullif(concat_ws('; ', {', '.join(checks)}), '')"


def record_key(dataset: Dataset) -> str:
    """SQL for the department's own key; parts of a composite key are joined by ``|``."""
    return f"concat_ws('|', {', '.join(f'{c.name}.value' for c in dataset.keys)})"


def _value(dataset: Dataset, column: Column) -> str:
    if column.same_as:
        return f"coalesce({column.name}.value, CASE WHEN {column.name}.missing = 'same_as' THEN {column.same_as}.value END)"
    if column.normaliser == "division":
        return f"coalesce(division_today({column.name}.value), {column.name}.value)"
    return f"{column.name}.value"


def _operation(dataset: Dataset) -> str:
    operation = dataset.delivery.operation
    if operation is None:
        return "'upsert'"
    deleted = ", ".join(quoted(value) for value in operation.delete)
    return f"CASE WHEN {operation.column}.value IN ({deleted}) THEN 'delete' ELSE 'upsert' END"


def _accepted(dataset: Dataset) -> str:
    columns = []
    for column in dataset.taken:
        columns += [f"{_value(dataset, column)} AS {column.name}", f"{column.name}.missing AS {column.name}__missing"]
        if column.normaliser in DAY_NORMALISERS | {"identity_number", "name"}:
            columns.append(f"{column.name}.note AS {column.name}__note")
    return (
        f"SELECT own_key AS record_key, {_operation(dataset)} AS operation, sheet, line, "
        + ", ".join(columns)
        + " FROM standard WHERE reason IS NULL"
    )


def _quarantined(landed: LandedFile) -> str:
    """Rows that could not be read, and rows that were read but cannot be so."""
    rows, faults = quoted(str(landed.rows)), quoted(str(landed.faults))
    return (
        f"SELECT sheet, line, record_key, reason, raw FROM read_parquet({faults}) UNION ALL "
        "SELECT standard.sheet, standard.line, nullif(own_key, '') AS record_key, reason, CAST(to_json(landed) AS VARCHAR) AS raw"
        f" FROM standard JOIN read_parquet({rows}) AS landed"
        " ON landed.line = standard.line AND landed.sheet IS NOT DISTINCT FROM standard.sheet WHERE reason IS NOT NULL"
    )


def _copy(query: str, to: Path) -> str:
    return f"COPY ({query}) TO {quoted(str(to))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    return count(connection, f"SELECT sum(num_rows) FROM parquet_file_metadata({quoted(str(path))})")
