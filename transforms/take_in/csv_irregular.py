"""The lines of delimited text that Arrow would not read right: read one by one, or kept out with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from transforms.take_in import Fault, NotRow
from transforms.take_in.csv_lines import BEYOND, Flags, Lines, Table, unended
from transforms.take_in.encoding import SPOKEN


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


def irregular_rows(lines: Lines, regular: Flags, number: int) -> Irregular:
    """Read the lines of a block that are not ``regular``; ``number`` is the line of the file at which the block begins."""
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
            key, raw = _record_key(row, lines.table), unended(row.text)
            odd.faults.append(Fault(None, at + number, key, reason, raw, () if key else _possible_keys(row, lines.table)))
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
    cells = _without_trailing(cells, lines.table)
    return Row(end, text, cells, "bad_bytes" if any(at <= bad < end for bad in lines.block.bad) else problem)


def _without_trailing(cells: list[str], table: Table) -> list[str]:
    """The cells without delimiters too many at their end, where nothing before can have moved: a column that no row can be used without
    stands at its place, and nothing after it.
    """
    last = table.last_needed
    is_whole = last is not None and len(cells) > table.width and cells[last].strip() and not "".join(cells[last + 1 :]).strip()
    return cells[: table.width] if is_whole else cells


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
    """What stands at the first of these places, as far as they are certain in a row that cannot be read; nothing where one is damaged."""
    plain = _plain(row, table)
    if len(plain) < table.width:
        # A line that was cut off ends within a cell; one with an open quote is certain up to that.
        plain = plain[:-1]
    elif len(plain) > table.width:
        plain = plain[:1]
    found = [plain[place] for place in takewhile(range(len(plain)).__contains__, places)]
    return [] if any('"' in part or "\\x" in part for part in found) else found


def _record_key(row: Row, table: Table) -> str | None:
    """The key of a row that cannot be read, from those of its cells whose place is certain."""
    return "|".join(filter(None, _certain(row, table, table.keys))) or None


def _possible_keys(row: Row, table: Table) -> tuple[str, ...]:
    """The keys that a row of another width may have, or what they begin with: from some cell on, which may be in the midst of a key, all
    have moved by as many places as there are cells too many or too few. So it is where one was cut in two, or a line was broken.
    """
    plain = _plain(row, table)
    moved = len(plain) - (len(table.header) if plain[-1].strip() else table.width)
    found = []
    for first in sorted({*table.keys, table.width}):
        places = [place + moved * (place >= first) for place in table.keys]
        parts = [plain[place].strip() for place in takewhile(range(len(plain)).__contains__, places)]
        if parts and all(parts) and len({*places}) == len(places) and not any('"' in part or "\\x" in part for part in parts):
            found.append("|".join(parts))
    return tuple(dict.fromkeys(found))


def _plain(row: Row, table: Table) -> list[str]:
    return row.cells or unended(row.text).split(table.layout.delimiter)


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
