"""Bring a landed batch to standard form: each column by the normaliser that its contract names; doubt goes to quarantine.

Reads the landed Parquet of its files, writes two: accepted rows in standard form, and the quarantined ones with reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from contracts.model import Column, Contracts, Dataset
from transforms.normalising.columns import (
    NOT_DELIVERED,
    NOTED,
    TOLD,
    irregular,
    irregular_joins,
    missing,
    operation,
    record_key,
    told,
    value,
)
from transforms.normalising.engine import engine
from transforms.normalising.kept_out import unfit
from transforms.normalising.notes import notes_by_part
from transforms.normalising.one_key import SAME_ROW, conflicts, differing
from transforms.normalising.several import delivered
from transforms.sql_files import sql
from warehouse.quoting import literal


@dataclass(frozen=True)
class LandedFile:
    """One data file of a batch as landed: ``rows`` and ``faults`` are Parquet files, ``part`` is its place in the batch, from 0,
    ``not_delivered`` names the columns that it lacks.
    """

    part: int
    rows: Path
    faults: Path
    not_delivered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Normalised:
    """Rows of one file: in = accepted + quarantined, always; ``notes`` are sentences on what was chosen among them."""

    accepted: int
    quarantined: int
    notes: tuple[str, ...] = ()


def normalise_batch(
    files: list[LandedFile], dataset: Dataset, contracts: Contracts, extract_date: date, accepted_to: Path, quarantine_to: Path
) -> dict[int, Normalised]:
    """Write ``accepted_to`` and ``quarantine_to`` (zstd Parquet) for all files of a batch; answers the counts by part."""
    with engine(contracts, accepted_to.parent / "spill") as connection:
        connection.execute(delivered(dataset, _union(files, "rows")))
        connection.execute(sql("normalise/file_verdict", numbers=_numbers(dataset)))
        connection.execute("CREATE TEMP VIEW landed AS FROM delivered JOIN file_verdict USING (part)")
        for column in dataset.taken:
            connection.execute(irregular(column, extract_date))
        connection.execute(unfit(dataset))
        statements = conflicts(dataset)
        for statement in statements:
            connection.execute(statement)
        later = connection.execute(differing(dataset)).fetchone() if statements else None
        connection.execute(_copy(_accepted(dataset, files), accepted_to))
        connection.execute(_copy(_quarantined(files, dataset), quarantine_to))
        accepted, quarantined = (_rows(connection, path) for path in (accepted_to, quarantine_to))
        notes = notes_by_part(connection, dataset, quarantine_to, later)
        return {f.part: Normalised(accepted.get(f.part, 0), quarantined.get(f.part, 0), notes.get(f.part, ())) for f in files}


def _union(files: list[LandedFile], kind: Literal["rows", "faults"]) -> str:
    """SQL: the rows of all files, in one scan: one a file would be planned anew for every column of a hundred files."""
    paths = ", ".join(literal(getattr(f, kind)) for f in files)
    return f"SELECT file_index::INTEGER AS part, * FROM read_parquet([{paths}])"


def _numbers(dataset: Dataset) -> str:
    """Every identity number of the batch with the file that it stands in."""
    columns = [c.name for c in dataset.taken if c.normaliser == "identity_number"]
    none = "SELECT 0 AS part, '' AS number WHERE false"
    return " UNION ALL ".join(f"SELECT part, {name} AS number FROM delivered" for name in columns) or none


def _published_value(dataset: Dataset, column: Column) -> str:
    if not column.same_as:
        return value(column)
    other = value(dataset.column(column.same_as))
    return f"coalesce({value(column)}, CASE WHEN {missing(column)} = 'same_as' THEN {other} END)"


def _why_missing(column: Column, files: list[LandedFile]) -> str:
    """SQL: why there is no value; ``not_delivered`` where the file lacks the column, so that nobody takes it for empty."""
    lacking = [str(f.part) for f in files if column.comes_in in f.not_delivered]
    if not lacking:
        return missing(column)
    is_lacking = f"landed.{column.name} IS NULL AND landed.part IN ({', '.join(lacking)})"
    return f"CASE WHEN {is_lacking} THEN {literal(NOT_DELIVERED)} ELSE {missing(column)} END"


def _accepted(dataset: Dataset, files: list[LandedFile]) -> str:
    columns = []
    for column in dataset.taken:
        columns += [f"{_published_value(dataset, column)} AS {column.name}", f"{_why_missing(column, files)} AS {column.name}__missing"]
        if column.normaliser in NOTED:
            columns.append(f"{column.name}__odd.said.note AS {column.name}__note")
        if column.normaliser in TOLD:
            columns.append(f"{told(column)} AS {column.name}__told")
    return (
        f"SELECT {record_key(dataset)} AS record_key, {operation(dataset)} AS operation, landed.part, landed.sheet, landed.line,"
        f" {', '.join(columns)}"
        f" FROM landed {irregular_joins(list(dataset.taken))}"
        f" WHERE NOT EXISTS (FROM unfit WHERE {SAME_ROW})"
    )


def _quarantined(files: list[LandedFile], dataset: Dataset) -> str:
    """Rows that could not be read, and rows that were read but cannot be so."""
    columns = ", ".join(f"landed.{c.name}" for c in dataset.delivered.taken)
    return (
        f"SELECT part, sheet, line, record_key, reason, raw, possible_keys FROM ({_union(files, 'faults')}) UNION ALL "
        f"SELECT landed.part, landed.sheet, landed.line, nullif({record_key(dataset)}, '') AS record_key, unfit.reason,"
        f" CAST(to_json(struct_pack({columns})) AS VARCHAR) AS raw, []::VARCHAR[] AS possible_keys"
        f" FROM landed JOIN unfit ON {SAME_ROW} {irregular_joins(list(dataset.keys))}"
    )


def _copy(query: str, to: Path) -> str:
    return f"COPY ({query}) TO {literal(to)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[int, int]:
    return dict(connection.execute(f"SELECT part, count(*) FROM read_parquet({literal(path)}) GROUP BY part").fetchall())
