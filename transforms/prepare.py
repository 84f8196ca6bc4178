"""Open the build of a day: every record in its newest version, from the batches that were accepted up to that day.

Table ``record_<department>__<dataset>``: one row per record key ever delivered, in the newest version. ``is_current`` is
false for a record that its register no longer holds (absent from the newest full batch, or withdrawn by a delta).
Table ``stated_number``: one row per number of a record and one that its register stated to have been before it.
Table ``number_before``: one row per earlier version of a record of whose number a spreadsheet has left a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from contracts.model import Column, Contracts, Dataset, Supply
from transforms.normalising.columns import NOT_DELIVERED, NOTED, TOLD
from transforms.orders import read_answers
from transforms.sql_files import count, sql
from transforms.take_in.deliveries import FILES_A_BATCH
from transforms.take_in.ledger import BatchReport, FileReport
from transforms.unifying.said import when_holds
from warehouse.quoting import literal

NumberedBatch = tuple[int, BatchReport]

# Rows of one file are numbered below this, so that a number tells the file, and with it the batch, and no two rows share one.
ROWS_A_FILE = 1_000_000_000

EMPTY_TYPES = {
    "birth_date": "DATE",
    "event_date": "DATE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "amount": "DECIMAL(14, 2)",
    "amount_in_ten_thousands": "DECIMAL(14, 2)",
    "amount_in_fen": "DECIMAL(14, 2)",
    "number": "BIGINT",
    "set": "VARCHAR[]",
}


def prepare_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, batches: list[BatchReport], day: date) -> None:
    """Fill the build's ``batch``, ``quarantine``, ``record_*``, ``stated_number`` and ``number_before`` from the batches up to ``day``."""
    until = [b for b in batches if b.batch_date <= day]
    accepted = [b for b in until if b.status == "accepted"]
    _batch_table(connection, until)
    _quarantine_table(connection, accepted)
    read_answers(connection, contracts, accepted)
    connection.execute("CREATE OR REPLACE TABLE stated_number (number VARCHAR, former_number VARCHAR)")
    of_another_width = {name for (name,) in connection.execute("SELECT DISTINCT department || '/' || dataset FROM possible_key").fetchall()}
    connection.execute(
        "CREATE OR REPLACE TABLE number_before (department VARCHAR, dataset VARCHAR, role VARCHAR, record_key VARCHAR, place BIGINT,"
        " number VARCHAR, name VARCHAR, birth_date DATE)"
    )
    for dataset in contracts.datasets:
        numbered = [(number, b) for number, b in enumerate(accepted, start=1) if b.dataset_id == dataset.id]
        for statement in _record_statements(dataset, numbered):
            connection.execute(statement)
        for statement in _stated_numbers(dataset, numbered):
            connection.execute(statement)
        if dataset.id in of_another_width:
            parts = {"department": literal(dataset.department), "dataset": literal(dataset.name), "table": dataset.table}
            connection.execute(sql("prepare/key_told_by_record", **parts))
        _numbers_before(connection, dataset, numbered)


def _batch_table(connection: duckdb.DuckDBPyConnection, batches: list[BatchReport]) -> None:
    """Batches that were not loaded count no rows; their status and reason say why."""
    connection.execute(
        "CREATE OR REPLACE TABLE batch (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sha256 VARCHAR,"
        " rows BIGINT, accepted BIGINT, quarantined BIGINT, status VARCHAR, taken_in_at TIMESTAMPTZ, reason VARCHAR, notes VARCHAR)"
    )
    rows = [_batch_row(batch, file) for batch in batches for file in batch.files]
    if rows:
        connection.executemany("INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _batch_row(batch: BatchReport, file: FileReport) -> tuple[object, ...]:
    counts = (file.rows, file.accepted, file.quarantined) if batch.status == "accepted" else (0, 0, 0)
    delivered = (batch.department, batch.dataset, batch.batch_date, file.name, file.sha256)
    return (*delivered, *counts, batch.status, batch.taken_in_at, batch.reason, "; ".join(file.notes))


def _quarantine_table(connection: duckdb.DuckDBPyConnection, accepted: list[BatchReport]) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE quarantine (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR,"
        " line INTEGER, record_key VARCHAR, reason VARCHAR, raw VARCHAR)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE possible_key (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, line INTEGER,"
        " record_key VARCHAR)"
    )
    for batch in accepted:
        if batch.quarantined:
            connection.execute(
                "INSERT INTO quarantine SELECT ?, ?, ?, list_extract(?, part + 1), sheet, line, record_key, reason, raw"
                " FROM read_parquet(?)",
                [batch.department, batch.dataset, batch.batch_date, [f.name for f in batch.files], str(batch.quarantine)],
            )
            connection.execute(
                "INSERT INTO possible_key SELECT ?, ?, ?, list_extract(?, part + 1), line, unnest(possible_keys)"
                " FROM read_parquet(?) WHERE record_key IS NULL",
                [batch.department, batch.dataset, batch.batch_date, [f.name for f in batch.files], str(batch.quarantine)],
            )


def _read(dataset: Dataset, batches: list[NumberedBatch]) -> str:
    """All accepted rows of batches; ``source_no`` orders files by date, dataset and part."""
    return " UNION ALL BY NAME ".join(
        f"SELECT {number} * {FILES_A_BATCH} + part AS source_no, DATE '{b.batch_date}' AS batch_date, *{_not_agreed_then(dataset, b)}"
        f" FROM read_parquet({literal(b.normalised)})"
        for number, b in batches
    )


def _not_agreed_then(dataset: Dataset, batch: BatchReport) -> str:
    """SQL for the columns that the contract has got since the batch was read, and its file is there no more to be read again."""
    there = set(pq.read_schema(batch.normalised).names)
    lacking = [column for column in dataset.taken if column.name not in there]
    return "".join(f", {_empty_column(column, literal(NOT_DELIVERED))}" for column in lacking)


def newest_first(dataset: Dataset) -> str:
    """Order of versions of one record: by the register's own time where it tells one, else the later line of the later batch."""
    updated = dataset.delivery.updated
    return (f"{updated} DESC NULLS LAST, " if updated else "") + "batch_date DESC, source_no DESC, line DESC"


def _record_statements(dataset: Dataset, batches: list[NumberedBatch]) -> list[str]:
    """The newest batch of a full register is the register; a record that only older ones hold is no longer current, unless
    its newest row is in quarantine: then the version before stands. A row that was cut short tells the leading part of its key, one with
    cells too many or too few those that may be its key.
    """
    table = f"CREATE OR REPLACE TABLE record_{dataset.table} AS SELECT"
    if not batches:
        return [f"{table} {_empty(dataset)} WHERE false"]
    numbered = f"SELECT {_record_no(dataset)} AS record_no, * FROM"
    if dataset.delivery.mode == "delta":
        doubled = _doubled(dataset, batches)
        changes = _last_change(dataset, _read(dataset, batches), f"doubled_{dataset.table}")
        body = f"SELECT *, operation = 'upsert' AS is_current FROM ({changes})"
        whole = _with_what_did_not_come(dataset, body, batches)
        return [doubled, f"CREATE OR REPLACE TABLE record_{dataset.table} AS {numbered} ({whole})"]
    *older, latest = batches
    register = f"SELECT *, true AS is_current FROM ({_read(dataset, [latest])}) ANTI JOIN doubled_{dataset.table} USING (record_key)"
    rows = f"{register} UNION ALL BY NAME FROM aside_{dataset.table}"
    whole = _with_what_did_not_come(dataset, rows, batches)
    # What landed is read where it lies; only a workbook's rows, which have to be counted, and those that are filled up are copied.
    kind = "TABLE" if _has_sheets(dataset) or whole != rows else "VIEW"
    return [
        _doubled(dataset, [latest]),
        f"CREATE OR REPLACE TABLE aside_{dataset.table} AS {_aside(dataset, older, latest)}",
        f"CREATE OR REPLACE {kind} record_{dataset.table} AS {numbered} ({whole})",
    ]


def _aside(dataset: Dataset, older: list[NumberedBatch], latest: NumberedBatch) -> str:
    """The rows of a full register that are not simply those of its newest batch: of a key that comes twice the newest version,
    and records that only older batches hold.
    """
    doubled = f"doubled_{dataset.table}"
    body = f"SELECT *, true AS is_current FROM ({_newest(dataset, _read(dataset, [latest]), doubled)})"
    if not older:
        return body
    keys = f"SELECT DISTINCT record_key FROM read_parquet({literal(latest[1].normalised)})"
    gone = f"SELECT * FROM ({_read(dataset, older)}) ANTI JOIN ({keys}) USING (record_key)"
    out = f"FROM read_parquet({literal(latest[1].quarantine)}) WHERE record_key IS"
    kept = f"SELECT record_key {out} NOT NULL UNION ALL SELECT unnest(possible_keys) {out} NULL"
    before = f"SELECT * FROM ({gone}) QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY {newest_first(dataset)}) = 1"
    told = " OR ".join(f"{key} IN ({kept})" for key in _keys_and_beginnings(dataset))
    return f"{body} UNION ALL BY NAME SELECT *, {told} AS is_current FROM ({before})"


def _stated_numbers(dataset: Dataset, batches: list[NumberedBatch]) -> Iterator[str]:
    """SQL that adds to ``stated_number`` what the register stated, now or before a correction, to have been a person's number before."""
    for person in dataset.persons:
        number = person.data.get("id_number")
        if batches and person.former_id_number and number and number.column:
            yield sql(
                "prepare/stated_number",
                number=number.column,
                former=person.former_id_number,
                rows=_read(dataset, batches),
                table=dataset.table,
                newest_first=newest_first(dataset),
            )


def _numbers_before(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batches: list[NumberedBatch]) -> None:
    """Add to ``number_before`` what earlier batches told of the records of whose number a spreadsheet has left a part. Without such a
    record they are not read.
    """
    for person in dataset.persons if len(batches) > 1 else ():
        number, name = person.data.get("id_number"), person.data.get("name")
        if not (number and number.column and name and dataset.column(number.column).normaliser in TOLD):
            continue
        connection.execute(sql("prepare/lost_number", number=number.column, table=dataset.table, files_a_batch=FILES_A_BATCH))
        if not count(connection, "SELECT count(*) FROM lost_number"):
            continue
        connection.execute(
            sql(
                "prepare/number_before",
                department=literal(dataset.department),
                dataset=literal(dataset.name),
                role=literal(person.role),
                number=_told_by(number),
                called=_told_by(name),
                born=_told_by(person.data.get("birth_date")),
                rows=_read(dataset, batches[:-1]),
                newest_first=newest_first(dataset),
                files_a_batch=FILES_A_BATCH,
            )
        )


def _told_by(supply: Supply | None) -> str:
    """SQL: what a row tells of a datum; NULL where it tells nothing."""
    if supply is None or not supply.column:
        return "NULL"
    return f"CASE WHEN {when_holds(supply.when, 'r.')} THEN r.{supply.column} END" if supply.when else f"r.{supply.column}"


def _has_sheets(dataset: Dataset) -> bool:
    return any(layout.format == "xlsx" for layout in dataset.delivery.layouts)


def _with_what_did_not_come(dataset: Dataset, rows: str, batches: list[NumberedBatch]) -> str:
    """The rows, in which a column that did not come says what the newest batch that had it said of the record."""
    lacking = {name for _, b in batches for name in b.not_delivered}
    for column in (c for c in dataset.taken if c.comes_in in lacking):
        having = [(number, b) for number, b in batches if any(column.comes_in not in f.not_delivered for f in b.files)]
        if not having:
            continue
        own = _own_columns(column)
        said = (
            f"SELECT record_key, true AS is_said, {', '.join(own)} FROM ({_read(dataset, having)})"
            f" WHERE {column.name}__missing IS DISTINCT FROM {literal(NOT_DELIVERED)} AND operation = 'upsert'"
            f" QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY {newest_first(dataset)}) = 1"
        )
        is_open = f"n.{column.name}__missing = {literal(NOT_DELIVERED)} AND s.is_said"
        filled = ", ".join(f"CASE WHEN {is_open} THEN s.{c} ELSE n.{c} END AS {c}" for c in own)
        rows = f"SELECT n.* REPLACE ({filled}) FROM ({rows}) AS n LEFT JOIN ({said}) AS s USING (record_key)"
    return rows


def _own_columns(column: Column) -> list[str]:
    """The columns of a record that speak of one column of the delivery."""
    told = [f"{column.name}__told"] if column.normaliser in TOLD else []
    noted = [f"{column.name}__note"] if column.normaliser in NOTED else []
    return [column.name, f"{column.name}__missing", *noted, *told]


def _keys_and_beginnings(dataset: Dataset) -> list[str]:
    """SQL for a record's key and, where it has several parts, what it begins with."""
    parts = range(1, len(dataset.keys))
    return ["record_key", *(f"array_to_string(string_split(record_key, '|')[:{count}], '|')" for count in parts)]


def _record_no(dataset: Dataset) -> str:
    """SQL for a number of the row that is the same in every run. Sheets of one workbook have the same lines, so these are counted."""
    line = "row_number() OVER (ORDER BY source_no, line, sheet)" if _has_sheets(dataset) else "line"
    return f"source_no::BIGINT * {ROWS_A_FILE} + {line}"


def _doubled(dataset: Dataset, batches: list[NumberedBatch]) -> str:
    """The keys that come more than once in these batches."""
    files = ", ".join(literal(b.normalised) for _, b in batches)
    keys = f"SELECT record_key FROM read_parquet([{files}]) GROUP BY record_key HAVING count(*) > 1"
    return f"CREATE OR REPLACE TABLE doubled_{dataset.table} AS {keys}"


def _last_change(dataset: Dataset, rows: str, doubled: str) -> str:
    """The newest version of each key; few come twice, so only those are sorted. A withdrawal needs its key alone, so that of a record
    that was told before, what was told stands, withdrawn.
    """
    order = newest_first(dataset)
    last = f"first_value(operation) OVER (PARTITION BY record_key ORDER BY {order})"
    return (
        f"SELECT * FROM ({rows}) ANTI JOIN {doubled} USING (record_key) UNION ALL"
        f" SELECT * EXCLUDE (last_operation) REPLACE (last_operation AS operation) FROM ("
        f"SELECT *, {last} AS last_operation FROM ({_in_order(dataset, rows, doubled)})"
        f" QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY operation = 'delete', {order}) = 1)"
    )


def _in_order(dataset: Dataset, rows: str, doubled: str) -> str:
    """The rows of keys that come twice; one that does not tell its version is no older than what was delivered before it."""
    several = f"SELECT * FROM ({rows}) SEMI JOIN {doubled} USING (record_key)"
    updated = dataset.delivery.updated
    if not updated:
        return several
    so_far = f"max({updated}) OVER (PARTITION BY record_key ORDER BY batch_date, source_no, line ROWS UNBOUNDED PRECEDING)"
    return f"SELECT * REPLACE (coalesce({updated}, {so_far}) AS {updated}) FROM ({several})"


def _newest(dataset: Dataset, rows: str, doubled: str) -> str:
    return (
        f"SELECT * FROM ({rows}) SEMI JOIN {doubled} USING (record_key)"
        f" QUALIFY row_number() OVER (PARTITION BY record_key ORDER BY {newest_first(dataset)}) = 1"
    )


def _empty(dataset: Dataset) -> str:
    columns = [
        "0::BIGINT AS record_no, 0 AS source_no, NULL::DATE AS batch_date, '' AS record_key, 'upsert' AS operation, '' AS sheet, 0 AS line",
        *(_empty_column(c) for c in dataset.taken),
        "true AS is_current",
    ]
    return ", ".join(columns)


def _empty_column(column: Column, missing: str = "NULL::VARCHAR") -> str:
    kind = EMPTY_TYPES.get(column.normaliser, "VARCHAR")
    told = f", NULL::VARCHAR AS {column.name}__told" if column.normaliser in TOLD else ""
    return f"NULL::{kind} AS {column.name}, {missing} AS {column.name}__missing, NULL::VARCHAR AS {column.name}__note{told}"
