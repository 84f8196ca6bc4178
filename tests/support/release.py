"""What a release holds, in numbers that do not depend on the order of rows, nor on when it was built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import open_read_only

TABLES = (
    "person",
    "person_record",
    "person_datum",
    "person_change",
    "person_history",
    "number_borne",
    "discrepancy",
    "work_order",
    "work_order_item",
    "work_order_step",
    "work_order_answer",
    "life_status",
    "quarantine",
    "relation",
    "event",
    "event_log",
    "quality",
    "batch",
    "release",
)
TIMES = frozenset({"built_at", "taken_in_at"})


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The release itself, by its own name: within a process DuckDB shares databases by their path."""
    with open_read_only(database.resolve()) as connection:
        yield connection


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with opened(database) as connection:
        return connection.execute(query).fetchall()


def contents(database: Path, leave_out: frozenset[str] = TIMES) -> dict[str, tuple[int, int | None]]:
    """Each table of the release with its number of rows and the sum of their hashes."""
    with opened(database) as connection:
        return {table: _content(connection, table, leave_out) for table in TABLES}


def _content(
    connection: duckdb.DuckDBPyConnection, table: str, leave_out: frozenset[str]
) -> tuple[int, int | None]:
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    columns = ", ".join(f'"{name}"' for name, *_ in sorted(described) if name not in leave_out)
    found = connection.execute(
        f"SELECT count(*), sum(hash(row({columns}))::HUGEINT) FROM {table}"
    ).fetchone()
    assert found is not None
    return found


def differing(one: Path, other: Path, leave_out: frozenset[str] = TIMES) -> dict[str, dict[str, list[str]]]:
    """For each table that is not the same in both releases, the columns whose values differ as a bag.

    An empty list of columns says that the same values stand in other rows.
    """
    here, there = contents(one, leave_out), contents(other, leave_out)
    return {
        table: {"columns": _columns_that_differ(one, other, table, leave_out)}
        for table in TABLES
        if here[table] != there[table]
    }


def _columns_that_differ(one: Path, other: Path, table: str, leave_out: frozenset[str]) -> list[str]:
    names = sorted(name for name, *_ in rows(one, f"DESCRIBE {table}") if name not in leave_out)
    sums = ", ".join(f'sum(hash("{name}")::HUGEINT)' for name in names)
    query = f"SELECT {sums} FROM {table}"
    (here,), (there,) = rows(one, query), rows(other, query)
    return [name for name, a, b in zip(names, here, there, strict=True) if a != b]


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder with its size and the moment it was last written; locks are left out."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() and path.name != ".lock"
    }
