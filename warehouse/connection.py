"""The only place where a DuckDB connection is opened; memory and threads come from the environment.

``RENKOU_MEMORY`` bounds DuckDB's buffers (default 4GB), ``RENKOU_THREADS`` its threads (default: all cores).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from warehouse.faults import RenkouError
from warehouse.quoting import literal

Configuration = dict[str, str | bool | int | float | list[str]]


def memory_allowed() -> str:
    """What DuckDB's buffers may take, as it writes sizes."""
    return os.environ.get("RENKOU_MEMORY", "4GB")


def threads_allowed() -> str | None:
    """How many threads DuckDB may have; None for all cores."""
    return os.environ.get("RENKOU_THREADS") or None


def _configuration(spill: Path | None) -> Configuration:
    settings: Configuration = {
        "memory_limit": memory_allowed(),
        "preserve_insertion_order": False,
    }
    if threads := threads_allowed():
        settings["threads"] = threads
    if spill is not None:
        settings["temp_directory"] = str(spill)
    return settings


LEAST_PRIVILEGE: Configuration = {"enable_external_access": False, "lock_configuration": True}


@contextmanager
def open_database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A build's own file, read and write; it spills beside itself when the memory bound is reached."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(path), config=_configuration(path.with_suffix(".spill")))
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def open_read_only(path: Path, *, beside_others: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published release and nothing else: nobody is locked out, nothing can be written, no other file can be read.

    ``beside_others``: other files may be read and written too, as an extract needs.
    """
    connection = _opened(path, _configuration(None) | ({} if beside_others else LEAST_PRIVILEGE))
    try:
        yield connection
    finally:
        connection.close()


def _opened(path: Path, configuration: Configuration) -> duckdb.DuckDBPyConnection:
    """The file in an engine of its own: one engine has the same settings for all who open a file by its path in a process.

    Raises RenkouError when the file is there and cannot be read.
    """
    settings = {name: value for name, value in configuration.items() if name not in LEAST_PRIVILEGE}
    connection = duckdb.connect(":memory:", config={"temp_directory": f"{path}.tmp"} | settings)
    try:
        connection.execute(f"ATTACH {literal(path)} AS published (READ_ONLY)")
    except (duckdb.IOException, duckdb.SerializationException) as error:
        connection.close()
        if not path.exists():
            raise
        raise RenkouError(f"{path}: the file is damaged ({type(error).__name__}); see docs/runbooks/release-broken.md") from None
    connection.execute("USE published")
    # Only now: with these the file could not have been opened, and nothing more can be set after the last.
    for name in (name for name in LEAST_PRIVILEGE if name in configuration):
        connection.execute(f"SET {name} = {configuration[name]}")
    return connection


def in_memory(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An engine without a file, for as long as its caller keeps it."""
    return duckdb.connect(":memory:", config=_configuration(spill))


@contextmanager
def scratch(spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine without a file, for turning Parquet into Parquet."""
    connection = in_memory(spill)
    try:
        yield connection
    finally:
        connection.close()


READER: Configuration = {
    "threads": 1,
    "memory_limit": "512MB",
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "lock_configuration": True,
}


def reader(path: Path) -> duckdb.DuckDBPyConnection:
    """A published release for a process that answers many calls by keys: one thread, no other files, settings locked for good."""
    return _opened(path, READER | _planned_plainly())


def traveller(path: Path) -> duckdb.DuckDBPyConnection:
    """A published release for whoever lays an earlier day out of it: all cores and memory that are allowed, no other files."""
    return _opened(path, _configuration(None) | LEAST_PRIVILEGE)


def calculator() -> duckdb.DuckDBPyConnection:
    """An engine without any data, for expressions over values that are handed in; it cannot reach a file either."""
    return duckdb.connect(":memory:", config=READER | _planned_plainly())


@cache
def _planned_plainly() -> Configuration:
    """A look by keys needs nothing of the optimizer but that they reach the index: the rest takes half of the look's time."""
    with duckdb.connect(":memory:") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    return {"disabled_optimizers": ",".join(sorted(names - {"filter_pushdown", "expression_rewriter"}))}
