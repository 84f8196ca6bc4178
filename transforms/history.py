"""What a datum was before, in both times: when it was so (valid), and from which release on we knew it (known).

Only what changes is written. ``history_past`` holds values that are no longer published, or that ended; ``history_since`` the
begin of published values that have not stood from the first release on. The view ``person_history`` puts them together with
``published_value``. The release before is the memory: a release of the same day again starts from the day before it.
"""

from __future__ import annotations

from datetime import date

import duckdb

from contracts.model import PARENTS, Contracts, Dataset, Datum
from transforms.sql_files import sql
from transforms.unifying.said import dated
from transforms.unifying.views import published_values
from warehouse.quoting import literal

OF_AGE = 18


def history_build(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, release_id: str, has_before: bool
) -> None:
    """Fill ``history_past`` and ``history_since`` of the attached release file ``released``.

    Needs ``unify_person`` there, the build's ``person_change``, ``link_role`` and ``record_*``, and with ``has_before`` the release
    before attached as ``before``.
    """
    moment = literal(day.isoformat())
    _catalogue(connection, contracts)
    connection.execute(sql("link/birth_told"))
    connection.execute(_minors(contracts, day))
    began = connection.execute("SELECT min(as_of) FROM prior_release").fetchall()[0][0] or day
    if has_before and began < day:
        connection.execute(sql("history/then", day=moment, **_prints(connection, contracts)))
    else:
        connection.execute(sql("history/start"))
    connection.execute(_said_now(contracts, day))
    connection.execute(sql("history/change", day=moment, release=literal(release_id)))
    _former_numbers(connection, contracts, day)
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(sql("history/past", day=moment))
    connection.execute(sql("history/since", day=moment, began=f"DATE '{began}'"))
    connection.execute("SET preserve_insertion_order = false")


def numbers_borne(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``number_borne`` of ``released``: by which numbers somebody is found whose published number is another.

    Needs what ``history_build`` needs and leaves, ``link_record``, ``stated_number`` and the macros of comparing.
    """
    connection.execute(sql("history/number_borne"))


def person_history_view() -> str:
    """The view ``person_history`` on ``history_past``, ``history_since`` and ``published_value`` of a release."""
    return sql("history/person_history")


def _catalogue(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What the catalogue says of a datum's history."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history_datum"
        " (datum VARCHAR, is_lasting BOOLEAN, is_sealed BOOLEAN, is_parent BOOLEAN, is_number BOOLEAN, is_name BOOLEAN)"
    )
    rows = [
        (d.name, d.lasting, d.is_sealed, d.name in PARENTS, d.type == "identity_number", d.type == "name")
        for d in contracts.catalogue.data
    ]
    connection.executemany("INSERT INTO history_datum VALUES (?, ?, ?, ?, ?, ?)", rows)


def _minors(contracts: Contracts, day: date) -> str:
    """Who is under age on the day (民法典 art. 17), by the number where no day of birth is published."""
    days = [datum.name for datum in contracts.catalogue.data if datum.name == "birth_date"]
    days += [f"birth_told({datum.name})" for datum in contracts.catalogue.data if datum.type == "identity_number"]
    under_age = f"coalesce({', '.join(days)}) > DATE '{day}' - INTERVAL {OF_AGE} YEAR" if days else "false"
    return f"CREATE OR REPLACE TEMP TABLE history_minor AS SELECT person_id FROM released.unify_person WHERE {under_age}"


def _prints(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> dict[str, str]:
    """What to take a person's fingerprint of, in this release and the one before; what one of them lacks is empty there."""
    there = {row[0] for row in connection.execute("DESCRIBE before.unify_person").fetchall()}
    then = {name.removesuffix("__no") for name in there if name.endswith("__no")}
    now = {datum.name for datum in contracts.catalogue.data}
    beside = {f"{name}__on" for name in dated(contracts)} | {f"{name}__source" for name in now}
    beside |= {f"{datum.name}__is_owner" for datum in contracts.catalogue.data if datum.phase}
    wanted = sorted(now | then | beside | {name for name in there if name.endswith(("__on", "__source", "__is_owner"))})
    return {
        "now": ", ".join(name if name in now | beside else "NULL" for name in wanted),
        "before": ", ".join(name if name in there else "NULL" for name in wanted),
    }


def _said_now(contracts: Contracts, day: date) -> str:
    """What is published now of the persons in question; ``dated_on`` is the day of the record that says so."""
    days = " UNION ALL ".join(
        f"SELECT {literal(d.department)} AS department, {literal(d.name)} AS dataset, record_no, {_day_of_record(d)} AS dated_on"
        f" FROM record_{d.table}"
        for d in contracts.datasets
    )
    return (
        "CREATE OR REPLACE TEMP TABLE history_person AS"
        " SELECT p.* FROM released.unify_person AS p SEMI JOIN history_touched USING (person_id);"
        f" CREATE OR REPLACE TEMP TABLE history_said AS {published_values(contracts, 'history_person')};"
        " CREATE OR REPLACE TEMP TABLE history_now AS"
        " SELECT s.person_id, s.datum, s.value, s.department, s.dataset, s.record_no, s.standing,"
        f" CASE WHEN s.valid_on > DATE '{day}' THEN DATE '{day}' ELSE s.valid_on END AS valid_on,"
        f" least(d.dated_on, DATE '{day}') AS dated_on"
        f" FROM history_said AS s LEFT JOIN ({days}) AS d USING (department, dataset, record_no)"
    )


def _day_of_record(dataset: Dataset) -> str:
    updated = dataset.updated_at
    return f"coalesce({updated}::DATE, batch_date)" if updated else "batch_date"


def _former_numbers(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history_former (person_id VARCHAR, datum VARCHAR, value VARCHAR, valid_to DATE,"
        " department VARCHAR, dataset VARCHAR, standing VARCHAR)"
    )
    for datum in (d for d in contracts.catalogue.data if d.type == "identity_number"):
        for dataset in contracts.datasets:
            for person in dataset.persons:
                if person.former_id_number and dataset.id == datum.owner:
                    connection.execute(_former(datum, dataset, person.role, person.former_id_number, day))


def _former(datum: Datum, dataset: Dataset, role: str, column: str, day: date) -> str:
    return sql(
        "history/former",
        datum=literal(datum.name),
        column=datum.name,
        former=column,
        dated=dataset.updated_at or "batch_date",
        table=dataset.table,
        department=literal(dataset.department),
        dataset=literal(dataset.name),
        role=literal(role),
        day=literal(day.isoformat()),
    )
