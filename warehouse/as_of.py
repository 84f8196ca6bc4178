"""Read a release as it was on an earlier day: what was then known to hold, from its history."""

from __future__ import annotations

from datetime import date

import duckdb

from contracts.model import Contracts, Datum
from warehouse.clock import today
from warehouse.faults import NotFoundError
from warehouse.quoting import identifier


def stand_at(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, *, laid_out: bool = False) -> None:
    """Put the persons of a day in the place of those of the release, for this connection alone.

    Values come with the dataset that said them; the record is not kept, the day from which it was known stands for its
    batch. A person of whom no value was published yet is one of them. ``laid_out``: put the persons together once, for whoever
    asks of them many times. Raises NotFoundError for a day before the first release, and for one to come.
    """
    ((began, newest),) = connection.execute("SELECT min(as_of), max(as_of) FROM release").fetchall()
    if newest and day > max(newest, today()):
        raise NotFoundError(f"{day} is yet to come; the newest release holds what was known on {newest}")
    if began is None or day < began:
        raise NotFoundError(f"{day}: the history begins on {began}, with the first release; nothing is known of an earlier day")
    moment = f"DATE '{day}'"
    release = identifier(connection.execute("SELECT current_database()").fetchall()[0][0])
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW person_history AS SELECT * REPLACE (CASE WHEN known_to <= {moment} THEN known_to END AS known_to)"
        f" FROM {release}.main.person_history WHERE known_from <= {moment}"
    )
    held = (
        "SELECT * FROM person_history WHERE known_to IS NULL"
        f" AND coalesce(valid_from <= {moment}, true) AND coalesce(valid_to > {moment}, true)"
    )
    columns = ", ".join(_column(datum) for datum in contracts.catalogue.data)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW person_change AS FROM {release}.main.person_change"
        f" SEMI JOIN (FROM {release}.main.release WHERE as_of <= {moment}) USING (release_id)"
    )
    there = "SELECT person_id FROM person_change GROUP BY person_id HAVING max_by(kind, release_id) IN ('created', 'split')"
    connection.execute(
        f"CREATE OR REPLACE TEMP {'TABLE' if laid_out else 'VIEW'} person AS SELECT person_id, {columns}"
        f" FROM ({there} UNION SELECT person_id FROM ({held})) LEFT JOIN ({held}) USING (person_id) GROUP BY person_id"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW person_datum AS SELECT person_id, datum, value, department, dataset,"
        " NULL::VARCHAR AS record_key, known_from AS batch_date, standing, 0 AS agreeing, 0 AS disagreeing"
        f" FROM ({held})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW quarantine AS SELECT * FROM {release}.main.quarantine WHERE batch_date <= {moment}"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW discrepancy AS SELECT * FROM {release}.main.discrepancy WHERE opened_on <= {moment}"
    )


def _column(datum: Datum) -> str:
    value = f"max(value) FILTER (WHERE datum = '{datum.name}')"
    typed = f"from_json({value}, '[\"VARCHAR\"]')" if datum.type == "set" else f"{value}::{datum.sql_type}"
    return f'{typed} AS "{datum.name}"'
