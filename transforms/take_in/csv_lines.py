"""The lines of delimited text in the light of their table: which of them Arrow reads right, and where a row of several lines ends."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from contracts.model import Dataset, FileLayout
from transforms.take_in import is_needed, squeezed
from transforms.take_in.encoding import Block
from transforms.take_in.not_rows import is_remark, is_total

# Physical lines that one row may span (line feeds in a quoted address); past that its quote was never closed.
LONGEST_ROW = 50
BEYOND = -1

# Bytes of a line that Arrow may see; its own blocks are four times as long.
LONGEST_LINE = 1 << 20

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
    def last_needed(self) -> int | None:
        """The place of the last column that no row can be used without, where there is one."""
        needed = [squeezed(c.header) for c in self.dataset.columns if is_needed(c, self.dataset)]
        return max((self.places[header] for header in needed if header in self.places), default=None)

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
        if not self.table.layout.delimiter.isascii():  # Arrow takes no other
            return np.zeros(block.count, np.bool_)
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


def unended(text: str) -> str:
    """A row's text without its line end."""
    return text.removesuffix("\n").removesuffix("\r")
