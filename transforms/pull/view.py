"""A PostgreSQL view becomes a Parquet file of texts; all views of one connection are read in one snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from psycopg import sql

from contracts.model import ViewSource
from transforms.pull import Connection, InterruptedPullError, Patience, Pulled, PullError, failed
from transforms.pull.arrival import Arrival, Landing

ROWS = 20_000
PATIENT = 10  # times the silence that a statement may take
TODAY = "SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date"


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
    """Read the views that are due, the day is the database's own."""
    waiting, done = list(landings), list[Pulled]()

    def session() -> None:
        with _snapshot(connection, patience) as database:
            today = _one(database, TODAY)
            while waiting:
                done.append(_answered(database, connection, waiting[0], today))
                waiting.pop(0)

    try:
        patience.again(session)
    finally:
        yield from done


def _answered(database: psycopg.Connection[Any], connection: Connection, landing: Landing, today: date) -> Pulled:
    """One view; what is wrong with it alone keeps none of the others back, what is wrong with the database does."""
    try:
        return _pulled(database, connection, landing, today)
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


def _pulled(database: psycopg.Connection[Any], connection: Connection, landing: Landing, today: date) -> Pulled:
    source = landing.dataset.pulled_from
    assert isinstance(source, ViewSource)
    if not landing.is_due(today) or landing.is_delivered_by_hand(today):
        return Pulled(landing.dataset.id, "up_to_date")
    arrival = Arrival(landing, today)
    if arrival.heal():
        return Pulled(arrival.reference, "landed")
    arrival.begin_again()
    file = arrival.partial / landing.file_name(today, "parquet")
    view = sql.Identifier(*source.view.split("."))
    since = landing.last_watermark() if landing.dataset.delivery.mode == "delta" else None
    chosen, filled = _query(database, view, source, since)
    rows = _write(database, chosen, filled, file)
    expected, watermark = _expected(database, view, source, since)
    if rows != expected:
        raise InterruptedPullError(f"connection {connection.id}: {source.view}: {rows} rows came of {expected}")
    arrival.write_control(file, rows)
    size = arrival.land(connection.id, [file.name, file.name + ".ctl"], rows=rows, watermark=watermark)
    return Pulled(arrival.reference, "landed", bytes=size)


def _query(
    database: psycopg.Connection[Any], view: sql.Identifier, source: ViewSource, since: str | None
) -> tuple[sql.Composed, list[str]]:
    """Every column of the view as text: whether they are those agreed is said when the batch is taken in."""
    described = database.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(view)).description or []
    names = [column.name for column in described]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    return sql.SQL("SELECT {} FROM {} {}").format(texts, view, _since(source, since)), names


def _since(source: ViewSource, since: str | None) -> sql.Composable:
    if since is None or source.watermark is None:
        return sql.SQL("")
    return sql.SQL("WHERE {}::text >= {}").format(sql.Identifier(source.watermark), sql.Literal(since))


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
    database: psycopg.Connection[Any], view: sql.Identifier, source: ViewSource, since: str | None
) -> tuple[int, str | None]:
    """How many rows the same snapshot has, and the newest watermark among them."""
    newest = sql.SQL("max({}::text)").format(sql.Identifier(source.watermark)) if source.watermark else sql.SQL("NULL")
    query = sql.SQL("SELECT count(*), {} FROM {} {}").format(newest, view, _since(source, since))
    count, watermark = database.execute(query).fetchone() or (0, None)
    return int(count), watermark or since


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
        refused = any(word in str(error) for word in ("authentication failed", "does not exist"))
        kind = PullError if refused else InterruptedPullError
        what = "refuses the login" if refused else "cannot be reached, or the connection broke"
        raise kind(f"connection {connection.id}: the database {what}") from None


def _one(database: psycopg.Connection[Any], query: Any) -> Any:
    return (database.execute(query).fetchone() or (None,))[0]
