"""Where a gate asks its questions: an engine with views on what is checked and what was agreed as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from contracts.calendar import is_announced
from contracts.model import Contracts, Dataset
from expectations.rulebook import MEASURES, Asked
from warehouse.clock import today
from warehouse.connection import scratch
from warehouse.quoting import literal, literals


@dataclass(frozen=True)
class BatchFile:
    """One normalised batch: ``paths`` hold its accepted rows, the counts are what taking it in said."""

    dataset: str
    batch_date: date
    paths: tuple[Path, ...]
    rows: int
    accepted: int
    quarantined: int

    @property
    def subject(self) -> str:
        return f"{self.dataset} {self.batch_date:%Y%m%d}"


@contextmanager
def workspace(beside: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine without a file that spills into ``beside`` and leaves nothing there."""
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=beside, prefix=".gate-") as spill, scratch(Path(spill)) as connection:
        yield connection


def attach(connection: duckdb.DuckDBPyConnection, database: Path, name: str) -> set[str]:
    """Attach a warehouse read-only, so that no reader is locked out. Returns the names of its tables."""
    connection.execute(f"attach {literal(database)} as {name} (read_only)")
    found = connection.execute(
        "select table_name from information_schema.tables where table_catalog = ? and table_schema = 'main'",
        [name],
    )
    return {table for (table,) in found.fetchall()}


def columns_of_table(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """The names of a table's columns."""
    return {row[0] for row in connection.execute(f"describe {table}").fetchall()}


def view_tables(connection: duckdb.DuckDBPyConnection, database: Path) -> set[str]:
    """Attach a build and name each of its tables as the build does."""
    tables = attach(connection, database, "build")
    for table in tables:
        connection.execute(f'create view "{table}" as from build.main."{table}"')
    return tables


def view_batch(connection: duckdb.DuckDBPyConnection, name: str, batch: BatchFile, dataset: Dataset) -> str:
    """A view on the accepted rows of a batch; without any row it still has the columns agreed."""
    if batch.paths:
        rows = f"from read_parquet({_listed(batch.paths)}, union_by_name = true)"
        there = columns_of_table(connection, f"({rows})")
        added = {"batch_date": f"date '{batch.batch_date}'", "updated_at": "null::timestamp"}
        more = "".join(f", {value} as {column}" for column, value in added.items() if column not in there)
        connection.execute(f'create view "{name}" as select *{more} {rows}')
    else:
        connection.execute(f'create view "{name}" as select {_empty_columns(dataset)} where false')
    return name


def view_together(connection: duckdb.DuckDBPyConnection, name: str, views: Sequence[str]) -> str:
    """One view on the rows of several."""
    rows = " union all by name ".join(f'from "{view}"' for view in views)
    connection.execute(f'create view "{name}" as {rows}')
    return name


def _empty_columns(dataset: Dataset) -> str:
    lists = [column.name for column in dataset.taken if column.normaliser == "set"]
    single = [column.name for column in dataset.taken if column.normaliser != "set"]
    texts = ["record_key", "operation", *single, *(f"{column.name}__missing" for column in dataset.taken)]
    columns = [*(f'null::varchar as "{c}"' for c in texts), *(f'null::varchar[] as "{c}"' for c in lists)]
    more = ["null::date as batch_date", "null::timestamp as updated_at", "null::bigint as line"]
    return ", ".join([*columns, *more])


def view_accepted(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[BatchFile], contracts: Contracts
) -> set[str]:
    """The keys of all accepted rows as ``accepted``, where the caller has given the batches."""
    parts = [
        _accepted_keys(connection, f"accepted_{number}", batch, contracts.dataset(batch.dataset))
        for number, batch in enumerate(batches)
    ]
    if not parts:
        return set()
    connection.execute("create view accepted as " + " union all ".join(parts))
    return {"accepted"}


def _accepted_keys(
    connection: duckdb.DuckDBPyConnection, name: str, batch: BatchFile, dataset: Dataset
) -> str:
    view = view_batch(connection, name, batch, dataset)
    return (
        f"select '{dataset.department}' as department, '{dataset.name}' as dataset, "
        f"'{dataset.delivery.mode}' as mode, record_key, operation, batch_date, updated_at, line from {view}"
    )


def agree(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> set[str]:
    """What the contracts say of datasets, and which of them may speak for which datum, as tables."""
    connection.execute("create table agreed_dataset (department varchar, dataset varchar, mode varchar)")
    connection.execute(
        "create table agreed_source (datum varchar, department varchar, dataset varchar, standing varchar)"
    )
    for dataset in contracts.datasets:
        row = [dataset.department, dataset.name, dataset.delivery.mode]
        connection.execute("insert into agreed_dataset values (?, ?, ?)", row)
    for datum in contracts.catalogue.data:
        for source in datum.sources:
            standings = ["owner" if source == datum.owner else "fallback"]
            standings += ["owner"] if datum.phase and source == datum.phase.owner else []
            for standing in standings:
                connection.execute(
                    "insert into agreed_source values (?, ?, ?, ?)", [datum.name, *source.split("/", 1), standing]
                )
    return {"agreed_dataset", "agreed_source"}


def agree_years(connection: duckdb.DuckDBPyConnection, contracts: Contracts, tables: set[str]) -> set[str]:
    """The years in which a term ends whose working days are announced, as a table, where there are terms."""
    if "discrepancy" not in tables:
        return set()
    connection.execute("create table announced_year (year integer)")
    for (year,) in connection.execute("select distinct year(due_on) from discrepancy where due_on is not null").fetchall():
        if is_announced(year, contracts.calendar):
            connection.execute("insert into announced_year values (?)", [year])
    return {"announced_year"}


def count_origins(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> set[str]:
    """``person_datum`` is long and unfolded anew for each reader, so it is counted once as ``origin``, where there is one.

    ``fingerprint`` is the sum of the hashes of the persons' ids.
    """
    if "person_datum" not in tables:
        return set()
    connection.execute(
        "create table origin as select datum, department, dataset, standing, count(*) as persons,"
        " sum(hash(person_id)::hugeint) as fingerprint from person_datum group by all"
    )
    return {"origin"}


def newest_day(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> date:
    """The day that a build speaks of: its newest batch or release, whichever is later."""
    asked = {"batch": "batch_date", "release": "as_of"}
    days = [
        connection.execute(f'select max("{column}")::date from "{table}"').fetchall()[0][0]
        for table, column in asked.items()
        if table in tables
    ]
    return max((day for day in days if day is not None), default=today())


def share_of_new_datasets(connection: duckdb.DuckDBPyConnection) -> float:
    """The share of the source records whose dataset the release before had no record of."""
    found = connection.execute(
        "with known as (select distinct department, dataset, true as is_known from previous.person_record) "
        "select count(*) filter (is_known is null) / greatest(count(*), 1) "
        "from person_record left join known using (department, dataset)"
    ).fetchone()
    return found[0] if found else 0.0


def gather_measures(connection: duckdb.DuckDBPyConnection, asked: Sequence[Asked]) -> None:
    """One row, a column a measure. One that cannot be taken has no column, so its check is not evaluated."""
    wanted = {a.arguments["column"]: a.measure for a in asked if a.measure is not None}
    values = {name: _measured(connection, sql) for name, sql in wanted.items()}
    columns = [f'{value!r}::double as "{name}"' for name, value in values.items() if value is not None]
    connection.execute(f'create table "{MEASURES}" as select {", ".join(["1 as one_row", *columns])}')


def _measured(connection: duckdb.DuckDBPyConnection, sql: str) -> float | None:
    try:
        found = connection.execute(sql).fetchone()
    except duckdb.Error:
        return None
    value = None if found is None or found[0] is None else float(found[0])
    return value if value is not None and math.isfinite(value) else None


def _listed(paths: Sequence[Path]) -> str:
    return f"[{literals(paths)}]"
