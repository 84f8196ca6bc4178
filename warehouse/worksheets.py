"""Worksheets of many rows: the engine writes their cells, xlsxwriter the workbook around them.

A library that is handed one cell at a time takes some 15 µs for each, and the work orders of a county are millions of cells.
The format is that of ECMA-376-1:2016: 18.3.1 (worksheets), 22.9.2.19 (characters that XML does not allow).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

AT_A_TIME = 10_000
LONGEST_CELL = 32_767
FIRST_DAY = "DATE '1899-12-30'"
NOT_ALLOWED = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]"
LOOKS_ESCAPED = "_x([0-9A-Fa-f]{4}_)"
AMPERSANDS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
CONTROLS = {chr(code): f"_x{code:04X}_" for code in (*range(9), *range(11, 32), 0xFFFE, 0xFFFF)}


@dataclass(frozen=True)
class Cells:
    """One column of a worksheet: SQL for its values, and for days the number of their format in the workbook."""

    value: str
    day_format: int | None = None


def fill(shell: Path, target: Path, sheets: Sequence[Iterator[str]]) -> None:
    """Copy the workbook ``shell``, which xlsxwriter made, to ``target``, with more rows at the end of each of its sheets in turn."""
    parts = {f"xl/worksheets/sheet{place}.xml": rows for place, rows in enumerate(sheets, start=1)}
    with ZipFile(shell) as empty, ZipFile(target, "w", ZIP_DEFLATED) as full:
        for name in empty.namelist():
            before, end, after = empty.read(name).partition(b"</sheetData>")
            with full.open(name, "w", force_zip64=True) as part:
                # how far the sheet goes may be left out, and would be wrong
                part.write(re.sub(b"<dimension [^>]*>", b"", before))
                for text in parts.get(name, ()):
                    part.write(text.encode())
                part.write(end + after)


def rows(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Cells], most: int) -> Iterator[str]:
    """The rows of a table below one row of headers, as they stand in a sheet's file, many at a time; cells without a value are left out."""
    cells = ", ".join(_cell(xl_col_to_name(place), column) for place, column in enumerate(columns))
    numbered = f"SELECT *, row_number() OVER () + 1 AS row FROM {table} LIMIT {most}"
    found = connection.execute(f"SELECT concat('<row r=\"', row, '\">', {cells}, '</row>') FROM ({numbered})")
    while some := found.fetchmany(AT_A_TIME):
        yield "".join(row for (row,) in some)


def _cell(letter: str, column: Cells) -> str:
    """SQL for one cell, NULL where there is no value."""
    at = f"'<c r=\"{letter}' || row"
    if column.day_format is not None:
        return f"{at} || '\" s=\"{column.day_format}\"><v>' || ({column.value} - {FIRST_DAY}) || '</v></c>'"
    text = _escaped(f"left(({column.value})::VARCHAR, {LONGEST_CELL})")
    return f"{at} || '\" t=\"inlineStr\"><is><t xml:space=\"preserve\">' || {text} || '</t></is></c>'"


def _escaped(text: str) -> str:
    plain = _replaced(text, AMPERSANDS)
    whole = _replaced(_replaced(f"regexp_replace({text}, '{LOOKS_ESCAPED}', '_x005F_x\\1', 'g')", CONTROLS), AMPERSANDS)
    return f"CASE WHEN regexp_matches({text}, '{NOT_ALLOWED}|{LOOKS_ESCAPED}') THEN {whole} ELSE {plain} END"


def _replaced(text: str, by: dict[str, str]) -> str:
    for old, new in by.items():
        text = f"replace({text}, chr({ord(old)}), '{new}')"
    return text
