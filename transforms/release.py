"""A release: what a build leaves behind for readers, and what the next build takes over from it.

The published release is the ledger of identity: which person a record belongs to is read from there, so a build that
was killed has changed nothing, and one that is published has changed everything at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from contracts.model import Contracts
from transforms import code_version, declarations
from transforms.events import event_view
from transforms.history import person_history_view
from transforms.origins import write_origins
from transforms.sql_files import count, sql
from transforms.take_in.ledger import BatchReport
from transforms.unifying.views import person_datum_view, person_view, published_value_view
from warehouse import decisions
from warehouse.connection import open_database, open_read_only
from warehouse.dossier import write_dossiers
from warehouse.home import Home
from warehouse.publish import current_release, published, release_file, releases
from warehouse.quoting import literal

COPIED = {
    "person_record": "person_id",
    "person_change": "release_id, person_id, kind, other_person_id",
    "person_origin": "person_id, department, dataset, record_key, role",
    "link_pair": "left_department, left_dataset, left_record_key, left_role, right_department, right_dataset, right_record_key, right_role",
    "link_decision": "decision_id",
    "link_compared": "content_l, content_r",
    "discrepancy": "person_id, kind, datum, record_key",
    "work_order": "department, due_on, order_id",
    "work_order_item": "order_id, discrepancy_id",
    "work_order_step": "order_id, happened_on, release_id, state",
    "work_order_answer": "department, dataset, batch_date, file, sheet, line",
    "quarantine": "department, dataset, batch_date, file, line",
    "freshness": "department, dataset",
    "quality": "as_of, release_id, measure, department, dataset, datum, class, township",
    "batch": "batch_date, department, dataset, file",
    "release": "release_id",
}


@dataclass(frozen=True)
class Released:
    """The published release: its day, and a digest of all that it was made of."""

    release_id: str
    as_of: date
    inputs: str


def last_release(home: Home) -> Released | None:
    """The release that readers get now, or None before the first."""
    if current_release(home) is None:
        return None
    with open_read_only(published(home)) as connection:
        row = connection.execute("SELECT release_id, as_of, inputs FROM release ORDER BY as_of DESC, release_id DESC LIMIT 1").fetchone()
    return Released(*row) if row else None


def inputs_of(home: Home, batches: list[BatchReport], contracts: Contracts, day: date) -> str:
    """A digest of everything that a build of ``day`` depends on: batches, their verdicts, contracts, code, decisions, submissions."""
    digest = hashlib.sha256(f"{contracts.version} {code_version()} {decisions.digest(home)} {declarations.digest(home)}".encode())
    for batch in batches:
        if batch.batch_date <= day:
            digest.update(f"{batch.reference} {batch.folder.name} {batch.status}\n".encode())
    return digest.hexdigest()[:16]


def take_over(connection: duckdb.DuckDBPyConnection, home: Home, day: date) -> None:
    """Copy from the published release what the build of ``day`` continues: ids, changes, open discrepancies, releases."""
    with release_before(connection, home) as is_there:
        connection.execute(sql("release/take_over", **_told_before(connection)) if is_there else sql("release/nothing_before"))
        connection.execute(sql("order/take_over" if is_there else "order/nothing_before"))
    _records_before(connection, home, day)


def _told_before(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Of what tells who somebody was, the columns that the release before has; NULL for what its catalogue had not."""
    there = {name for name, *_ in connection.execute("DESCRIBE before.unify_person").fetchall()}
    columns = {"number": "id_number", "called": "name", "former": "former_name", "born": "birth_date"}
    return {part: name if name in there else "NULL" for part, name in columns.items()}


def _records_before(connection: duckdb.DuckDBPyConnection, home: Home, day: date) -> None:
    """``record_before``: the records of the newest release of an earlier day, from which a day that is released again starts."""
    ((earlier, newest),) = connection.execute(
        f"SELECT max(release_id) FILTER (as_of < DATE '{day}'), max(release_id) FROM prior_release"
    ).fetchall()
    if earlier == newest or earlier not in releases(home):
        connection.execute("CREATE OR REPLACE VIEW record_before AS FROM prior_person_record")
        return
    home.need(release_file(home, earlier))
    connection.execute(f"ATTACH {literal(release_file(home, earlier))} AS earlier (READ_ONLY)")
    connection.execute("CREATE OR REPLACE TABLE record_before AS SELECT department, dataset, record_key FROM earlier.person_record")
    connection.execute("DETACH earlier")


def next_release_id(connection: duckdb.DuckDBPyConnection, day: date) -> str:
    """The day and a number, as a day may be released again when a late batch has come."""
    again = count(connection, f"SELECT count(*) FROM prior_release WHERE as_of = DATE '{day}'")
    return f"{day:%Y%m%d}-{again + 1:02d}"


@contextmanager
def release_beside(connection: duckdb.DuckDBPyConnection, release: Path) -> Iterator[None]:
    """Attach the release file as ``released``: what is large is written there once, and read from there."""
    connection.execute(f"ATTACH {literal(release)} AS released")
    yield
    connection.execute("DETACH released")


@contextmanager
def release_before(connection: duckdb.DuckDBPyConnection, home: Home) -> Iterator[bool]:
    """Attach the published release as ``before``; false when there is none."""
    if current_release(home) is None:
        yield False
        return
    connection.execute(f"ATTACH {literal(published(home))} AS before (READ_ONLY)")
    yield True
    connection.execute("DETACH before")


def assemble(
    connection: duckdb.DuckDBPyConnection, release: Path, contracts: Contracts, release_id: str, day: date, inputs: str
) -> None:
    """Complete the release file beside the build with all that readers need, sorted as they will look it up."""
    connection.execute(
        sql(
            "release/release",
            release=literal(release_id),
            day=literal(day.isoformat()),
            built_at=literal(datetime.now(UTC).isoformat()),
            code=literal(code_version()),
            contracts=literal(contracts.version),
            inputs=literal(inputs),
        )
    )
    with release_beside(connection, release):
        shown = {view.published_as: "person_id" for view in contracts.rule_views if view.published_as}
        for table, order in (COPIED | shown).items():
            connection.execute(f"CREATE OR REPLACE TABLE released.{table} AS SELECT * FROM {table} ORDER BY {order}")
    with open_database(release) as published_file:
        published_file.execute(sql("link/person_id"))
        published_file.execute(person_view(contracts))
        published_file.execute(published_value_view(contracts))
        published_file.execute(person_datum_view(contracts))
        published_file.execute(person_history_view())
        published_file.execute(event_view())
        write_origins(published_file, contracts)
        write_dossiers(published_file, contracts)
        published_file.execute("CHECKPOINT")
