"""Take in: what a department delivered becomes Parquet as it came, or a sentence that says why not.

Here stand the words that all readers of files share; ``reading.land_file`` is the way in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa  # type: ignore[import-untyped]

from contracts.model import Dataset


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
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.what}" + (f"; {self.remedy}." if self.remedy else ".")


@dataclass(frozen=True)
class Fault:
    """A row that cannot be read: ``reason`` is a stable code, a colon and words; ``raw`` the row's text."""

    sheet: str | None
    line: int
    record_key: str | None
    reason: str
    raw: str


@dataclass(frozen=True)
class Piece:
    """Some of a file's rows, in the columns of ``rows_schema``, with the faults found among them."""

    rows: pa.Table
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A file being read: the encoding that it turned out to have, and its rows piece by piece."""

    encoding: str
    pieces: Iterator[Piece]


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
    """A header as it is compared: without byte order mark and white space (hand-made headers are wrapped)."""
    return "".join(header.replace("\ufeff", "").split())


def check_headers(found: list[str], dataset: Dataset, file: str, line: int) -> None:
    """Hold the headers of a table against the contract, in any order.

    Raises BatchRefused when a column is missing, is unknown to the contract or stands there twice.
    """
    agreed = [squeezed(c.header) for c in dataset.columns if c.header != "@sheet"]
    missing = [h for h in agreed if h not in found]
    if len(missing) == len(agreed):
        what = f"here should stand the header ({', '.join(agreed)}), and none of it does"
        remedy = "if it is not another file, a delimiter or a title above the header, ask the department for the agreed columns"
        raise BatchRefused(what, file, line, remedy=remedy)
    if missing:
        raise BatchRefused(
            "columns are missing", file, line, ", ".join(missing), "ask the department for the agreed columns"
        )
    unknown = list(dict.fromkeys(h for h in found if h not in agreed or found.count(h) > 1))
    if unknown:
        raise BatchRefused(
            "columns that the contract does not know, or that stand there twice",
            file,
            line,
            ", ".join(h or "(no name)" for h in unknown),
            "ask the department, or amend the contract",
        )
