"""What is different from the release delivered before: a row a person, op I new, U changed, D no longer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow.parquet.encryption import create_decryption_properties  # type: ignore[import-untyped]

from warehouse.parquet import KEY
from warehouse.quoting import identifier, literals

MANIFEST = "manifest.json"
OPERATIONS = ("I", "U", "D")
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Earlier:
    """A delivery that stands: its release, its data files, the columns that it has."""

    release_id: str
    files: tuple[Path, ...]
    columns: frozenset[str]


def earlier_delivery(folder: Path) -> Earlier | None:
    """The delivery in ``folder``; None when it is gone or not whole, then nothing can be compared with it."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    told = json.loads(manifest.read_text(encoding="utf-8"))
    files = tuple(folder / file["path"] for file in told["files"])
    if not all(file.exists() for file in files):
        return None
    return Earlier(told["release"], files, frozenset(column["name"] for column in told["schema"]))


def compare(connection: duckdb.DuckDBPyConnection, earlier: Earlier, key: bytes | None = None) -> None:
    """Make the temporary table ``changes`` of ``delivered`` against an earlier delivery.

    A row withdrawn (D) bears its person_id and nothing else: the receiver has the rest, and is to delete it.
    """
    if key is not None and earlier.files:
        connection.register("earlier_rows", _opened(earlier, key))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE before AS {_before(connection, earlier, key is not None)}")
    names = [row[0] for row in connection.execute("DESCRIBE before").fetchall()]
    columns = ", ".join(f"now.{identifier(name)}" for name in names if name != KEY)
    differs = " OR ".join(f"now.{identifier(name)} IS DISTINCT FROM before.{identifier(name)}" for name in names)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE changes AS "
        f"SELECT CASE WHEN before.{KEY} IS NULL THEN 'I' WHEN now.{KEY} IS NULL THEN 'D' ELSE 'U' END AS op, "
        f"coalesce(now.{KEY}, before.{KEY}) AS {KEY}, {columns} "
        f"FROM delivered AS now FULL JOIN before ON now.{KEY} = before.{KEY} WHERE {differs}"
    )


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of ``changes`` by op."""
    found = dict(connection.execute("SELECT op, count(*) FROM changes GROUP BY op").fetchall())
    return {op: int(found.get(op, 0)) for op in OPERATIONS}


def _before(connection: duckdb.DuckDBPyConnection, earlier: Earlier, is_opened: bool) -> str:
    """The earlier delivery in today's columns: one it did not have yet is empty, and so is what today's type cannot hold."""
    kinds = connection.execute("DESCRIBE delivered").fetchall()
    selected = ", ".join(
        f"TRY_CAST({identifier(name)} AS {kind}) AS {identifier(name)}"
        if name in earlier.columns
        else f"CAST(NULL AS {kind}) AS {identifier(name)}"
        for name, kind, *_ in kinds
    )
    if not earlier.files:
        return "SELECT * FROM delivered LIMIT 0"
    if is_opened:
        return f"SELECT {selected} FROM earlier_rows"
    return (
        f"SELECT {selected} FROM read_parquet([{literals(earlier.files)}], union_by_name = true, hive_partitioning = true, "
        "hive_types_autocast = false)"
    )


def _opened(earlier: Earlier, key: bytes) -> pa.Table:
    """The rows of encrypted files, each with the columns that its folders' names hold."""
    return pa.concat_tables(
        (_with_places(file, key) for file in earlier.files), promote_options="permissive"
    )


def _with_places(file: Path, key: bytes) -> pa.Table:
    opened = pq.ParquetFile(file, decryption_properties=create_decryption_properties(footer_key=key))
    rows = opened.read().replace_schema_metadata(None)
    for name, value in (part.split("=", 1) for part in file.parts if "=" in part):
        text = None if value == HIVE_NULL else unquote(value)
        rows = rows.append_column(name, pa.array([text] * rows.num_rows, pa.string()))
    return rows
