"""Take in: what a department delivered becomes Parquet as it came, or a sentence that says why not.

Here stand the words that all readers of files share; ``reading.land_file`` is the way in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa  # type: ignore[import-untyped]

from contracts.model import Column, Dataset

AGREED_COLUMNS = "ask the department for the agreed columns"
NAMES_KEPT = 20
# A header may be a row of data after all, or a key somebody's number: so many digits are no name of a column.
TOO_MANY_DIGITS = re.compile(r"\d{6}")


class BatchRefused(Exception):  # noqa: N818 - the word of the field
    """A whole file that cannot be taken; ``str()`` is one sentence for the person at the console.

    It names the file, the line and the columns, never a value out of a row.
    """

    def __init__(
        self, what: str, file: str, line: int | None = None, column: str | None = None, remedy: str = ""
    ) -> None:
        self.what, self.file, self.line, self.column, self.remedy = what, file, line, column, remedy
        super().__init__(what, file, line, column, remedy)

    def __str__(self) -> str:
        place = _place(self.file, self.line)
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.what}" + (f"; {self.remedy}." if self.remedy else ".")


@dataclass(frozen=True)
class Fault:
    """A row that cannot be read: ``reason`` is a stable code, a colon and words; ``raw`` the row's text. Where its key is not certain,
    ``possible_keys`` are those that it may have.
    """

    sheet: str | None
    line: int
    record_key: str | None
    reason: str
    raw: str
    possible_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotRow:
    """A line that is no row of the register, and what it is: ``total``, ``header again``, ``title`` or ``remark``."""

    what: str
    sheet: str | None
    line: int


@dataclass(frozen=True)
class Piece:
    """Some of a file's rows, in the columns of ``rows_schema``, with the faults found among them and the lines that are none."""

    rows: pa.Table
    faults: tuple[Fault, ...] = ()
    not_rows: tuple[NotRow, ...] = ()


@dataclass
class Drift:
    """How the columns of one file differ from those agreed; whole when the last piece of the file is taken.

    ``not_delivered`` are taken columns that some sheet lacks, ``new`` headers that the contract does not know, ``place`` is
    where the first of them was seen.
    """

    not_delivered: set[str] = field(default_factory=set)
    new: dict[str, None] = field(default_factory=dict)
    place: str = ""

    def meet(self, found: list[str], dataset: Dataset, file: str, line: int) -> None:
        """Hold the headers of a table, squeezed, against the contract, in any order.

        Raises BatchRefused when the table cannot be read without a column that is missing, or an agreed one stands there twice.
        """
        agreed = {squeezed(c.header): c for c in dataset.columns if not c.is_sheet_name}
        if twice := [h for h in agreed if found.count(h) > 1]:
            raise BatchRefused("columns stand there twice", file, line, ", ".join(twice), AGREED_COLUMNS)
        missing = [c for h, c in agreed.items() if h not in found]
        if len(missing) == len(agreed):
            what = f"here should stand the header ({', '.join(agreed)}), and none of it does"
            remedy = "if it is not another file, a delimiter or a title above the header, ask the department for the agreed columns"
            raise BatchRefused(what, file, line, remedy=remedy)
        self.lack(missing, dataset, file, line)
        self.bring([h for h in found if h not in agreed], file, line)

    def lack(
        self, missing: list[Column], dataset: Dataset, file: str, line: int | None, what: str = "columns are missing"
    ) -> None:
        """Note agreed columns that are not there. Raises BatchRefused when they are half of all, or one that every row needs."""
        agreed = [c for c in dataset.columns if not c.is_sheet_name]
        if any(is_needed(c, dataset) for c in missing) or len(missing) * 2 >= len(agreed):
            raise BatchRefused(what, file, line, ", ".join(c.header for c in missing), AGREED_COLUMNS)
        if taken := {c.name for c in missing if c.not_taken is None}:
            self.not_delivered |= taken
            self.place = self.place or _place(file, line)

    def bring(self, new: list[str], file: str, line: int | None) -> None:
        """Note headers that the contract does not know."""
        for header in map(_shown, new):
            if header not in self.new and len(self.new) < NAMES_KEPT:
                self.new[header] = None
                self.place = self.place or _place(file, line)


@dataclass(frozen=True)
class Reading:
    """A file being read: the encoding that it turned out to have, its rows piece by piece, and its columns."""

    encoding: str
    pieces: Iterator[Piece]
    drift: Drift


def rows_schema(dataset: Dataset) -> pa.Schema:
    """Columns of a landed file: where a row stood, then every taken column as text."""
    place = [pa.field("sheet", pa.string()), pa.field("line", pa.int32())]
    return pa.schema(place + [pa.field(c.name, pa.string()) for c in dataset.taken])


def rows_table(
    dataset: Dataset, sheet: str | None, lines: pa.Array, columns: dict[str, pa.Array | pa.ChunkedArray]
) -> pa.Table:
    """Rows of one sheet or file; a taken column that ``columns`` lacks is empty."""
    schema = rows_schema(dataset)
    held = {"sheet": pa.repeat(pa.scalar(sheet, pa.string()), len(lines)), "line": lines, **columns}
    nothing = pa.nulls(len(lines), pa.string())
    return pa.table([held.get(name, nothing) for name in schema.names], schema=schema)


def squeezed(header: str) -> str:
    """A header as it is compared: without byte order mark and white space (hand-made headers are wrapped), whatever its width and case."""
    return "".join(unicodedata.normalize("NFKC", header).replace("\ufeff", "").split()).casefold()


def is_needed(column: Column, dataset: Dataset) -> bool:
    """Whether no row can be used without the column: it says which record the row is, that it is withdrawn, or that it is newer."""
    operation = dataset.delivery.operation
    tells_version = {dataset.delivery.updated, operation.column if operation else None}
    return column.key is not None or column.required or column.name in tells_version


def _shown(header: str) -> str:
    if not header:
        return "(no name)"
    return "(a name of many digits)" if TOO_MANY_DIGITS.search(header) else header[:60]


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}, line {line}"
