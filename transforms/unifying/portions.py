"""Persons so many at a time: what is joined or gathered of all of them at once would outgrow the memory allowed in a large county."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from transforms.sql_files import count

PERSONS_AT_ONCE = 1_000_000


def portions(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[range]:
    """Ranges of ``person_no`` that hold all of a table's persons between them; one at least, also of nobody."""
    highest = count(connection, f"SELECT coalesce(max(person_no), 0) FROM {table}")
    for first in range(0, highest + 1, PERSONS_AT_ONCE):
        yield range(first, first + PERSONS_AT_ONCE)
