"""What a form may need of one person, laid together when a release is made, so that it is found by one look.

Table ``dossier``: one row per person, with the identity number that the person bears now; ``told`` is JSON. Table ``bearer``: one row
per person and number borne before. All are found by an index: in a table of a million wide rows, a look without one reads
thousands of rows in every column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import duckdb

from contracts.model import Contracts, Relative
from warehouse.doubts import doubts_sql
from warehouse.lookup import Origin, Row, literal, quoted

# So many persons' dossiers are made at a time: lists of all that is said of a million persons do not fit into the memory allowed.
AT_A_TIME = 200_000

# A household has a few members; a number that thousands share is no household.
MOST_RELATIVES = 50

# An origin as one short text: thirty of them are most of a dossier.
ORIGIN = (
    "concat_ws('|', datum, department, dataset, coalesce(batch_date::VARCHAR, ''), standing, coalesce(disagreeing, 0)::VARCHAR)"
)

TYPED: dict[str, Callable[[Any], Any]] = {"date": date.fromisoformat, "amount": lambda value: Decimal(str(value))}


@dataclass(frozen=True)
class Dossier:
    """A person's published values, where each is from, what is disputed, which datasets speak of the person, whose kin."""

    person_id: str
    values: Row
    origins: dict[str, tuple[Origin, ...]]
    disputed: frozenset[str]
    registers: tuple[str, ...]
    relatives: dict[str, tuple[str, ...]]
    declared: dict[str, str]


def write_dossiers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``dossier`` and ``bearer`` from the tables of a release; the last step of making one."""
    # Left to itself, DuckDB keeps texts of this length as they are: three times the size.
    connection.execute("CREATE OR REPLACE TABLE dossier (person_id VARCHAR, number VARCHAR, told VARCHAR USING COMPRESSION fsst)")
    for persons in _slices(connection):
        connection.execute(f"INSERT INTO dossier {_dossiers(contracts, persons)}")
    connection.execute(f"CREATE OR REPLACE TABLE bearer AS {_bearers(contracts)}")
    connection.execute("CREATE INDEX dossier_person ON dossier (person_id)")
    connection.execute("CREATE INDEX dossier_number ON dossier (number)")
    connection.execute("CREATE INDEX bearer_number ON bearer (number)")


def view_dossiers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Put what the tables of an earlier day say in the place of ``dossier`` and ``bearer``, for this connection alone."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW dossier AS {_dossiers(contracts)}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW bearer AS {_bearers(contracts)}")


class Dossiers:
    """Finds dossiers in a release that stays open: both looks are planned once and run many times."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
        self._connection = connection
        self._data = tuple(datum.name for datum in contracts.catalogue.data)
        self._typed = {datum.name: TYPED[datum.type] for datum in contracts.catalogue.data if datum.type in TYPED}
        connection.execute("PREPARE dossier_of AS SELECT told FROM dossier WHERE person_id = $1::VARCHAR")
        connection.execute("PREPARE dossiers_of_number AS SELECT person_id, told FROM dossier WHERE number = $1::VARCHAR")
        connection.execute("PREPARE former_bearers AS SELECT person_id FROM bearer WHERE number = $1::VARCHAR")

    def of(self, person_id: str) -> Dossier | None:
        """One person's dossier, None for an id that nobody has."""
        found = self._connection.execute(f"EXECUTE dossier_of({literal(person_id)})").fetchone()
        return None if found is None else self._read(person_id, json.loads(found[0]))

    def several(self, person_ids: Sequence[str]) -> tuple[Dossier, ...]:
        """The dossiers of several persons, in their order, by one look; an id that nobody has is passed over."""
        if len(person_ids) < 2:
            return tuple(dossier for person_id in person_ids if (dossier := self.of(person_id)))
        listed = ", ".join(map(literal, person_ids))
        rows = self._connection.execute(f"SELECT person_id, told FROM dossier WHERE person_id IN ({listed})").fetchall()
        found = {person_id: self._read(person_id, json.loads(told)) for person_id, told in rows}
        return tuple(found[person_id] for person_id in person_ids if person_id in found)

    def bearers(self, number: str) -> tuple[Dossier, ...]:
        """Those of everyone who bears the number now; failing that, of those who bore it before."""
        found = self._connection.execute(f"EXECUTE dossiers_of_number({literal(number)})").fetchall()
        if found:
            return tuple(self._read(person_id, json.loads(told)) for person_id, told in sorted(found))
        former = self._connection.execute(f"EXECUTE former_bearers({literal(number)})").fetchall()
        return tuple(dossier for (person_id,) in sorted(former) if (dossier := self.of(person_id)))

    def _read(self, person_id: str, told: Row) -> Dossier:
        values: Row = dict.fromkeys(self._data) | told["person"]
        for name, typed in self._typed.items():
            if values[name] is not None:
                values[name] = typed(values[name])
        return Dossier(
            person_id=person_id,
            values=values,
            origins=dict(map(_origin, told["origins"] or ())),
            disputed=frozenset(told["disputed"] or ()),
            registers=tuple(told["registers"] or ()),
            relatives={name: tuple(ids or ()) for name, ids in (told["relatives"] or {}).items()},
            declared={each["datum"]: each["value"] for each in told["declared"] or ()},
        )


def _origin(told: str) -> tuple[str, tuple[Origin, ...]]:
    datum, _, rest = told.partition("|")
    return datum, _origins(rest)


@lru_cache(maxsize=4096)
def _origins(told: str) -> tuple[Origin, ...]:
    """Few sources and days say all that is said: one origin serves thousands of persons."""
    department, dataset, day, standing, disagreeing = told.split("|")
    batch_date = date.fromisoformat(day) if day else None
    return (Origin(department, dataset, None, batch_date, standing, 0, int(disagreeing)),)


# --- making -----------------------------------------------------------------------------------------------------


def _slices(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """SQL conditions that part all persons by their ids."""
    firsts = connection.execute(
        f"SELECT person_id FROM person QUALIFY row_number() OVER (ORDER BY person_id) % {AT_A_TIME} = 1 ORDER BY person_id"
    ).fetchall()
    bounds = [literal(first) for (first,) in firsts]
    return [
        f"person_id >= {low}" + (f" AND person_id < {high}" if high else "") for low, high in zip_longest(bounds, bounds[1:])
    ]


def _dossiers(contracts: Contracts, persons: str = "true") -> str:
    """SQL for the dossiers of the persons that a condition on ``person_id`` names."""
    catalogued = ", ".join(literal(datum.name) for datum in contracts.catalogue.data)
    kin = "".join(_kin_table(relative) for relative in contracts.relatives)
    joins = "".join(f" LEFT JOIN kin_{relative.id} USING (person_id)" for relative in contracts.relatives)
    relatives = ", ".join(f"{literal(relative.id)}: kin_{relative.id}.ids" for relative in contracts.relatives)
    kept = f"{{{relatives}}}" if relatives else "NULL"
    return (
        "WITH"
        f" origin AS (SELECT person_id, list({ORIGIN})"
        f" FILTER (datum IN ({catalogued})) AS origins, list({{'datum': datum, 'value': value}})"
        f" FILTER (datum NOT IN ({catalogued})) AS declared FROM person_datum WHERE {persons} GROUP BY person_id),"
        " register AS (SELECT person_id, list_sort(list(DISTINCT department || '/' || dataset)) AS registers"
        f" FROM person_record WHERE {persons} GROUP BY person_id),"
        f" dispute AS (SELECT person_id, list(datum) AS disputed FROM ({doubts_sql(contracts)}) GROUP BY person_id)"
        f"{kin} SELECT person.person_id, person.{quoted(_number(contracts))} AS number,"
        f" to_json({{'person': json_merge_patch('{{}}', to_json(person)),"
        " 'origins': origins, 'declared': declared,"
        f" 'registers': registers, 'disputed': disputed, 'relatives': {kept}}})::VARCHAR AS told"
        " FROM person LEFT JOIN origin USING (person_id) LEFT JOIN register USING (person_id)"
        f" LEFT JOIN dispute USING (person_id){joins} WHERE {persons}"
    )


def _kin_table(relative: Relative) -> str:
    """The relatives of one kind for each person who has any, the foremost first."""
    order = f"{relative.order}, " if relative.order else ""
    ties = (*relative.of, *((relative.same,) if relative.same else ()))
    columns = ", ".join(quoted(name) for name in ties)
    where = f" WHERE {relative.where}" if relative.where else ""
    name = f"kin_{relative.id}"
    members = (
        f"SELECT person_id AS relative, {columns}, row_number() OVER (ORDER BY {order}person_id) AS place"
        f" FROM person{where}"
    )
    if relative.same:
        shared = quoted(relative.same)
        others = "list_filter(members, lambda each: each <> person.person_id)"
        ids = "members" if relative.includes_self else others
        return (
            f", {name} AS (SELECT person.person_id,"
            f" {ids} AS ids FROM person JOIN (SELECT {shared},"
            f" list_slice(list(relative ORDER BY place), 1, {MOST_RELATIVES}) AS members FROM ({members}) WHERE {shared}"
            f" IS NOT NULL GROUP BY {shared}) AS household ON household.{shared} = person.{shared})"
        )
    rows = " UNION ".join(
        f"SELECT {quoted(tie)} AS person_id, relative, place FROM member WHERE {quoted(tie)} IS NOT NULL"
        for tie in relative.of
    )
    return (
        f", {name} AS (WITH member AS ({members}) SELECT person_id, list(relative ORDER BY place) AS ids"
        f" FROM ({rows}){'' if relative.includes_self else ' WHERE relative <> person_id'} GROUP BY person_id)"
    )


def _bearers(contracts: Contracts) -> str:
    return (
        "SELECT DISTINCT value AS number, person_id FROM person_history SEMI JOIN person USING (person_id)"
        f" WHERE datum = {literal(_number(contracts))} AND known_to IS NULL"
    )


def _number(contracts: Contracts) -> str:
    return next(d.name for d in contracts.catalogue.data if d.type == "identity_number")
