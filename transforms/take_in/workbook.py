"""Workbooks made by hand: titles above the header, merged cells, totals, numbers where text was meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, WorksheetNotFound

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Piece, Reading, check_headers, rows_table, squeezed

HEADER_WITHIN = 20
"""Rows of a sheet within which its header must stand."""

Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta


def read_workbook(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Read the agreed sheets of a workbook, or its first.

    Raises BatchRefused when it cannot be opened or needs a password, and (while the pieces are taken) when a
    sheet or a column is missing or unknown.
    """
    try:
        book = CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise BatchRefused(
            "the workbook needs a password", path.name, remedy="ask the department to send it without one"
        ) from error
    except (CalamineError, OSError) as error:
        raise BatchRefused(
            "this is not a workbook that can be opened",
            path.name,
            remedy="ask the department to save it as .xlsx and send it again",
        ) from error
    return Reading("utf-8", _pieces(book, path.name, dataset, layout))


def _pieces(book: CalamineWorkbook, file: str, dataset: Dataset, layout: FileLayout) -> Iterator[Piece]:
    missing = [name for name in layout.sheets if name not in book.sheet_names]
    if missing:
        raise BatchRefused(
            f"the workbook has no sheet {', '.join(missing)}",
            file,
            remedy="ask the department for the agreed sheets",
        )
    for name in layout.sheets or book.sheet_names[:1]:
        yield Piece(_sheet_rows(_sheet(book, name, file), file, dataset, layout))


def _sheet(book: CalamineWorkbook, name: str, file: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, WorksheetNotFound) as error:
        raise BatchRefused(
            f"sheet {name} cannot be read", file, remedy="ask the department to save the workbook anew"
        ) from error


def _sheet_rows(sheet: CalamineSheet, file: str, dataset: Dataset, layout: FileLayout) -> pa.Table:
    grid: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    header, places = _header(grid, f"{file} sheet {sheet.name}", dataset)
    merged = _filled_down(sheet, grid, header)
    lines: list[int] = []
    columns: dict[str, list[str | None]] = {c.name: [] for c in dataset.taken}
    taken = [(columns[c.name], places[squeezed(c.header)]) for c in dataset.taken if c.header != "@sheet"]
    for at in range(header + 1, len(grid)):
        own = grid[at]
        first = next((c for c in own if not _is_blank(c)), None)
        if first is None or str(first).strip() in layout.totals:
            continue
        lines.append(at + 1)
        row = _with_merged(own, merged.get(at))
        for column, place in taken:
            column.append(text_of(row[place]) or None)
    held = {name: pa.array(values, pa.string()) for name, values in columns.items() if values}
    held |= {c.name: pa.repeat(sheet.name, len(lines)) for c in dataset.taken if c.header == "@sheet"}
    return rows_table(dataset, sheet.name, pa.array(lines, pa.int32()), held)


def _header(grid: list[list[Cell]], sheet: str, dataset: Dataset) -> tuple[int, dict[str, int]]:
    """The index of the header row, and the column of each header.

    Raises BatchRefused naming what is missing or unknown in the row that comes closest.
    """
    agreed = {squeezed(c.header) for c in dataset.columns if c.header != "@sheet"}
    found = [[squeezed(text_of(cell)) for cell in row] for row in grid[:HEADER_WITHIN]]
    if not found:
        raise BatchRefused("the sheet is empty", sheet, remedy="ask the department to send it again")
    best = max(range(len(found)), key=lambda at: len(agreed.intersection(found[at])))
    if len(agreed.intersection(found[best])) * 2 <= len(agreed):
        raise BatchRefused(
            f"no header row within the first {HEADER_WITHIN} rows",
            sheet,
            column=", ".join(sorted(agreed)),
            remedy="ask the department for the agreed columns",
        )
    check_headers([header for header in found[best] if header], dataset, sheet, best + 1)
    return best, {header: place for place, header in enumerate(found[best]) if header}


def _filled_down(sheet: CalamineSheet, grid: list[list[Cell]], header: int) -> dict[int, dict[int, Cell]]:
    """By row and column, the value of the vertically merged range that covers a cell below the header."""
    filled: dict[int, dict[int, Cell]] = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        if top > header:
            for at in range(top + 1, bottom + 1):
                filled.setdefault(at, {})[left] = grid[top][left]
    return filled


def _with_merged(own: list[Cell], merged: dict[int, Cell] | None) -> list[Cell]:
    if not merged:
        return own
    return [merged.get(place, cell) if _is_blank(cell) else cell for place, cell in enumerate(own)]


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def text_of(cell: Cell) -> str:
    """A cell as text: dates as ISO, numbers as a spreadsheet keeps them (15 significant digits)."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | float():
            return _number(cell)
        case dt.datetime():
            return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
        case _:
            return str(cell)


def _number(number: float) -> str:
    if abs(number) >= 1e15:
        return f"{number:.15g}"
    return str(int(number)) if number == int(number) else repr(number)
