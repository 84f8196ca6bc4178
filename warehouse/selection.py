"""What a subscriber is to receive of a release, as its contract says: columns, rows, and the folder of each row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from contracts.model import Subscription
from warehouse.faults import RenkouError
from warehouse.lookup import release_of
from warehouse.masks import FUNCTION, add_pseudonyms
from warehouse.parquet import KEY
from warehouse.quoting import identifier, literal


@dataclass(frozen=True)
class Partition:
    """A level of folders: its name and the SQL that says a row's place; a plain column is its own."""

    name: str
    expression: str


def partitions_of(subscription: Subscription) -> tuple[Partition, ...]:
    """``partition_by`` names columns, or folders with an expression: ``county = left(region, 6)``."""
    pairs = (re.fullmatch(r"\s*(\w+)\s*(?:=(.*))?", text, re.DOTALL) for text in subscription.partition_by)
    return tuple(Partition(m[1], (m[2] or identifier(m[1])).strip()) for m in pairs if m)


def try_selection(connection: duckdb.DuckDBPyConnection, subscription: Subscription) -> None:
    """Select for a subscriber from a release of nobody. Raises RenkouError for SQL of its contract that cannot be run."""
    if subscription.pseudonyms:
        add_pseudonyms(connection, bytes(32))
    select(connection, subscription)
    _check_types(connection, subscription)


def select(connection: duckdb.DuckDBPyConnection, subscription: Subscription) -> int:
    """Make the temporary view ``delivered``: the subscriber's columns and rows of ``person``, and each row's folder.

    Answers how many rows are withheld, because too few persons have in common what they tell. Raises RenkouError for a
    contract that asks what the release does not have.
    """
    _check_columns(connection, subscription)
    columns = ", ".join(f"{_masked(name, text, subscription)} AS {identifier(name)}" for name, text in subscription.reads)
    folders = "".join(f", CAST(({p.expression}) AS VARCHAR) AS {identifier(p.name)}" for p in folders_apart(subscription))
    selected = f"SELECT {columns}{folders} FROM person {_wanted(subscription)}"
    try:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW selected AS {selected}")
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        first = str(error).splitlines()[0]
        raise RenkouError(f"{subscription.source}: where, transformLogic or partitionBy: {first}") from None
    told = _lists_as_text(connection) if subscription.encrypted else "selected.*"
    withheld, left = _withheld(connection, subscription)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW delivered AS SELECT {told} FROM {left}")
    return withheld


def _lists_as_text(connection: duckdb.DuckDBPyConnection) -> str:
    """What is told of ``selected``. DuckDB reads no nested column of an encrypted file: there a list is JSON."""
    kinds = connection.execute("DESCRIBE selected").fetchall()
    lists = [f"to_json({identifier(name)})::VARCHAR AS {identifier(name)}" for name, kind, *_ in kinds if kind.endswith("[]")]
    return f"selected.* REPLACE ({', '.join(lists)})" if lists else "selected.*"


def _masked(name: str, text: str, subscription: Subscription) -> str:
    return f"{FUNCTION}({text})" if name in subscription.pseudonyms else f"({text})"


def _wanted(subscription: Subscription) -> str:
    """Which persons: those of the regions for whom ``where`` holds."""
    tests = [f"({subscription.where})"] if subscription.where else []
    if subscription.regions:
        region = identifier(subscription.regions.datum)
        begins = " OR ".join(f"starts_with({region}, {literal(code)})" for code in subscription.regions.codes)
        tests.append(f"({begins})")
    return f"WHERE {' AND '.join(tests)}" if tests else ""


def _withheld(connection: duckdb.DuckDBPyConnection, subscription: Subscription) -> tuple[int, str]:
    """How many rows of ``selected`` are in cells that are too small, and SQL of those that are left, by the same name."""
    cells = subscription.small_cells
    if cells is None:
        return 0, "selected"
    connection.execute("CREATE OR REPLACE TEMP TABLE counted AS FROM selected")  # all are read once more than elsewhere
    columns = [identifier(name) for name in cells.columns]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE small_cell AS SELECT {', '.join(columns)}, count(*) AS \"rows of the cell\""
        f" FROM counted GROUP BY ALL HAVING count(*) < {cells.minimum}"
    )
    rows = connection.execute('SELECT coalesce(sum("rows of the cell"), 0) FROM small_cell').fetchall()[0][0]
    same = " AND ".join(f"selected.{column} IS NOT DISTINCT FROM small_cell.{column}" for column in columns)
    return int(rows), f"counted AS selected ANTI JOIN small_cell ON {same}"


def _check_columns(connection: duckdb.DuckDBPyConnection, subscription: Subscription) -> None:
    held = {row[0] for row in connection.execute("DESCRIBE person").fetchall()}
    plain = (name for name in subscription.columns if name not in subscription.expressions)
    lacking = [name for name in plain if name not in held]
    if lacking:
        raise RenkouError(
            f"{subscription.source}: schema.properties: {', '.join(lacking)} not in release "
            f"{release_of(connection).release_id}; name data of the catalogue, or build a release with them"
        )
    if KEY not in subscription.columns:
        raise RenkouError(
            f"{subscription.source}: schema.properties: {KEY} is needed, changes are told by it"
        )


# What a column of an ODCS type may be in the engine.
TYPES = {
    "string": r"VARCHAR",
    "date": r"DATE",
    "timestamp": r"TIMESTAMP.*",
    "integer": r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)",
    "number": r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT)",
    "boolean": r"BOOLEAN",
    "array": r".*\[\]",
}


def _check_types(connection: duckdb.DuckDBPyConnection, subscription: Subscription) -> None:
    """Raises RenkouError for a column that is not of the type that the contract promises, and a ``where`` that is no condition."""
    for name, kind, *_ in connection.execute("DESCRIBE selected").fetchall():
        promised = subscription.types.get(name)
        if promised in TYPES and not re.fullmatch(TYPES[promised], kind):
            raise RenkouError(f"{subscription.source}: schema.properties.{name}: logicalType says {promised}, and it is {kind}")
    if subscription.where:
        ((_, kind, *_),) = connection.execute(f"DESCRIBE SELECT ({subscription.where}) FROM person").fetchall()
        if kind != "BOOLEAN":
            raise RenkouError(f"{subscription.source}: customProperties.where: answers {kind}, not whether a person is delivered")


def folders_apart(subscription: Subscription) -> Iterator[Partition]:
    """The folders of an extract that are no column of it."""
    return (p for p in partitions_of(subscription) if p.name not in subscription.columns)
