"""Workbooks made by hand: titles above the header, merged cells, totals, numbers where text was meant."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import fromstring
from zipfile import ZipFile, is_zipfile

import pyarrow as pa  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Piece, Reading, check_headers, rows_table, squeezed

# Rows of a sheet within which its header must stand.
HEADER_WITHIN = 20

# A workbook with a password is an OLE container with a stream of this name.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

ERROR_CELL = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]*)</v>')
REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')

Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta


def read_workbook(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Read the agreed sheets of a workbook, or its first.

    Raises BatchRefused when it cannot be opened or needs a password, and (while the pieces are taken) when a
    sheet or a column is missing or unknown.
    """
    content = path.read_bytes()
    if ENCRYPTED in content:
        raise BatchRefused(
            "the workbook needs a password", path.name, remedy="ask the department to send it without one"
        )
    try:
        # From the bytes: then the content decides what it is, and not the ending of the name.
        book = CalamineWorkbook.from_filelike(BytesIO(content))
    except CalamineError as error:
        raise BatchRefused(
            "this is not a workbook that can be opened",
            path.name,
            remedy="ask the department to save it as .xlsx and send it again",
        ) from error
    return Reading("utf-8", _pieces(book, path, dataset, layout))


def _pieces(book: CalamineWorkbook, path: Path, dataset: Dataset, layout: FileLayout) -> Iterator[Piece]:
    missing = [name for name in layout.sheets if name not in book.sheet_names]
    if missing:
        raise BatchRefused(
            f"the workbook has no sheet {', '.join(missing)}",
            path.name,
            remedy="ask the department for the agreed sheets",
        )
    for name in layout.sheets or book.sheet_names[:1]:
        sheet = _sheet(book, name, path.name)
        grid: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
        for (row, column), text in _formula_errors(path, name).items():
            if row < len(grid) and column < len(grid[row]):
                grid[row][column] = text
        yield Piece(_sheet_rows(sheet, grid, path.name, dataset, layout))


def _sheet(book: CalamineWorkbook, name: str, file: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, WorksheetNotFound) as error:
        raise BatchRefused(
            f"sheet {name} cannot be read", file, remedy="ask the department to save the workbook anew"
        ) from error


def _formula_errors(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """By row and column, the cells of a sheet that hold an error such as #N/A; calamine leaves them empty."""
    if not is_zipfile(path):
        return {}
    with ZipFile(path) as book:
        xml = book.read(_part(book, sheet)) if _part(book, sheet) in book.namelist() else b""
    found = {}
    for attributes, text in ERROR_CELL.findall(xml) if b't="e"' in xml else []:
        if reference := REFERENCE.search(attributes):
            found[int(reference[2]) - 1, _column(reference[1])] = text.decode()
    return found


def _part(book: ZipFile, sheet: str) -> str:
    """The name of the part of an .xlsx in which a sheet is kept; empty when it is kept otherwise."""
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(book.namelist()):
        return ""
    links = {
        link.get("Id"): link.get("Target", "") for link in fromstring(book.read("xl/_rels/workbook.xml.rels"))
    }
    for element in fromstring(book.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            target = next((links.get(v, "") for k, v in element.attrib.items() if k.endswith("}id")), "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    return ""


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _sheet_rows(
    sheet: CalamineSheet, grid: list[list[Cell]], file: str, dataset: Dataset, layout: FileLayout
) -> pa.Table:
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
