"""SQL kept as files: one file a table, read by name and filled in with the names of columns and tables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from string import Template

import duckdb

FOLDER = Path(__file__).parent / "sql"


@lru_cache(maxsize=256)
def _text(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def sql(name: str, **parts: object) -> str:
    """The statement in ``sql/<name>.sql`` with every ``$part`` put in; a part that is missing is a KeyError."""
    return Template(_text(name)).substitute(parts) if parts else _text(name)


def macros(folder: str) -> list[str]:
    """The files of macros in ``sql/<folder>/``, in order of name."""
    return [path.read_text(encoding="utf-8") for path in sorted((FOLDER / folder).glob("*.sql"))]


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The single number that ``query`` answers."""
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
