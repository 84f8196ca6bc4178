"""What a batch's rows show that its department should hear of, though it keeps no row out: a sentence each, with the first place."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import duckdb

from contracts.model import Dataset
from transforms.normalising.columns import irregular_joins, missing
from transforms.sql_files import count, sql
from warehouse.quoting import literal

Later = tuple[int, int, str | None, int]
"""Part, number of keys, sheet and line: see ``one_key.differing``."""


def notes_by_part(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, quarantine: Path, later: Later | None
) -> dict[int, tuple[str, ...]]:
    """The sentences on each file of the batch; ``quarantine`` holds the rows that were kept out."""
    notes: dict[int, list[str]] = defaultdict(list)
    for part, lost, numbers, sheet, line in _without_digits(connection, dataset):
        what = f"identity numbers that lost digits in a spreadsheet: {lost} of {numbers}, the first is {_place(sheet, line)}"
        notes[part].append(f"{what}; ask the department to deliver again, with the numbers as text")
    for part, rows, sheet, line in _without_key(connection, quarantine) if dataset.delivery.mode == "full" else ():
        what = f"rows kept out of which the key is not certain: {rows}, the first is {_place(sheet, line)}"
        stands = "a record known before stands only where its key is in one of the cells where it may be, else it counts as gone"
        notes[part].append(f"{what}; {stands}")
    for part, answers, sheet, first in _without_answer(connection, dataset):
        what = "" if answers else f"no line has an answer in {_answer_column(dataset)}"
        alone = f"lines with a remark and no answer, which are none: the first is {_place(sheet, first)}" if first else ""
        notes[part].append("; ".join(filter(None, (what, alone))))
    if later:
        part, keys, sheet, line = later
        what = f"keys with rows that say otherwise in a text, at no later time: {keys}, the first is {_place(sheet, line)}"
        notes[part].append(f"{what}; the later line counts")
    return {part: tuple(said) for part, said in notes.items()}


def _place(sheet: str | None, line: int) -> str:
    return f"line {line}" + (f" of sheet {sheet}" if sheet else "")


def _without_digits(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> list[tuple[int, int, int, str | None, int]]:
    """One row per file with numbers of which a spreadsheet left a part: how many of how many, and the place of the first."""
    columns = [c for c in dataset.taken if c.normaliser == "identity_number"]
    damaged = " UNION ALL ".join(f"SELECT 1 FROM irregular__{c.name} WHERE said.missing = 'damaged'" for c in columns)
    if not columns or not count(connection, f"SELECT count(*) FROM ({damaged})"):
        return []
    numbers = " UNION ALL ".join(
        f"SELECT landed.part, sheet, line, {missing(c)} AS missing FROM landed {irregular_joins([c])}" for c in columns
    )
    return connection.execute(sql("normalise/lost_digits", numbers=numbers)).fetchall()


def _answer_column(dataset: Dataset) -> str:
    column = dataset.column(dataset.answers.answer if dataset.answers else "")
    return f"{column.name} ({column.label})"


def _without_answer(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> list[tuple[int, int, str | None, int | None]]:
    """One row per file of answers to work orders in which nobody answers, or remarks stand alone: answers, and the first remark's place."""
    if dataset.answers is None:
        return []
    answer, remark = dataset.answers.answer, dataset.answers.remark or "NULL"
    order = dataset.answers.order  # what stands below the table is of no order
    is_alone = f"nullif(trim({answer}), '') IS NULL AND nullif(trim({remark}), '') IS NOT NULL AND nullif(trim({order}), '') IS NOT NULL"
    first = f"min({{'line': line, 'sheet': sheet}}) FILTER ({is_alone})"
    return connection.execute(
        f"SELECT part, answers, first.sheet, first.line FROM (SELECT part, count(nullif(trim({answer}), '')) AS answers, {first} AS first"
        " FROM landed GROUP BY part) WHERE answers = 0 OR first IS NOT NULL ORDER BY part"
    ).fetchall()


def _without_key(connection: duckdb.DuckDBPyConnection, quarantine: Path) -> list[tuple[int, int, str | None, int]]:
    """One row per file with rows kept out of which nobody can say for certain of which record they are: how many, and the first's place."""
    first = "min({'sheet': sheet, 'line': line})"
    return connection.execute(
        f"SELECT part, rows, first.sheet, first.line FROM (SELECT part, count(*) AS rows, {first} AS first"
        f" FROM read_parquet({literal(quarantine)}) WHERE record_key IS NULL GROUP BY part)"
    ).fetchall()
