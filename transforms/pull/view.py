"""A PostgreSQL view becomes a Parquet file of texts; all views of one connection are read in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from psycopg import sql

from contracts.model import Dataset, ViewSource
from transforms.pull import Connection, InterruptedPullError, Patience, Pulled, PullError, clock, failed
from transforms.pull.arrival import Arrival, Landing
from transforms.take_in import Drift, squeezed

ROWS = 20_000
PATIENT = 10  # times the silence that a statement may take
OVERLAP = "5 minutes"  # what was being written at the last pull bears an earlier time than what was seen then
TEXT = 25  # the number of PostgreSQL's type text
INSTANT = "timestamp with time zone"
CLOCKED = ("timestamp without time zone", INSTANT)
MOMENTS = ("date", *CLOCKED)
TEXTS = ("text", "character varying", "bpchar")
NOW = "SELECT extract(epoch FROM now())::float8"


class _Impatient(psycopg.Connection[Any]):
    """Hangs up on a server that stands still: its kernel goes on answering for it, so that no timeout of the line ends the wait."""

    longest_wait = 0.0

    def wait(self, gen: Any, *arguments: Any, **more: Any) -> Any:
        try:
            return super().wait(gen, *arguments, **({"timeout": self.longest_wait or None} | more))
        except psycopg.OperationalError:
            self.pgconn.finish()  # else leaving the connection would wait once more
            raise


def pull_views(connection: Connection, landings: list[Landing], patience: Patience) -> Iterator[Pulled]:
    """Read the views that are due, the day is the database's own, as long as ours does not say another."""
    waiting, done = list(landings), list[Pulled]()

    def session() -> None:
        with _snapshot(connection, patience) as database:
            now = clock.agreed(connection, datetime.fromtimestamp(_one(database, NOW), UTC))
            while waiting:
                done.append(_answered(database, connection, waiting[0], now))
                waiting.pop(0)

    try:
        patience.again(session)
    finally:
        yield from done


def _answered(database: psycopg.Connection[Any], connection: Connection, landing: Landing, now: clock.Now) -> Pulled:
    """One view; what is wrong with it alone keeps none of the others back, what is wrong with the database does."""
    try:
        return _pulled(database, connection, landing, now)
    except (psycopg.OperationalError, PullError):
        raise
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        database.rollback()
        view = getattr(landing.dataset.pulled_from, "view", "")
        what = f"{view}: the database says {type(error).__name__}; ask the department about the view"
        return Pulled(landing.dataset.id, "failed", f"connection {connection.id}: {what}")
    except Exception as error:  # noqa: BLE001 - the other views go on
        database.rollback()
        return failed(landing.dataset.id, connection.id, error)


def _pulled(database: psycopg.Connection[Any], connection: Connection, landing: Landing, now: clock.Now) -> Pulled:
    source = landing.dataset.pulled_from
    assert isinstance(source, ViewSource)
    if not landing.is_due(now.day) or landing.is_delivered_by_hand(now.day):
        return Pulled(landing.dataset.id, "up_to_date")
    arrival = Arrival(landing, now.day)
    if arrival.heal():
        return Pulled(arrival.reference, "landed")
    arrival.begin_again()
    file = arrival.partial / landing.file_name(now.day, "parquet")
    view = sql.Identifier(*source.view.split("."))
    described = _described(database, view)
    agreed, left_out = _agreed(list(described), landing.dataset)
    if not agreed:
        what = f"connection {connection.id}: {source.view} has none of the agreed columns; ask the department about the view"
        return Pulled(landing.dataset.id, "failed", what)
    change = _Change.of(database, source, described, now)
    since = _since(database, change, landing) if change and landing.dataset.delivery.mode == "delta" else None
    wanted = change.since(since) if change and since else sql.SQL("")
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in agreed)
    rows = _write(database, sql.SQL("SELECT {} FROM {} {}").format(texts, view, wanted), agreed, file)
    expected, newest, ahead = _expected(database, view, change, wanted)
    if rows != expected:
        raise InterruptedPullError(f"connection {connection.id}: {source.view}: {rows} rows came of {expected}")
    arrival.write_control(file, rows)
    mark = {"watermark": newest or since, "watermark_type": change.type if change else None, "left_out": left_out}
    told_before = [r.get("left_out") for r in landing.receipts()][-1:]
    size = arrival.land(connection.id, [file.name, file.name + ".ctl"], rows=rows, **mark)
    whats = []
    if ahead:
        what = f"in {ahead} rows {source.watermark} lies later than tomorrow, which is not taken for the newest change"
        whats.append(f"{what}; they come with every pull; ask the department")
    if left_out and [left_out] != told_before:
        what = f"columns that were not agreed are left there ({', '.join(left_out)})"
        whats.append(f"{what}; agree them in the contract, or ask the department to leave them out")
    return Pulled(arrival.reference, "landed", "; ".join(f"connection {connection.id}: {source.view}: {what}" for what in whats), size)


def _described(database: psycopg.Connection[Any], view: sql.Identifier) -> dict[str, int]:
    """Every column of the view and the number of its type."""
    described = database.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(view)).description or []
    return {column.name: column.type_code for column in described}


def _agreed(names: list[str], dataset: Dataset) -> tuple[list[str], list[str]]:
    """The columns that may land, which are read as text (whether one is missing is said when the batch is taken in), and the others."""
    headers = {squeezed(column.header) for column in dataset.delivered.columns}
    drift = Drift()
    drift.bring([name for name in names if squeezed(name) not in headers], "", None)
    return [name for name in names if squeezed(name) in headers], list(drift.new)


@dataclass(frozen=True)
class _Change:
    """The column that says when a row was changed, and its type: what is newer is asked in that type."""

    column: sql.Identifier
    type: str
    latest: sql.Literal

    @classmethod
    def of(
        cls, database: psycopg.Connection[Any], source: ViewSource, described: dict[str, int], now: clock.Now
    ) -> _Change | None:
        if source.watermark is None:
            return None
        kind = _one(database, sql.SQL("SELECT format_type({}, -1)").format(described.get(source.watermark, TEXT)))
        return cls(sql.Identifier(source.watermark), kind, sql.Literal(now.moment + timedelta(days=1)))

    def told(self, watermark: str) -> sql.Composable:
        return sql.SQL("CAST({} AS {})").format(sql.Literal(watermark), sql.SQL(self.type))

    def since(self, watermark: str) -> sql.Composable:
        """Rows whose change is not older; of one that tells none nobody knows, so it comes always."""
        told = self.told(watermark)
        if self.type in CLOCKED:
            told = sql.SQL("{} - interval {}").format(told, sql.Literal(OVERLAP))
        return sql.SQL("WHERE {0} >= {1} OR {0} IS NULL").format(self.column, told)

    def is_ahead(self, value: sql.Composable) -> sql.Composable:
        """Whether it lies later than tomorrow, where it is a day or a moment, as a text too."""
        if self.type in MOMENTS:
            return sql.SQL("{} > {}").format(value, self.latest)
        if self.type in TEXTS:
            tomorrow = sql.SQL("to_char({}, 'YYYY-MM-DD') COLLATE \"C\"").format(self.latest)
            day = sql.SQL("left({}::text, 10) COLLATE \"C\"").format(value)
            return sql.SQL("({0} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' AND {0} > {1})").format(day, tomorrow)
        return sql.SQL("false")

    def newest(self) -> sql.Composable:
        """As text that reads the same in every session, whatever its style of dates; a moment with a time zone in UTC."""
        newest = sql.SQL("max({0}) FILTER (WHERE NOT {1})").format(self.column, self.is_ahead(self.column))
        if self.type == INSTANT:
            return sql.SQL("(to_json(({}) AT TIME ZONE 'UTC') #>> '{{}}') || 'Z'").format(newest)
        return sql.SQL("to_json({}) #>> '{{}}'").format(newest)


def _since(database: psycopg.Connection[Any], change: _Change, landing: Landing) -> str | None:
    """The newest watermark of before that can be one: of that type, and not later than tomorrow."""
    for receipt in landing.marked():
        watermark = str(receipt["watermark"])
        if receipt.get("watermark_type", change.type) != change.type:
            continue
        try:
            with database.transaction():
                is_ahead = _one(database, sql.SQL("SELECT {}").format(change.is_ahead(change.told(watermark))))
        except psycopg.DataError:
            continue
        if not is_ahead:
            return watermark
    return None


def _write(database: psycopg.Connection[Any], query: sql.Composed, names: list[str], file: Path) -> int:
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    written = 0
    with database.cursor(name="renkou") as cursor, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS):
            columns = zip(*rows, strict=True)
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=schema))
            written += len(rows)
    return written


def _expected(
    database: psycopg.Connection[Any], view: sql.Identifier, change: _Change | None, wanted: sql.Composable
) -> tuple[int, str | None, int]:
    """How many rows the same snapshot has, the newest change among them, and how many tell one that lies ahead."""
    newest = change.newest() if change else sql.SQL("NULL")
    ahead = change.is_ahead(change.column) if change else sql.SQL("false")
    query = sql.SQL("SELECT count(*), {}, count(*) FILTER (WHERE {}) FROM {} {}").format(newest, ahead, view, wanted)
    count, watermark, later = database.execute(query).fetchone() or (0, None, 0)
    return int(count), watermark, int(later)


@contextmanager
def _snapshot(connection: Connection, patience: Patience) -> Iterator[psycopg.Connection[Any]]:
    wait = f"-c statement_timeout={int(patience.silence * 1000 * PATIENT)} -c client_encoding=UTF8"
    try:
        with _Impatient.connect(
            host=connection.host or connection.extra.get("host"),
            port=connection.port or 5432,
            user=connection.login,
            password=connection.password or None,
            dbname=connection.schema,
            sslmode=connection.extra.get("sslmode", "prefer"),
            connect_timeout=max(2, int(patience.silence)),
            tcp_user_timeout=int(patience.silence * 1000),
            options=wait,
        ) as database:
            database.longest_wait = patience.silence * (PATIENT + 1)
            database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            database.read_only = True
            yield database
    except psycopg.OperationalError as error:
        if any(word in str(error) for word in ("certificate verify failed", "server certificate", "root certificate")):
            what = "the server's certificate is not trusted; ask the department whether its server was replaced"
            remedy = "an authority of its own belongs in the file that PGSSLROOTCERT names"
            raise PullError(f"connection {connection.id}: {what}; {remedy}") from None
        refused = any(word in str(error) for word in ("authentication failed", "does not exist"))
        kind = PullError if refused else InterruptedPullError
        what = "refuses the login" if refused else "cannot be reached, or the connection broke"
        raise kind(f"connection {connection.id}: the database {what}") from None


def _one(database: psycopg.Connection[Any], query: Any) -> Any:
    return (database.execute(query).fetchone() or (None,))[0]
