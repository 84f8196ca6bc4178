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
from warehouse.identity import masked, tidy

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


def quoted(name: str) -> str:
    """A name of a contract as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


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


def persons_with_number(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, typed: str
) -> tuple[str, ...]:
    """Ids of everyone who bears the number now; failing that, in its 15-digit form, or who bore it before."""
    number = tidy(typed)
    datum = next(d.name for d in contracts.catalogue.data if d.type == "identity_number")
    column = quoted(datum)
    return (
        _ids(connection, f"SELECT person_id FROM person WHERE {column} = ?", [number])
        or _by_short_form(connection, column, number)
        or _ids(
            connection,
            "SELECT person_id FROM person_history SEMI JOIN person USING (person_id) "
            "WHERE datum = ? AND value = ? AND known_to IS NULL",
            [datum, number],
        )
    )


def persons_called(connection: duckdb.DuckDBPyConnection, contracts: Contracts, who: str) -> tuple[str, ...]:
    """Ids for a person id (also one that was merged away) or an identity number.

    Raises NotFoundError, which shows a number masked only.
    """
    found = _ids(connection, "SELECT person_id FROM person WHERE person_id = ?", [who.strip()])
    found = found or _merged_into(connection, who.strip()) or persons_with_number(connection, contracts, who)
    if not found and (retired := _retired_in(connection, who.strip())):
        raise NotFoundError(f"{who.strip()} went out of use in release {retired}: no record of this person is left")
    if not found:
        raise NotFoundError(f"nobody in this release has the person id or identity number {masked(who)}")
    return found


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


def _by_short_form(connection: duckdb.DuckDBPyConnection, column: str, number: str) -> tuple[str, ...]:
    """15 digits, as issued before 1999, lack the century and the check character of the 18."""
    if len(number) != 15 or not number.isdigit():
        return ()
    return _ids(
        connection,
        f"SELECT person_id FROM person WHERE {column} LIKE ? || '19' || ? || '_'",
        [number[:6], number[6:]],
    )


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
