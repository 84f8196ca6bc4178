"""Workbooks made by hand: titles above the header, merged cells, totals, numbers where text was meant."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError, fromstring
from zipfile import BadZipFile, ZipFile, is_zipfile

import pyarrow as pa  # type: ignore[import-untyped]
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from contracts.model import Dataset, FileLayout
from transforms.normalising.columns import DAY_NORMALISERS
from transforms.take_in import BatchRefused, Drift, NotRow, Piece, Reading, rows_table, squeezed
from transforms.take_in.cells import Cell, is_blank, merged_within, text_of
from transforms.take_in.not_rows import is_remark, is_total
from transforms.take_in.sheet_header import Header, find_header

# What a workbook of the old kind, .xls, begins with.
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
TRIAL = """
import resource, sys
from python_calamine import CalamineWorkbook
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
book = CalamineWorkbook.from_path(sys.argv[1])
for name in book.sheet_names:
    book.get_sheet_by_name(name).to_python(skip_empty_area=False)
"""

# A workbook with a password is an OLE container with a stream of this name.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

ERROR_CELL = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]*)</v>')
# A cell with something in it beyond column ZZ; the last cell of a sheet.
WIDE_CELL = re.compile(rb'<c r="([A-Z]{3})(\d+)"[^>/]*>')
LAST_CELL = re.compile(rb'<c r="([A-Z]+)(\d+)"')
SPARSE_ROWS = 10

# Serial numbers of days below this are of our own time; 19900203 is a day written as a number.
MANY_DAYS = 60_000
DAYS_FROM_1900_TO_1904 = 1462
SERIAL_TEXT = re.compile("[1-5][0-9]{4}")

LARGEST_SHEET = 1 << 30

# A cell of OpenDocument that covers others below it.
MERGED_DOWN = re.compile(rb'\btable:number-rows-spanned="(?!1")')

REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')


def read_workbook(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Read the agreed sheets of a workbook, or its first.

    Raises BatchRefused when it cannot be opened or needs a password, and (while the pieces are taken) when a
    sheet is missing, or a column that every row needs.
    """
    content = path.read_bytes()
    if ENCRYPTED in content:
        raise BatchRefused(
            "the workbook needs a password", path.name, remedy="ask the department to send it without one"
        )
    what, remedy = "this is not a workbook that can be opened", "ask the department to save it as .xlsx and send it again"
    refusal = BatchRefused(what, path.name, remedy=remedy)
    if content.startswith(OLE) and not _can_be_read(path):
        raise refusal
    with _damage_as(refusal):
        # From the bytes: then the content decides what it is, and not the ending of the name.
        book = CalamineWorkbook.from_filelike(BytesIO(content))
    drift = Drift()
    return Reading("utf-8", _pieces(book, path, dataset, layout, drift), drift)


def _can_be_read(path: Path) -> bool:
    """Whether another process reads a workbook of the old kind: where one was cut off, calamine asks for all the memory there is, which
    ends its process.
    """
    return subprocess.run([sys.executable, "-c", TRIAL, path], capture_output=True, check=False).returncode == 0


@contextmanager
def _damage_as(refusal: BatchRefused) -> Iterator[None]:
    """Whatever the libraries meet in a damaged workbook, as ``refusal``."""
    try:
        yield
    except (CalamineError, WorksheetNotFound, BadZipFile, ParseError, zlib.error, EOFError, KeyError, ValueError, NotImplementedError):
        raise refusal from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # calamine's panic is no Exception, and a class that cannot be imported
            raise refusal from None
        raise


def _pieces(book: CalamineWorkbook, path: Path, dataset: Dataset, layout: FileLayout, drift: Drift) -> Iterator[Piece]:
    agreed = [name for name in book.sheet_names if any(_is_named(name, wanted) for wanted in layout.sheets)]
    missing = [wanted for wanted in layout.sheets if not any(_is_named(name, wanted) for name in agreed)]
    if missing:
        raise BatchRefused(
            f"the workbook has no sheet {', '.join(missing)}",
            path.name,
            remedy="ask the department for the agreed sheets",
        )
    tables = 0
    for name in agreed or book.sheet_names:
        remedy = "ask the department to save the workbook anew"
        with _damage_as(BatchRefused(f"sheet {name} cannot be read", path.name, remedy=remedy)):
            sheet, grid = _grid(book, path, name)
        is_last_hope = not tables and name == book.sheet_names[-1]
        header = find_header(sheet, grid, dataset)
        if not layout.sheets and not is_last_hope and not header.bears_keys:
            continue  # a sheet of notes, or one of those that a new workbook has
        _refuse_hidden(book, name, path.name)
        tables += 1
        header.check(f"{path.name} sheet {name}", drift, withdraws=_withdraws(name, dataset))
        lines, not_rows = _lines(sheet.name, grid, header, layout)
        rows = _sheet_rows(sheet, grid, header, lines, dataset, since_1904=_days_since_1904(path))
        yield Piece(rows, not_rows=not_rows)


def _withdraws(sheet: str, dataset: Dataset) -> bool:
    """Whether the name of a sheet says that its rows are withdrawn."""
    operation = dataset.delivery.operation
    return operation is not None and dataset.column(operation.column).is_sheet_name and sheet.strip() in dataset.withdrawn_as


def _is_named(sheet: str, wanted: str) -> bool:
    """Whether a sheet has the agreed name, or one that fits the agreed pattern."""
    return sheet == wanted or fnmatchcase(sheet, wanted)


def _grid(book: CalamineWorkbook, path: Path, name: str) -> tuple[CalamineSheet, list[list[Cell]]]:
    """A sheet, and its cells row by row from the first on."""
    xml = _xml(path, name)
    _refuse_sprawling(xml, f"{path.name} sheet {name}")
    sheet = book.get_sheet_by_name(name)
    if sheet.merged_cell_ranges is None:
        _refuse_merged(path, name)
    grid: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    for (row, column), text in _formula_errors(xml).items():
        if row < len(grid) and column < len(grid[row]):
            grid[row][column] = text
    return sheet, grid


def _refuse_merged(path: Path, sheet: str) -> None:
    """Of other workbooks than .xlsx and .xls calamine does not tell which cells are merged: what stands in one would be lost for the
    other rows.
    """
    content = b""
    if is_zipfile(path):
        with ZipFile(path) as book:
            if "content.xml" in book.namelist() and book.getinfo("content.xml").file_size <= LARGEST_SHEET:
                content = book.read("content.xml")
    if not content or MERGED_DOWN.search(content):
        what = "its cells may be merged over several rows, which this kind of workbook does not tell"
        raise BatchRefused(what, f"{path.name} sheet {sheet}", remedy="ask the department to save it as .xlsx and send it again")


def _refuse_hidden(book: CalamineWorkbook, name: str, file: str) -> None:
    """A hidden sheet with the agreed header may be last month's, or a part of the register: nobody here can know."""
    if any(sheet.name == name and sheet.visible != SheetVisibleEnum.Visible for sheet in book.sheets_metadata):
        raise BatchRefused(
            "the sheet is hidden and bears the agreed header",
            f"{file} sheet {name}",
            remedy="ask the department to show it, or to take it away",
        )


def _refuse_sprawling(xml: bytes, sheet: str) -> None:
    """calamine lays out the whole rectangle up to the last cell, and a stray one at its far end takes all memory there is."""
    stray = WIDE_CELL.search(xml)
    last = LAST_CELL.match(xml, xml.rfind(b"<c r=", 0, max(xml.rfind(b"</c>"), 0)))
    if last and int(last[2]) > SPARSE_ROWS * (xml.count(b"<row") + 1_000):
        stray = stray or last
    if stray:
        raise BatchRefused(
            f"a cell far outside the table is filled in, {(stray[1] + stray[2]).decode()}",
            sheet,
            remedy="ask the department to clear it and to save the workbook anew",
        )


def _xml(path: Path, sheet: str) -> bytes:
    """The sheet as an .xlsx keeps it; nothing of any other kind of workbook. Raises BatchRefused where it is too large."""
    if not is_zipfile(path):
        return b""
    with ZipFile(path) as book:
        part = _part(book, sheet)
        size = book.getinfo(part).file_size if part in book.namelist() else 0
        if size <= LARGEST_SHEET:
            return book.read(part) if size else b""
    what = f"sheet {sheet} is larger than {LARGEST_SHEET >> 30} GB"
    raise BatchRefused(what, path.name, remedy="ask the department whether this is the right file")


def _days_since_1904(path: Path) -> bool:
    """Whether the workbook counts its days from 1904, as spreadsheets for the Macintosh did."""
    if not is_zipfile(path):
        return False
    with ZipFile(path) as book:
        about = book.read("xl/workbook.xml") if "xl/workbook.xml" in book.namelist() else b""
    return bool(re.search(rb'\bdate1904="(1|true)"', about))


def _formula_errors(xml: bytes) -> dict[tuple[int, int], str]:
    """By row and column, the cells of a sheet that hold an error such as #N/A; calamine leaves them empty."""
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


def _lines(sheet: str, grid: list[list[Cell]], header: Header, layout: FileLayout) -> tuple[list[int], tuple[NotRow, ...]]:
    """The indexes of the rows below the header that are rows of the register, and the lines that are none."""
    rows, others = list[int](), list[NotRow]()
    for at in range(header.at + 1, len(grid)):
        first = next((cell for cell in grid[at] if not is_blank(cell)), None)
        if first is None:
            continue
        if what := _no_row(text_of(first), grid[at], header, layout):
            others.append(NotRow(what, sheet, at + 1))
            if what == "header again" and rows and _is_title(grid, rows[-1], at):
                others.append(NotRow("title", sheet, rows.pop() + 1))
        else:
            rows.append(at)
    return rows, tuple(others)


def _no_row(first: str, row: list[Cell], header: Header, layout: FileLayout) -> str:
    """What a line is that is no row of the register; empty when it is one."""
    if is_total(first, layout):
        return "total"
    if header.is_again(row):
        return "header again"
    return "remark" if is_remark(map(text_of, row), layout) else ""


def _is_title(grid: list[list[Cell]], at: int, header: int) -> bool:
    """Whether a line directly above the header that stands there again has one cell alone, as the next table's title."""
    return all(map(is_blank, (c for row in grid[at + 1 : header] for c in row))) and sum(not is_blank(c) for c in grid[at]) == 1


def _sheet_rows(
    sheet: CalamineSheet, grid: list[list[Cell]], header: Header, lines: list[int], dataset: Dataset, *, since_1904: bool
) -> pa.Table:
    places = header.places
    merged = _filled_down(sheet, grid, header.at)
    taken = [c for c in dataset.taken if squeezed(c.header) in places]
    columns = [(list[str | None](), places[squeezed(c.header)], since_1904 and c.normaliser in DAY_NORMALISERS) for c in taken]
    for at in lines:
        row = _with_merged(grid[at], merged.get(at))
        for texts, place, counts_from_1904 in columns:
            cell = _day_since_1904(row[place]) if counts_from_1904 else row[place]
            texts.append(text_of(cell) or None)
    held = {c.name: pa.array(texts, pa.string()) for c, (texts, *_) in zip(taken, columns, strict=True)}
    held |= {c.name: pa.repeat(sheet.name, len(lines)) for c in dataset.taken if c.is_sheet_name}
    return rows_table(dataset, sheet.name, pa.array([at + 1 for at in lines], pa.int32()), held)


def _day_since_1904(cell: Cell) -> Cell:
    """A serial number, also one kept as text, as any other workbook would have it; one in the form of a date is told right by calamine."""
    if isinstance(cell, str) and SERIAL_TEXT.fullmatch(cell.strip()):
        return str(int(cell) + DAYS_FROM_1900_TO_1904)
    is_serial = isinstance(cell, int | float) and not isinstance(cell, bool) and 0 < cell < MANY_DAYS
    return cell + DAYS_FROM_1900_TO_1904 if is_serial else cell  # type: ignore[operator]


def _filled_down(sheet: CalamineSheet, grid: list[list[Cell]], header: int) -> dict[int, dict[int, Cell]]:
    """By row and column, the value of the vertically merged range that covers a cell below the header."""
    filled: dict[int, dict[int, Cell]] = {}
    for top, left, bottom in merged_within(sheet, grid):
        if top > header:
            for at in range(top + 1, bottom + 1):
                filled.setdefault(at, {})[left] = grid[top][left]
    return filled


def _with_merged(own: list[Cell], merged: dict[int, Cell] | None) -> list[Cell]:
    if not merged:
        return own
    return [merged.get(place, cell) if is_blank(cell) else cell for place, cell in enumerate(own)]
