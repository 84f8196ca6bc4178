"""Find persons in a published release, and what is known about the origin of their data.

The tables are those of the published warehouse; which data there are is the catalogue's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from contracts.model import Contracts
from warehouse.faults import NotFoundError, RenkouError
from warehouse.identity import masked, tidy, with_century
from warehouse.quoting import identifier

CLOSED = ("closed", "confirmed", "resolved", "withdrawn")
Row = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A published build: ``as_of`` is the last day whose deliveries are in it."""

    release_id: str
    as_of: date | None


DECLARED_BY = "citizen/submission"  # in the place of a dataset, of what people declared in forms


@dataclass(frozen=True)
class Origin:
    """The source record of a published datum, without a key on an earlier day; ``standing`` is owner, fallback or declared."""

    department: str
    dataset: str
    record_key: str | None
    batch_date: date | None
    standing: str
    agreeing: int
    disagreeing: int


@dataclass(frozen=True)
class Dispute:
    """A department reports otherwise than the owner, or two registers contradict each other."""

    kind: str
    datum: str | None
    owner: str | None
    owner_value: str | None
    reporter: str | None
    reported_value: str | None
    record_key: str | None
    severity: str | None
    opened_on: date | None
    due_on: date | None
    status: str


@dataclass(frozen=True)
class Bearing:
    """That a person has, or had, a number that is published of nobody, and the record that says so; without a key as history tells it."""

    person_id: str
    department: str
    dataset: str
    record_key: str | None


def rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Iterable[Any] = ()) -> list[Row]:
    """The answer of a query, a dictionary a row."""
    answer = connection.execute(sql, list(values))
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def release_of(connection: duckdb.DuckDBPyConnection) -> Release:
    """The release that this file is. Raises RenkouError for a file without one."""
    found = rows(connection, "SELECT release_id, as_of FROM release ORDER BY built_at DESC LIMIT 1")
    if not found:
        raise RenkouError("the warehouse names no release; it was not built to its end")
    return Release(str(found[0]["release_id"]), found[0]["as_of"])


def persons_called(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, who: str
) -> tuple[tuple[str, ...], tuple[Bearing, ...]]:
    """Ids for a person id (also one that was merged away) or an identity number (also its 15 digits); for a number that nobody bears now
    those who have or had it, and what says so.

    Raises NotFoundError, which shows a number masked only.
    """
    asked, number = who.strip(), with_century(tidy(who))
    found = (
        _ids(connection, "SELECT person_id FROM person WHERE person_id = ?", [asked])
        or _merged_into(connection, asked)
        or _ids(connection, f"SELECT person_id FROM person WHERE {identifier(contracts.catalogue.number.name)} = ?", [number])
    )
    borne = () if found else _bearings(connection, contracts, number)
    found = found or tuple(sorted({bearing.person_id for bearing in borne}))
    if not found and (retired := _retired_in(connection, asked)):
        raise NotFoundError(f"{asked} went out of use in release {retired}: no record of this person is left")
    if not found:
        raise NotFoundError(f"nobody in this release has the person id or identity number {masked(who)}")
    return found, borne


def person_row(connection: duckdb.DuckDBPyConnection, person_id: str) -> Row:
    """The person's row of ``person``, empty when there is none."""
    found = rows(connection, "SELECT * FROM person WHERE person_id = ?", [person_id])
    return found[0] if found else {}


def origins_of(connection: duckdb.DuckDBPyConnection, person_id: str) -> dict[str, tuple[Origin, ...]]:
    """For each published datum its source records, newest batch first."""
    found: dict[str, list[Origin]] = defaultdict(list)
    sql = (
        "SELECT datum, department, dataset, record_key, batch_date, standing, agreeing, disagreeing "
        "FROM person_datum WHERE person_id = ? ORDER BY datum, batch_date DESC, record_key"
    )
    for row in rows(connection, sql, [person_id]):
        row |= {name: _count(row[name]) for name in ("agreeing", "disagreeing")}
        found[row.pop("datum")].append(Origin(**row))
    return {datum: tuple(origins) for datum, origins in found.items()}


def open_disputes(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[Dispute, ...]:
    """What is reported otherwise about the person and not yet settled."""
    names = ", ".join(Dispute.__dataclass_fields__)
    sql = (
        f"SELECT {names} FROM discrepancy WHERE person_id = ? AND NOT list_contains(?, status) "
        "ORDER BY datum, opened_on, reporter, record_key"
    )
    return tuple(Dispute(**row) for row in rows(connection, sql, [person_id, list(CLOSED)]))


def latest_batch(connection: duckdb.DuckDBPyConnection, dataset: str) -> date | None:
    """The day of the newest batch of a dataset that is in the release."""
    department, _, name = dataset.partition("/")
    sql = "SELECT max(batch_date) AS day FROM batch WHERE department = ? AND dataset = ? AND status = 'accepted'"
    found: date | None = rows(connection, sql, [department, name])[0]["day"]
    return found


def _ids(connection: duckdb.DuckDBPyConnection, sql: str, values: list[str]) -> tuple[str, ...]:
    return tuple(sorted({str(row["person_id"]) for row in rows(connection, sql, values)}))


def _bearings(connection: duckdb.DuckDBPyConnection, contracts: Contracts, number: str) -> tuple[Bearing, ...]:
    """Who has or had a number: by history, by the register's word or by a single record."""
    told = (
        "SELECT person_id, value AS number, department, dataset, NULL::VARCHAR AS record_key FROM person_history"
        " WHERE datum = $datum AND known_to IS NULL"
        " UNION ALL SELECT person_id, number, department, dataset, record_key FROM number_borne"
    )
    sql = (
        f"SELECT DISTINCT person_id, department, dataset, record_key FROM ({told}) SEMI JOIN person USING (person_id)"
        " WHERE number = $number"
        " QUALIFY record_key IS NOT NULL OR count(record_key) OVER (PARTITION BY person_id, department, dataset) = 0"
        " ORDER BY ALL"
    )
    found = connection.execute(sql, {"datum": contracts.catalogue.number.name, "number": number}).fetchall()
    return tuple(Bearing(*row) for row in found)


def _merged_into(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[str, ...]:
    """Who has the records of an id that nobody bears any more; an id that came back ends the way."""
    sql = (
        "WITH RECURSIVE went AS (SELECT person_id, max_by(other_person_id, release_id) AS other_person_id "
        "FROM person_change WHERE kind = 'merged' GROUP BY person_id), heir(person_id) AS ("
        "SELECT ?::VARCHAR UNION SELECT went.other_person_id FROM went JOIN heir USING (person_id) "
        "ANTI JOIN person USING (person_id)) "
        "SELECT person_id FROM heir SEMI JOIN person USING (person_id)"
    )
    return _ids(connection, sql, [person_id])


def _retired_in(connection: duckdb.DuckDBPyConnection, person_id: str) -> str | None:
    found = rows(connection, "SELECT max(release_id) AS release FROM person_change WHERE person_id = ? AND kind = 'retired'", [person_id])
    release: str | None = found[0]["release"]
    return release


def _count(value: Any) -> int:
    """How many records say so, whether the release holds the number or the list of them."""
    return len(value) if isinstance(value, list) else int(value or 0)
