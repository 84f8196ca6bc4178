"""Delimited text: regular lines go to Arrow as one buffer, only the irregular ones through Python."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Drift, NotRow, Piece, Reading, rows_table, squeezed
from transforms.take_in.csv_irregular import Irregular, irregular_rows
from transforms.take_in.csv_lines import LONGEST_LINE, Flags, Lines, Table
from transforms.take_in.encoding import SPOKEN, Block, blocks, choose_encoding
from transforms.take_in.not_rows import may_begin_none
from transforms.take_in.text_bytes import BOM

# Lines of a file within which its header must stand.
HEADER_WITHIN = 20

# Lines by which a file shows that its rows end with a delimiter though its header does not, or the other way round: fewer
# may have a delimiter too many within an address each.
TOLD_BY_ROWS = 10
NEARLY_ALL = 0.9
SEEN_OF_ROWS = 1 << 16

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar", "\x01": "the character U+0001"}


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
        odd = irregular_rows(lines, regular, number)
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


def _odd_rows(table: Table, odd: Irregular) -> pa.Table:
    columns = list(zip(*odd.rows, strict=True)) or [()] * table.width
    cells = {n: pa.array([c or None for c in columns[p]], pa.string()) for n, p in table.taken.items()}
    return rows_table(table.dataset, None, pa.array(odd.at, pa.int32()), cells)
