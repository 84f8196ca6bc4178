"""What is different from the release delivered before: a row a person, op I new, U changed, D no longer."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
ENCRYPTED = b"PARE"  # the end of a Parquet file of which the footer too is sealed


@dataclass(frozen=True)
class Earlier:
    """A delivery that stands: its release, its data files, the columns that it has with their types."""

    release_id: str
    files: tuple[Path, ...]
    columns: Mapping[str, str]
    is_encrypted: bool


def earlier_delivery(folder: Path, key: bytes | None = None) -> Earlier | None:
    """The delivery in ``folder``; None when it is gone, not whole, or sealed and ``key`` is none: nothing can be compared with it."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    told = json.loads(manifest.read_text(encoding="utf-8"))
    files = tuple(folder / file["path"] for file in told["files"])
    if not all(file.exists() for file in files):
        return None
    is_encrypted = bool(files) and _end(files[0]) == ENCRYPTED
    if is_encrypted and key is None:
        return None
    return Earlier(told["release"], files, {column["name"]: column["type"] for column in told["schema"]}, is_encrypted)


def _end(file: Path) -> bytes:
    with file.open("rb") as opened:
        opened.seek(-len(ENCRYPTED), 2)
        return opened.read()


def compare(connection: duckdb.DuckDBPyConnection, earlier: Earlier, key: bytes | None = None) -> None:
    """Make the temporary table ``changes`` of ``delivered`` against an earlier delivery.

    A row withdrawn (D) bears its person_id and nothing else: the receiver has the rest, and is to delete it.
    """
    if earlier.is_encrypted and key is not None:
        connection.register("earlier_rows", _opened(earlier, key))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE before AS {_before(connection, earlier)}")
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


def columns(connection: duckdb.DuckDBPyConnection, earlier: Earlier) -> dict[str, list[str]]:
    """Which columns are not those of the earlier delivery: a reader's table of before cannot hold what is told now, or holds too much."""
    now = {name: kind for name, kind, *_ in connection.execute("DESCRIBE delivered").fetchall()}
    return {
        "new": [name for name in now if name not in earlier.columns],
        "gone": [name for name in earlier.columns if name not in now],
        "of_another_type": [name for name, kind in now.items() if earlier.columns.get(name, kind) != kind],
    }


def _before(connection: duckdb.DuckDBPyConnection, earlier: Earlier) -> str:
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
    if earlier.is_encrypted:
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
