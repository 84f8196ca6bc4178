"""What happened to persons, once and in order, as a feed that subscribers follow from a cursor (高效办成一件事).

``event_log`` goes on from release to release and is only ever added to; the view ``event`` shows what stands. Records tell
events by their contract; moves and registrations are told by a change of what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb

from contracts.model import Contracts
from transforms.sql_files import sql
from transforms.unifying.said import day_of, role_join, when_holds
from warehouse.quoting import literal


def told_events(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> None:
    """Fill ``event_told``: what the records tell to have happened up to ``day``. Needs ``record_*``, ``link_role``,
    ``event_withheld`` and ``unify_person`` of the attached release file ``released``.
    """
    _kinds(connection, contracts)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW event_record AS {_rows(contracts)}")
    none = "SELECT NULL::VARCHAR AS kind, NULL::BIGINT AS person_no, NULL::DATE AS day WHERE false"
    days = [f"SELECT {literal(k.id)}, person_no, {k.day} FROM released.unify_person" for k in contracts.event_kinds if k.day]
    connection.execute(sql("event/told", day=literal(day.isoformat()), days=" UNION ALL ".join([none, *days])))


def event_build(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, release_id: str, has_before: bool
) -> None:
    """Fill ``event_log`` of the attached release file ``released``.

    Needs what ``told_events`` needs, ``history_change``, ``person_change``, and with ``has_before`` the release before attached as
    ``before``.
    """
    told_events(connection, contracts, day)
    connection.execute(sql("event/before" if has_before else "event/start"))
    connection.execute("CREATE OR REPLACE TEMP VIEW source_record AS FROM released.source_record")
    parts = {"day": literal(day.isoformat()), "release": literal(release_id)}
    connection.execute(sql("event/changed", **parts))
    connection.execute(sql("event/stays", day=literal(day.isoformat()), now=_say_now(contracts)))
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(sql("event/log", **parts))
    connection.execute("SET preserve_insertion_order = false")


def event_view() -> str:
    """The view ``event`` on ``event_log`` of a release."""
    return sql("event/event")


def _kinds(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What the contracts say of kinds of events; a kind that has no file of its own is told once a record."""
    known = {kind.id: kind for kind in contracts.event_kinds}
    named = {event.kind for dataset in contracts.datasets for event in dataset.events}
    kinds = [(name, name in known and known[name].once, name in known and known[name].stays) for name in sorted(named | set(known))]
    order = [(k.id, *source.split("/", 1), place) for k in known.values() for place, source in enumerate(k.order)]
    changes = [
        (k.id, k.once, datum, before, value, k.changed.from_nothing)
        for k in known.values()
        if k.changed
        for datum in k.changed.data
        for before in k.changed.from_ or (None,)
        for value in k.changed.to or (None,)
    ]
    _table(connection, "event_kind (kind VARCHAR, is_once BOOLEAN, is_staying BOOLEAN)", kinds)
    _table(connection, "event_order (kind VARCHAR, department VARCHAR, dataset VARCHAR, place INTEGER)", order)
    columns = "kind VARCHAR, is_once BOOLEAN, datum VARCHAR, value_before VARCHAR, value VARCHAR, is_from_nothing BOOLEAN"
    _table(connection, f"event_change ({columns})", changes)


def _table(connection: duckdb.DuckDBPyConnection, definition: str, rows: Sequence[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {definition}")
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"INSERT INTO {definition.partition(' ')[0]} VALUES ({marks})", rows)


def _say_now(contracts: Contracts) -> str:
    """SQL: the roles of records that tell events of a kind that stays, and whether they say another thing than its ``when``."""
    staying = {kind.id for kind in contracts.event_kinds if kind.stays}
    parts = [
        f"SELECT {literal(event.kind)}, {literal(d.department)}, {literal(d.name)}, r.record_key, {literal(role)}, who.person_no,"
        f" ({when_holds(event.when, 'r.')}) IS DISTINCT FROM true"
        f" FROM record_{d.table} AS r {role_join(d, role, 'who', 'JOIN')} WHERE r.is_current"
        for d in contracts.datasets
        for event in d.events
        for role in event.roles
        if event.kind in staying
    ]
    return " UNION ALL ".join(["SELECT '', '', '', '', '', 0, false WHERE false", *parts])


def _rows(contracts: Contracts) -> str:
    parts = [
        "SELECT NULL::VARCHAR AS kind, NULL::BIGINT AS person_no, NULL::DATE AS occurred_on, NULL::VARCHAR AS department,"
        " NULL::VARCHAR AS dataset, NULL::VARCHAR AS record_key, NULL::VARCHAR AS part WHERE false"
    ]
    for d in contracts.datasets:
        for event in d.events:
            for role in event.roles:
                parts.append(
                    f"SELECT {literal(event.kind)}, who.person_no, {day_of(d, event.date)}, {literal(d.department)}, {literal(d.name)},"
                    f" r.record_key, {literal(role)} FROM record_{d.table} AS r {role_join(d, role, 'who', 'JOIN')}"
                    f" WHERE r.is_current AND r.{event.date} IS NOT NULL AND {when_holds(event.when, 'r.')}"
                )
    return " UNION ALL ".join(parts)
