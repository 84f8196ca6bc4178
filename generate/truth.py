"""The truth tables: who stands behind every row, what was planted, what is not true."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from generate.table import NOBODY, TEST, Note, Table
from generate.text import Ints, Mask, Text, same

TEXT, LONG, INT = pa.string(), pa.int64(), pa.int32()
LINK = pa.schema(
    {
        "department": TEXT,
        "dataset": TEXT,
        "batch_date": TEXT,
        "file": TEXT,
        "sheet": TEXT,
        "line": INT,
        "record_key": TEXT,
        "op": TEXT,
        "role": TEXT,
        "true_id": LONG,
        "expected": TEXT,
    }
)
PLANTED = pa.schema(
    {
        "kind": TEXT,
        "department": TEXT,
        "dataset": TEXT,
        "record_key": TEXT,
        "role": TEXT,
        "true_ids": pa.list_(LONG),
        "expected": TEXT,
        "detail": TEXT,
        "batch_date": TEXT,
        "file": TEXT,
        "line": INT,
    }
)
REPORTED = pa.schema(
    {
        "department": TEXT,
        "dataset": TEXT,
        "record_key": TEXT,
        "role": TEXT,
        "true_id": LONG,
        "datum": TEXT,
        "reported": TEXT,
        "true": TEXT,
    }
)


class Truth:
    """Writes the truth tables row group by row group."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.counts = {"link": 0, "planted": 0, "reported_error": 0}
        self._writers = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
            for name, schema in (("link", LINK), ("planted", PLANTED), ("reported_error", REPORTED))
        }

    def __enter__(self) -> Truth:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def _write(self, name: str, columns: dict[str, object]) -> None:
        table = pa.table(columns)
        self.counts[name] += table.num_rows
        if table.num_rows:
            self._writers[name].write_table(table.cast(self._writers[name].schema))

    def links(self, table: Table, batch: str, file: str | Text, lines: Ints, quarantined: Mask) -> None:
        """One entry for each role in each row."""
        refused = quarantined | table.quarantined
        for role in table.roles:
            rows = np.flatnonzero(role.person != NOBODY)
            count = len(rows)
            nobody = role.person[rows] == TEST
            self._write(
                "link",
                {
                    "department": _constant(table.department, count),
                    "dataset": _constant(table.dataset, count),
                    "batch_date": _constant(batch, count),
                    "file": _constant(file, count) if isinstance(file, str) else pa.array(file[rows], TEXT),
                    "sheet": _constant("", count)
                    if table.sheet is None
                    else pa.array(table.sheet[rows], TEXT),
                    "line": pa.array(lines[rows], INT),
                    "record_key": pa.array(table.key[rows], TEXT),
                    "op": _constant("", count) if table.op is None else pa.array(table.op[rows], TEXT),
                    "role": _constant(role.name, count),
                    "true_id": pa.array(role.person[rows] + 1, LONG, mask=nobody),
                    "expected": pc.if_else(pa.array(refused[rows]), "quarantined", "accepted"),
                },
            )

    def planted(self, table: Table, notes: list[Note], batch: str, file: str | Text, lines: Ints) -> None:
        """What was planted in the rows of one batch."""
        for note in notes:
            rows, count = note.rows, len(note.rows)
            self._write(
                "planted",
                {
                    "kind": _constant(note.kind, count),
                    "department": _constant(table.department, count),
                    "dataset": _constant(table.dataset, count),
                    "record_key": pa.array(table.key[rows], TEXT),
                    "role": _constant(note.role, count),
                    "true_ids": _lists(_persons(table, note)),
                    "expected": pa.array(note.expected, TEXT),
                    "detail": pa.array(note.detail, TEXT),
                    "batch_date": _constant(batch, count),
                    "file": _constant(file, count) if isinstance(file, str) else pa.array(file[rows], TEXT),
                    "line": pa.array(lines[rows], INT),
                },
            )

    def planted_apart(
        self,
        kind: str,
        persons: list[list[int]],
        expected: str,
        detail: Text | None = None,
        where: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        """What was planted in no row: persons to keep apart, events that nobody delivered."""
        count = len(persons)
        empty = pa.nulls(count, TEXT)
        self._write(
            "planted",
            {
                "kind": _constant(kind, count),
                "department": _constant(where[0], count),
                "dataset": _constant(where[1], count),
                "record_key": _constant("", count),
                "role": _constant("", count),
                "true_ids": pa.array([[person + 1 for person in group] for group in persons], pa.list_(LONG)),
                "expected": _constant(expected, count),
                "detail": pa.array(same("", count) if detail is None else detail, TEXT),
                "batch_date": _constant(where[2], count),
                "file": empty,
                "line": pa.nulls(count, INT),
            },
        )

    def errors(self, table: Table, rows: Ints | None = None) -> None:
        """The values in the rows that are not true."""
        for role in table.roles:
            for told in role.told.values():
                wrong = (told.meant != told.true) & (told.meant != "") & (role.person >= 0)
                here = np.flatnonzero(wrong) if rows is None else rows[wrong[rows]]
                count = len(here)
                self._write(
                    "reported_error",
                    {
                        "department": _constant(table.department, count),
                        "dataset": _constant(table.dataset, count),
                        "record_key": pa.array(table.key[here], TEXT),
                        "role": _constant(role.name, count),
                        "true_id": pa.array(role.person[here] + 1, LONG),
                        "datum": _constant(told.datum, count),
                        "reported": pa.array(told.meant[here], TEXT),
                        "true": pa.array(told.shown[here], TEXT),
                    },
                )


def _constant(value: str, length: int) -> object:
    return pa.repeat(pa.scalar(value, TEXT), length)


def _persons(table: Table, note: Note) -> list[Ints]:
    """The persons of each of the note's rows: one array a place in the list, NOBODY where there is none."""
    roles = table.roles if note.role == "" else [table.role(note.role)]
    if note.role == "" and table.dataset == "assistance":
        roles = [table.role("member")]
    persons = [role.person[note.rows] for role in roles]
    return persons if note.others is None else [*persons, note.others]


def _lists(persons: list[Ints]) -> object:
    grid = np.column_stack(persons)
    lists = [[person + 1 for person in row if person >= 0] for row in grid.tolist()]
    return pa.array(lists, pa.list_(LONG))
