"""Workbooks as civil affairs makes them: two title rows, a header, rows by hand, a sum at the end."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from generate.text import Rng, Text, objects

FIRST_ROW = 4
"""The row of the sheet that holds the first entry."""
CREATED = datetime.datetime(2026, 1, 1)
EXCEL_BEGINS = "1900-03-01"
DATE_FORMS = ("{y:04d}年{m}月{d}日", "{y:04d}.{m}.{d}", "{y:04d}/{m:02d}/{d:02d}", "{y:04d}{m:02d}{d:02d}")
Cell = str | int | float | datetime.datetime


@dataclass
class Sheet:
    """One sheet: title, header, columns of cells, the sum at the end, and vertical merges."""

    name: str
    title: str
    header: Sequence[str]
    columns: Sequence[Text]
    total: str
    merges: list[tuple[int, int, int]] = field(default_factory=list)
    """(column, first entry, last entry)."""


def dates_by_hand(rng: Rng, iso: Text) -> Text:
    """Dates, partly as cells with a date, partly as text in one of several forms.

    What is not a plain date stays as it is.
    """
    cells = objects(iso.tolist())
    forms = rng.random(len(iso)).tolist()
    which = rng.integers(0, len(DATE_FORMS), len(iso)).tolist()
    for place, text in enumerate(iso.tolist()):
        day = _as_day(text)
        if day is None:
            continue
        form = DATE_FORMS[which[place]]
        cells[place] = day if forms[place] < 0.6 else form.format(y=day.year, m=day.month, d=day.day)
    return cells


def _as_day(text: str) -> datetime.datetime | None:
    """The day, unless it is written otherwise, does not exist, or is too early for a spreadsheet."""
    if len(text) != 10 or text[4] != "-" or text < EXCEL_BEGINS:
        return None
    try:
        return datetime.datetime(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return None


def write_workbook(path: Path, sheets: Sequence[Sheet], subtitle: str) -> None:
    """Write the sheets, row by row in constant memory unless cells are merged downwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    merging = any(sheet.merges for sheet in sheets)
    options = {
        "constant_memory": not merging,
        "in_memory": merging,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": CREATED})
        date_format = book.add_format({"num_format": "yyyy-mm-dd"})
        for sheet in sheets:
            _write_sheet(book, sheet, subtitle, date_format)


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, subtitle: str, date_format: object) -> None:
    page = book.add_worksheet(sheet.name)
    last = len(sheet.header) - 1
    page.merge_range(0, 0, 0, last, sheet.title)
    page.merge_range(1, 0, 1, last, subtitle)
    page.write_row(2, 0, sheet.header)
    hidden = {(row, column) for column, first, end in sheet.merges for row in range(first + 1, end + 1)}
    starts = {(first, column): end for column, first, end in sheet.merges}
    length = len(sheet.columns[0])
    for number, row in enumerate(zip(*(column.tolist() for column in sheet.columns), strict=True)):
        line = FIRST_ROW - 1 + number
        for column, cell in enumerate(row):
            if (number, column) in hidden or cell == "":
                continue
            if (number, column) in starts:
                page.merge_range(line, column, line + starts[number, column] - number, column, cell)
            elif isinstance(cell, datetime.datetime):
                page.write_datetime(line, column, cell, date_format)
            elif isinstance(cell, str):
                page.write_string(line, column, cell)
            else:
                page.write_number(line, column, cell)
    page.write_row(FIRST_ROW - 1 + length, 0, ["合计", sheet.total])
