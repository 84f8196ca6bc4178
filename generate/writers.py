"""Writing tables as the files that departments deliver, with their control files."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from generate.damage import BAD_BYTE, Damage, damage_csv, damage_json
from generate.table import Table
from generate.text import Ints, Text, join

CHUNK = 100_000


@dataclass(frozen=True)
class CsvForm:
    """A CSV file: its columns, encoding, line ends, and the column that damage hits."""

    columns: tuple[str, ...]
    encoding: str
    newline: str
    marked: str
    compressed: bool = False

    @property
    def first_line(self) -> int:
        """The line of the first row."""
        return 2

    def header(self) -> str:
        """The header line."""
        return ",".join(self.columns) + self.newline

    def lines(self, table: Table, start: int, stop: int) -> Text:
        """The rows as lines, without line ends."""
        return join(*(quoted(table.columns[name][start:stop]) for name in self.columns), between=",")

    def damaged(self, lines: Text, kind: str, table: Table, rows: Ints) -> list[str]:
        """The lines damaged in the way of the kind."""
        return damage_csv(lines, kind, table.columns[self.marked][rows])


@dataclass(frozen=True)
class JsonForm:
    """A JSON lines file: pieces of text and names of columns (in braces) in turn."""

    pieces: tuple[str, ...]
    encoding: str = "utf-8"
    newline: str = "\n"
    compressed: bool = False

    @property
    def first_line(self) -> int:
        """The line of the first row."""
        return 1

    def header(self) -> str:
        """No header."""
        return ""

    def lines(self, table: Table, start: int, stop: int) -> Text:
        """The rows as lines, without line ends."""
        return join(
            *(table.columns[piece[1:-1]][start:stop] if piece[:1] == "<" else piece for piece in self.pieces)
        )

    def damaged(self, lines: Text, kind: str, table: Table, rows: Ints) -> list[str]:
        """The lines damaged in the way of the kind."""
        del table, rows
        return damage_json(lines, kind)


def quoted(column: Text) -> Text:
    """The column with quotes where CSV needs them."""
    odd = pc.match_substring_regex(pa.array(column, pa.string()), '[,"\r\n]').to_numpy(zero_copy_only=False)
    if not odd.any():
        return column
    safe = column.copy()
    safe[odd] = ['"' + value.replace('"', '""') + '"' for value in column[odd].tolist()]
    return safe


def json_text(column: Text, nullable: bool = False) -> Text:
    """The column as JSON strings, empty ones as null where they may be."""
    odd = pc.match_substring_regex(pa.array(column, pa.string()), r'["\\\x00-\x1f]').to_numpy(
        zero_copy_only=False
    )
    written = join('"', column, '"')
    written[odd] = [json.dumps(value, ensure_ascii=False) for value in column[odd].tolist()]
    if nullable:
        written[column == ""] = "null"
    return written


class _Digest(io.RawIOBase):
    """A file that also counts its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self.file = file
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Write and count."""
        self.sha256.update(data)
        return self.file.write(data)


@contextlib.contextmanager
def _opened(path: Path, compressed: bool) -> Iterator[tuple[IO[bytes], _Digest]]:
    with path.open("wb") as file:
        digest = _Digest(file)
        plain = cast(IO[bytes], digest)
        if compressed:
            # no name and no time in the gzip header: the same rows give the same bytes
            with gzip.GzipFile("", "wb", 6, plain, mtime=0) as packed:
                yield cast(IO[bytes], packed), digest
        else:
            yield plain, digest


def write_lines(
    path: Path, table: Table, form: CsvForm | JsonForm, damage: Damage, extract_date: str
) -> None:
    """Write the table and its control file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _opened(path, form.compressed) as (sink, digest):
        header = form.header().encode(form.encoding)
        sink.write(header)
        encoding = form.encoding.removesuffix("-sig")
        for start in range(0, len(table), CHUNK):
            stop = min(start + CHUNK, len(table))
            lines = _with_damage(table, form, damage, start, stop)
            text = form.newline.join(lines) + form.newline
            sink.write(text.encode(encoding).replace(BAD_BYTE.encode(), b"\xff"))
    write_control(path, len(table), digest.sha256.hexdigest(), extract_date)


def _with_damage(table: Table, form: CsvForm | JsonForm, damage: Damage, start: int, stop: int) -> list[str]:
    lines = form.lines(table, start, stop)
    for kind, rows in damage.rows.items():
        here = rows[(rows >= start) & (rows < stop)]
        if kind == "row_empty":
            lines[here - start] = [form.newline + line for line in lines[here - start].tolist()]
        else:
            lines[here - start] = form.damaged(lines[here - start], kind, table, here)
    return list(lines.tolist())


def write_control(path: Path, rows: int, sha256: str, extract_date: str) -> None:
    """Write the control file beside a data file; the date is yyyymmdd."""
    date = f"{extract_date[:4]}-{extract_date[4:6]}-{extract_date[6:]}"
    entry = {"file": path.name, "rows": rows, "sha256": sha256, "extract_date": date}
    path.with_name(path.name + ".ctl").write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
