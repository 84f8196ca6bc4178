"""Where the header of a sheet stands: below titles, over several rows, with groups of columns under one name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from python_calamine import CalamineSheet

from contracts.model import Dataset
from transforms.take_in import AGREED_COLUMNS, BatchRefused, Drift, squeezed
from transforms.take_in.cells import Cell, merged_within, text_of

# Rows of a sheet within which its header must stand.
HEADER_WITHIN = 20
# Rows of heads above the lowest row of a header.
HEADS = 2


@dataclass(frozen=True)
class Header:
    """The row that comes closest to the agreed header, at index ``at``, with the name of each column; ``lines`` are its rows as they stand.

    A column below a head is named by both, 母亲.姓名, where the contract names one so.
    """

    dataset: Dataset
    at: int
    names: list[str]
    lines: list[list[str]]

    @property
    def agreed(self) -> set[str]:
        return {squeezed(c.header) for c in self.dataset.columns if not c.is_sheet_name}

    @cached_property
    def places(self) -> dict[str, int]:
        """The column of each name."""
        return {name: at for at, name in enumerate(self.names) if name}

    @property
    def is_whole(self) -> bool:
        """Whether it has more than half of the agreed headers."""
        return len(self.agreed.intersection(self.names)) * 2 > len(self.agreed)

    @property
    def bears_keys(self) -> bool:
        """Whether the sheet may hold records: it bears the header, or so much of it that each row has its key."""
        keys = {squeezed(key.header) for key in self.dataset.keys if not key.is_sheet_name}
        return self.is_whole or (bool(keys) and keys.issubset(self.names))

    def check(self, place: str, drift: Drift, *, withdraws: bool) -> None:
        """Hold it against the contract, of which a sheet that ``withdraws`` needs the key alone.

        Raises BatchRefused naming what is missing in the row that comes closest, and what stands there.
        """
        if not self.lines:
            raise BatchRefused("the sheet is empty", place, remedy="ask the department to send it again")
        if withdraws and self.bears_keys:
            drift.bring([name for name in self.names if name and name not in self.agreed], place, self.at + 1)
            return
        if not self.is_whole:
            raise self._no_header(place)
        drift.meet([name for name in self.names if name], self.dataset, place, self.at + 1)

    def _no_header(self, place: str) -> BatchRefused:
        """The refusal of a sheet without a header: which of the agreed columns are missing, and which stand there where any does."""
        what = f"no header row within the first {HEADER_WITHIN} rows"
        headers = [squeezed(c.header) for c in self.dataset.columns if not c.is_sheet_name]
        found = [header for header in headers if header in self.names]
        missing = ", ".join(header for header in headers if header not in found)
        if not found:
            return BatchRefused(what, place, column=missing, remedy=AGREED_COLUMNS)
        told = f"this one comes closest and has {len(found)} of the {len(headers)} agreed columns ({', '.join(found)})"
        return BatchRefused(f"columns are missing: {what}, {told}", place, self.at + 1, missing, AGREED_COLUMNS)

    def is_again(self, row: list[Cell]) -> bool:
        """Whether a row is one of the header's again, as on every printed page."""
        return any(all(squeezed(text_of(cell)) == text for cell, text in zip(row, line, strict=True)) for line in self.lines)


def find_header(sheet: CalamineSheet, grid: list[list[Cell]], dataset: Dataset) -> Header:
    """The header of a sheet; of an empty one a header without rows."""
    agreed = {squeezed(c.header) for c in dataset.columns if not c.is_sheet_name}
    standing = [[squeezed(text_of(cell)) for cell in row] for row in grid[:HEADER_WITHIN]]
    own, heads = _merged_down(sheet, standing), _heads(sheet, standing)
    named = [[_name(own, heads, at, place, agreed) for place in range(len(row))] for at, row in enumerate(own)]
    at = max(range(len(named)), key=lambda at: len(agreed.intersection(named[at])), default=0)
    above = HEADS if named and named[at] != standing[at] else 0
    lines = [line for line in standing[max(at - above, 0) : at + 1] if any(line)]
    return Header(dataset, at, named[at] if named else [], lines)


def _merged_down(sheet: CalamineSheet, standing: list[list[str]]) -> list[list[str]]:
    """The first rows with cells that are merged over several of them in each: names that stand alone beside groups of columns."""
    own = [list(row) for row in standing]
    for top, left, bottom in merged_within(sheet, standing):
        for row in own[top + 1 : bottom + 1]:
            row[left] = row[left] or standing[top][left]
    return own


def _heads(sheet: CalamineSheet, standing: list[list[str]]) -> list[list[str]]:
    """The first rows as heads of columns: each text stands also over the empty cells to its right."""
    heads = [list(row) for row in _merged_down(sheet, standing)]
    for row in heads:
        for place in range(1, len(row)):
            row[place] = row[place] or row[place - 1]
    return heads


def _name(own: list[list[str]], heads: list[list[str]], at: int, place: int, agreed: set[str]) -> str:
    """The name of a column in a row: with the heads above it where it was agreed so, its own, or the agreed one that stands above."""
    above = range(at - 1, max(at - 1 - HEADS, -1), -1)
    if not own[at][place]:
        return next((own[row][place] for row in above if own[row][place] in agreed), "")
    name = path = own[at][place]
    for row in above:
        head = heads[row][place]
        if head and head != path:
            path = f"{head}.{path}"
            name = path if path in agreed else name
    return name
