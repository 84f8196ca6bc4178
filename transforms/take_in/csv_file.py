"""Delimited text: regular lines go to Arrow as one buffer, only the irregular ones through Python."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Drift, Fault, NotRow, Piece, Reading, rows_table, squeezed
from transforms.take_in.encoding import SPOKEN, Block, blocks, choose_encoding
from transforms.take_in.not_rows import is_remark, is_total, may_begin_none
from transforms.take_in.text_bytes import BOM

# Lines of a file within which its header must stand.
HEADER_WITHIN = 20

# Physical lines that one row may span (line feeds in a quoted address); past that its quote was never closed.
LONGEST_ROW = 50
BEYOND = -1

# Bytes of a line that Arrow may see; its own blocks are four times as long.
LONGEST_LINE = 1 << 20

# Lines by which a file shows that its rows end with a delimiter though its header does not, or the other way round: fewer
# may have a delimiter too many within an address each.
TOLD_BY_ROWS = 10
NEARLY_ALL = 0.9
SEEN_OF_ROWS = 1 << 16

# The share of lines with quotes from which it pays to look which of them Arrow can read.
WORTH_A_LOOK = 0.01

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """How the rows of one file are laid out: ``width`` counts their columns, ``header`` are its cells as they stand.

    ``padded`` says that every row ends with a delimiter too many, so that the last column is nothing.
    """

    dataset: Dataset
    layout: FileLayout
    encoding: str
    places: dict[str, int]
    header: list[str]
    width: int
    padded: bool

    @cached_property
    def keys(self) -> list[int]:
        return [self.places[squeezed(key.header)] for key in self.dataset.keys]

    @cached_property
    def operation(self) -> int | None:
        told = self.dataset.delivery.operation
        return self.places[squeezed(self.dataset.column(told.column).header)] if told else None

    @cached_property
    def taken(self) -> dict[str, int]:
        return {c.name: self.places[squeezed(c.header)] for c in self.dataset.taken if squeezed(c.header) in self.places}

    @cached_property
    def complete(self) -> re.Pattern[str]:
        """A line that is a whole row by itself, its quotes only where RFC 4180 has them."""
        other = re.escape(self.layout.delimiter)
        cell = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{other}\r\n]*)'
        return re.compile(rf"{cell}(?:{other}{cell}){{{self.width - 1}}}\r?\n")

    def cells(self, text: str) -> tuple[list[str], str]:
        """The cells of a row, and what is wrong with its quotes: ``open_quote``, ``bad_quote`` or nothing."""
        if '"' not in text:
            return unended(text).split(self.layout.delimiter), ""
        try:
            return next(csv.reader([text], delimiter=self.layout.delimiter, strict=True)), ""
        except csv.Error as error:
            return [], "open_quote" if "unexpected end" in str(error) else "bad_quote"

    def no_row(self, cells: list[str]) -> str:
        """What a line is that is no row: a total, a remark, or the header again as in files that were put together; else empty."""
        if is_total(next((c for c in cells if c.strip()), ""), self.layout):
            return "total"
        if all(place < len(cells) and squeezed(cells[place]) == name for name, place in self.places.items()):
            return "header again"
        return "remark" if is_remark(cells, self.layout) else ""


class Lines:
    """The physical lines of one block, in the light of their table."""

    def __init__(self, table: Table, block: Block) -> None:
        self.table, self.block = table, block
        self.delimiters = block.places(table.layout.delimiter)
        self.quotes = block.places('"')
        self.quoted = np.diff(block.edges(self.quotes)) > 0

    def regular(self) -> Flags:
        """One flag a line: whether Arrow reads it right."""
        block, buffer = self.block, self.block.buffer
        fits: Flags = (np.diff(block.edges(self.delimiters)) == self.table.width - 1) & ~self.quoted
        if np.count_nonzero(self.quoted) > block.count * WORTH_A_LOOK:
            fits |= self._cleanly_quoted()
        returns = block.places("\r")
        lone = returns[buffer[returns + 1] != ord("\n")]
        fits[np.searchsorted(block.ends, lone, side="right")] = False
        fits[list(block.bad)] = False
        ended = buffer[block.ends - 2] == ord("\r")
        length = block.ends - block.starts - ended
        fits &= (length > 1) & (length < LONGEST_LINE)
        if self.table.padded:
            fits &= buffer[block.ends - 2 - ended] == ord(self.table.layout.delimiter)
        return fits

    def _cleanly_quoted(self) -> Flags:
        """Lines whose quotes only ever surround whole cells, the right number of delimiters outside them."""
        block, other = self.block, ord(self.table.layout.delimiter)
        edges = block.edges(self.quotes)
        number = np.diff(edges)
        opens = (np.arange(len(self.quotes)) - np.repeat(edges[:-1], number)) % 2 == 0
        beside = block.buffer[self.quotes + np.where(opens, -1, 1)]
        well = (beside == other) | (beside == ord("\n")) | (~opens & (beside == ord("\r")))
        clean: Flags = number % 2 == 0
        clean[np.repeat(np.arange(block.count), number)[~well]] = False
        line = np.repeat(np.arange(block.count), np.diff(block.edges(self.delimiters)))
        outside = (np.searchsorted(self.quotes, self.delimiters) - edges[line]) % 2 == 0
        clean &= np.bincount(line[outside], minlength=block.count) == self.table.width - 1
        return clean

    def row_end(self, at: int) -> int:
        """The line after the row that begins at ``at`` with an open quote.

        ``at`` when the quote never closes sensibly, BEYOND when the row may go on in the next block.
        """
        end = self._joined_end(at)
        if at < end < self.block.count and not self._begins_row(end) and self._joined_end(at + 1) > end:
            # The quote closes only with the opening quote of the next row, which would be lost with it.
            return at
        return end

    def _joined_end(self, at: int) -> int:
        for end in range(at + 2, at + LONGEST_ROW + 1):
            if end > self.block.count:
                return at if self.block.last else BEYOND
            if self.table.complete.fullmatch(self.block.lines(end - 1, end)):
                return at
            cells, problem = self.table.cells(self.block.lines(at, end))
            if problem != "open_quote":
                return end if len(cells) == self.table.width else at
        return at

    def _begins_row(self, at: int) -> bool:
        cells, problem = self.table.cells(self.block.lines(at, at + 1))
        if problem == "open_quote":
            return self._joined_end(at) != at
        return len(cells) == self.table.width or not "".join(cells).strip()


@dataclass(frozen=True)
class Row:
    """An irregular row: the line after it, its text, its cells and what is wrong with its bytes or quotes."""

    end: int
    text: str
    cells: list[str]
    problem: str


@dataclass
class Irregular:
    """What Python made of a block's irregular lines; ``left`` is the first line that needs the next block."""

    left: int
    at: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    not_rows: list[NotRow] = field(default_factory=list)


def read_csv(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Read delimited text with a header line.

    Raises BatchRefused when the file is empty or its header lacks columns that every row needs, and (while the pieces
    are taken) for broken gzip.
    """
    encoding = choose_encoding(path, layout)
    coming = blocks(path, layout, encoding)
    first = next(coming, None)
    if first is None:
        raise BatchRefused("the file is empty", path.name, remedy="ask the department to send it again")
    at = _header_line(first, dataset, layout)
    header, rest = first.text[first.starts[at] : first.ends[at]], first.text[first.ends[at] :]
    _refuse_unreadable(header, path.name, at + 1, encoding, is_bad=at in first.bad)
    found = _headers(header.decode(), layout, path.name, at + 1)
    names = list(map(squeezed, found[:-1] if len(found) > 1 and not squeezed(found[-1]) else found))
    drift = Drift()
    drift.meet(names, dataset, path.name, at + 1)
    width = _width_of_rows(rest[:SEEN_OF_ROWS], layout.delimiter.encode(), len(names)) or len(found)
    table = Table(dataset, layout, encoding, {n: p for p, n in enumerate(names)}, found[: len(names)], width, width > len(names))
    body = Block(rest, tuple(line - at - 1 for line in first.bad if line > at), first.last)
    return Reading(encoding, _pieces(table, body, coming, at + 2), drift)


DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", "\x01": "the character U+0001"}


def _header_line(first: Block, dataset: Dataset, layout: FileLayout) -> int:
    """The index of the line that is the header: below a title or two where a spreadsheet was saved as text, else the first."""
    agreed = {squeezed(c.header) for c in dataset.columns}
    for at in range(min(HEADER_WITHIN, first.count)):
        cells = first.lines(at, at + 1).rstrip("\r\n").split(layout.delimiter)
        if len(agreed.intersection(squeezed(cell.strip().strip('"')) for cell in cells)) * 2 > len(agreed):
            return at
    return 0


def _refuse_unreadable(header: bytes, file: str, line: int, encoding: str, *, is_bad: bool) -> None:
    remedy = "ask the department which encoding it writes"
    if b"\0" in header:
        raise BatchRefused("the header has NUL bytes, as UTF-16 without a byte order mark has", file, line, remedy=remedy)
    if is_bad:
        raise BatchRefused(f"the header is not valid {SPOKEN[encoding]}", file, line, remedy=remedy)


def _headers(header: str, layout: FileLayout, file: str, line: int) -> list[str]:
    try:
        names = [cell.strip() for cell in next(csv.reader([header], delimiter=layout.delimiter), [])]
    except csv.Error:
        raise BatchRefused(
            "the header is no line of delimited text", file, line, remedy="ask the department for the agreed columns"
        ) from None
    if len(names) == 1 and (other := next((told for sign, told in DELIMITERS.items() if names[0].count(sign) > 1), None)):
        what = f"the columns of the header stand apart by {other}, and {DELIMITERS.get(layout.delimiter, layout.delimiter)} was agreed"
        raise BatchRefused(what, file, line, remedy="ask the department to write the file as agreed, or mend delimiter in the contract")
    return names


def _width_of_rows(begin: bytes, delimiter: bytes, names: int) -> int | None:
    """The columns of a file's first rows, one more than it has names where nearly all end with a delimiter; None where they do not tell."""
    lines = [line.rstrip(b"\r") for line in begin.split(b"\n")[:-1] if line.strip() and b'"' not in line]
    enough = max(TOLD_BY_ROWS, NEARLY_ALL * len(lines))
    if sum(line.count(delimiter) == names and line.endswith(delimiter) for line in lines) >= enough:
        return names + 1
    return names if sum(line.count(delimiter) == names - 1 for line in lines) >= enough else None


def _pieces(table: Table, block: Block, coming: Iterator[Block], number: int) -> Iterator[Piece]:
    while True:
        lines = Lines(table, block)
        regular = lines.regular()
        odd = _irregular(lines, regular, number)
        rows, not_rows = _regular_rows(lines, regular, number)
        others = sorted((*not_rows, *odd.not_rows), key=lambda other: other.line)
        yield Piece(pa.concat_tables([rows, _odd_rows(table, odd)]), tuple(odd.faults), tuple(others))
        if block.last:
            return
        number += odd.left
        block = next(coming).after(block, odd.left)


def _regular_rows(lines: Lines, regular: Flags, number: int) -> tuple[pa.Table, list[NotRow]]:
    table = lines.table
    at = pa.array(np.flatnonzero(regular) + number, pa.int32())
    if not len(at):
        return rows_table(table.dataset, None, at, {}), []
    cells = _arrow_cells(lines.block.chosen(regular), table, bool((regular & lines.quoted).any()))
    taken = {name: cells.column(place) for name, place in table.taken.items()}
    rows = rows_table(table.dataset, None, at, taken)
    found = {index: what for index in _suspects(cells, table) if (what := table.no_row(_row_of(cells, index)))}
    if not found:
        return rows, []
    is_row = np.ones(len(at), np.bool_)
    is_row[list(found)] = False
    return rows.filter(pa.array(is_row)), [NotRow(what, None, at[index].as_py()) for index, what in found.items()]


def _suspects(cells: pa.Table, table: Table) -> list[int]:
    """Indexes of the rows that may be none, by what they begin with."""
    first = pc.coalesce(*cells.columns) if cells.column(0).null_count else cells.column(0)
    begins = pc.fill_null(pc.match_substring_regex(first, may_begin_none(table.layout)), fill_value=False)
    found: list[int] = np.flatnonzero(pc.or_(begins, _is_header(cells, table)).to_numpy()).tolist()
    return found


def _row_of(cells: pa.Table, index: int) -> list[str]:
    return [column[index].as_py() or "" for column in cells.columns]


def _is_header(cells: pa.Table, table: Table) -> pa.ChunkedArray:
    """One flag a row: whether it is the header again."""
    told: pa.ChunkedArray = pa.chunked_array([pa.repeat(pa.scalar(True), cells.num_rows)])
    for place, name in enumerate(table.header):
        same = pc.equal(pc.utf8_trim_whitespace(cells.column(place)), name)
        told = pc.and_(told, pc.fill_null(same, fill_value=False))
        if not pc.any(told).as_py():
            break
    return told


def _arrow_cells(text: bytes, table: Table, quoted: bool) -> pa.Table:
    names = [str(place) for place in range(table.width)]
    # Arrow takes a byte order mark off the beginning, and one there belongs to the first cell.
    return arrow_csv.read_csv(
        pa.BufferReader(BOM + text if text.startswith(BOM) else text),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=4 * LONGEST_LINE),
        parse_options=arrow_csv.ParseOptions(
            delimiter=table.layout.delimiter,
            quote_char='"' if quoted else False,
            double_quote=False,
            ignore_empty_lines=False,
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _irregular(lines: Lines, regular: Flags, number: int) -> Irregular:
    odd = Irregular(lines.block.count)
    done = 0
    for at in np.flatnonzero(~regular).tolist():
        if at < done:
            continue
        row = _row(lines, at)
        if row is None:
            odd.left = at
            break
        done = row.end
        if not row.text.strip():
            continue
        if what := _no_row(row, lines.table, after_fault=bool(odd.faults) and odd.faults[-1].line == at + number - 1):
            odd.not_rows.append(NotRow(what, None, at + number))
        elif (reason := _reason(row, lines.table)) and (withdrawal := _withdrawal(row, lines.table)):
            odd.at.append(at + number)
            odd.rows.append(withdrawal)
        elif reason:
            raw = unended(row.text)
            odd.faults.append(Fault(None, at + number, _record_key(row, lines.table), reason, raw))
        else:
            odd.at.append(at + number)
            odd.rows.append(row.cells)
    return odd


def _row(lines: Lines, at: int) -> Row | None:
    """The row that begins at a line; None when it may go on in the next block."""
    end, text = at + 1, lines.block.lines(at, at + 1)
    cells, problem = lines.table.cells(text)
    if problem == "open_quote":
        last = lines.row_end(at)
        if last == BEYOND:
            return None
        if last > at:
            end, text = last, lines.block.lines(at, last)
            cells, problem = lines.table.cells(text)
    return Row(end, text, cells, "bad_bytes" if any(at <= bad < end for bad in lines.block.bad) else problem)


def _no_row(row: Row, table: Table, *, after_fault: bool) -> str:
    """What a line is that is no row; below one that was cut off it may be the other half of it, whatever it looks like."""
    what = table.no_row(row.cells)
    return "" if after_fault and what == "remark" else what


def _reason(row: Row, table: Table) -> str:
    """Why a row cannot be read; empty when it can."""
    if row.problem == "bad_bytes":
        return f"bad_bytes: the line is not valid {SPOKEN[table.encoding]}"
    if row.problem == "open_quote":
        return "open_quote: a quotation mark is opened and never closed"
    if row.problem == "bad_quote":
        return "bad_quote: text follows a closing quotation mark"
    if len(row.cells) != table.width:
        code = "too_few_columns" if len(row.cells) < table.width else "too_many_columns"
        return f"{code}: {len(row.cells)} columns where {table.width} are agreed"
    if table.padded and row.cells[-1]:
        return "too_many_columns: text after the last agreed column"
    return ""


def _certain(row: Row, table: Table, places: list[int]) -> list[str]:
    """What stands at those of these places that are certain in a row that cannot be read; nothing where one of them is damaged."""
    plain = row.cells or unended(row.text).split(table.layout.delimiter)
    if len(plain) < table.width:
        # A line that was cut off ends within a cell; one with an open quote is certain up to that.
        plain = plain[:-1]
    elif len(plain) > table.width:
        plain = plain[:1]
    found = [plain[place] for place in places if place < len(plain)]
    return [] if any('"' in part or "\\x" in part for part in found) else found


def _record_key(row: Row, table: Table) -> str | None:
    """The key of a row that cannot be read, from those of its cells whose place is certain."""
    return "|".join(filter(None, _certain(row, table, table.keys))) or None


def _withdrawal(row: Row, table: Table) -> list[str] | None:
    """The cells of a withdrawal, which needs its key alone, where these are certain in a row that cannot be read. In one of another width
    a cell before them may lack, unless they come first.
    """
    if table.operation is None:
        return None
    places = [table.operation, *table.keys]
    if len(row.cells) != table.width and max(places) >= len(places):
        return None
    certain = _certain(row, table, places)
    if len(certain) < len(places) or not all(certain) or certain[0].strip() not in table.dataset.withdrawn_as:
        return None
    told = dict(zip(places, certain, strict=True))
    return [told.get(place, "") for place in range(table.width)]


def _odd_rows(table: Table, odd: Irregular) -> pa.Table:
    columns = list(zip(*odd.rows, strict=True)) or [()] * table.width
    cells = {n: pa.array([c or None for c in columns[p]], pa.string()) for n, p in table.taken.items()}
    return rows_table(table.dataset, None, pa.array(odd.at, pa.int32()), cells)


def unended(text: str) -> str:
    """A row's text without its line end."""
    return text.removesuffix("\n").removesuffix("\r")
