"""What a form may need of one person, laid together when a release is made, so that it is found by one look.

Table ``dossier``: one row per person, with the identity number that the person bears now; ``told`` is JSON. Table ``bearer``: one row
per number borne before and person who bore it, or has it by a record alone. All are found by an index: in a table of a million wide
rows, a look without one reads thousands of rows in every column. Table ``dossier_origin``: what the numbers in a dossier's ``origins``
stand for, as a few registers and days tell where all values are from.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import duckdb

from contracts.model import Contracts
from warehouse.doubts import doubts_sql
from warehouse.kin import MOST_RELATIVES, kin_sql
from warehouse.lookup import Origin, Row
from warehouse.quoting import identifier, literal, literals

# So many persons' dossiers are made at a time: lists of all that is said of a million persons do not fit into the memory allowed.
AT_A_TIME = 200_000

# So many numbers that were looked for are remembered: a new release is read for them before it is served.
LATELY = 500

# What an origin says, beside its number.
ORIGIN = "datum, department, dataset, batch_date, standing, disagreeing"

# Left to itself, DuckDB keeps long texts as they are, three times the size, and packs keys by tens of thousands, all of which are
# unpacked for one look.
DOSSIER_COLUMNS = (
    "person_id VARCHAR USING COMPRESSION uncompressed, number VARCHAR USING COMPRESSION uncompressed, told VARCHAR USING COMPRESSION fsst"
)
BEARER_COLUMNS = "number VARCHAR USING COMPRESSION uncompressed, person_id VARCHAR USING COMPRESSION uncompressed"

FEN = Decimal("0.01")  # JSON keeps no nought at an amount's end
TYPED: dict[str, Callable[[Any], Any]] = {"date": date.fromisoformat, "amount": lambda value: Decimal(str(value)).quantize(FEN)}


@dataclass(frozen=True)
class Dossier:
    """A person's published values, where each is from, what is disputed, which datasets speak of the person, whose kin.

    ``imprecise`` are the days of which the year or the month alone is known: their values are the first day of it; of those
    ``to_the_month`` the month is.
    """

    person_id: str
    values: Row
    origins: dict[str, tuple[Origin, ...]]
    disputed: frozenset[str]
    imprecise: frozenset[str]
    to_the_month: frozenset[str]
    registers: tuple[str, ...]
    relatives: dict[str, tuple[str, ...]]
    declared: dict[str, tuple[str, date | None]]  # answers to what only people can say, and the day of each


def write_dossiers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``dossier`` and ``bearer`` from the tables of a release; the last step of making one.

    Needs ``number_borne``, ``dossier_origin`` and ``person_origins``: one row per person with the numbers of the origins of its values.
    """
    for name, rows in _beside(contracts).items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}")
    connection.execute(f"CREATE OR REPLACE TABLE dossier ({DOSSIER_COLUMNS})")
    for persons in _slices(connection):
        connection.execute(f"INSERT INTO dossier {_dossiers(contracts, persons)}")
    connection.execute(f"CREATE OR REPLACE TABLE bearer ({BEARER_COLUMNS})")
    connection.execute(f"INSERT INTO bearer {_bearers_for_certain(contracts)}")
    index_dossiers(connection)


def index_dossiers(connection: duckdb.DuckDBPyConnection) -> None:
    """Let dossiers be found by person and by number."""
    connection.execute("CREATE INDEX dossier_person ON dossier (person_id)")
    connection.execute("CREATE INDEX dossier_number ON dossier (number)")
    connection.execute("CREATE INDEX bearer_number ON bearer (number)")


def lay_out_dossiers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Put what the tables of an earlier day say in the place of ``dossier`` and ``bearer``, for this connection alone."""
    number_origins(connection, contracts)
    for name, rows in (_beside(contracts) | {"bearer": _bearers(contracts)}).items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW dossier AS {_dossiers(contracts)}")


def number_origins(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Make ``dossier_origin`` and ``person_origins``, for this connection alone, from the rows of ``person_datum``."""
    said = f"SELECT person_id, {ORIGIN} FROM person_datum WHERE datum IN ({_catalogued(contracts)})"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE dossier_origin AS SELECT row_number() OVER ()::INTEGER AS origin_no, {ORIGIN}"
        f" FROM (SELECT DISTINCT {ORIGIN} FROM ({said}))"
    )
    same = " AND ".join(f"said.{name} IS NOT DISTINCT FROM o.{name}" for name in ORIGIN.split(", "))
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW person_origins AS SELECT person_id, list(origin_no) AS origins"
        f" FROM ({said}) AS said JOIN dossier_origin AS o ON {same} GROUP BY person_id"
    )


class Dossiers:
    """Finds dossiers in a release that stays open; the engine plans a look by an index anew each time, prepared or not."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
        self._connection = connection
        self._nothing: Row = dict.fromkeys(datum.name for datum in contracts.catalogue.data)
        self._data = tuple(name for name, *_ in connection.execute("DESCRIBE person").fetchall() if name != "person_id")
        self._typed = {datum.name: TYPED[datum.type] for datum in contracts.catalogue.data if datum.type in TYPED}
        self._origins = _numbered(connection)
        self.lately: deque[str] = deque(maxlen=LATELY)  # numbers that were looked for

    def warm(self, numbers: Iterable[str]) -> None:
        """Read from the file what looks for these numbers need, and the indexes: a first look waits long for them."""
        found = self._connection.execute(f"SELECT person_id FROM dossier WHERE number IN ({_listed(numbers)})").fetchall()
        ids = _listed(person_id for (person_id,) in found)
        self._connection.execute(f"SELECT sum(strlen(told)) FROM dossier WHERE person_id IN ({ids})").fetchall()

    def of(self, person_id: str) -> Dossier | None:
        """One person's dossier, None for an id that nobody has."""
        found = self._connection.execute(f"SELECT told FROM dossier WHERE person_id = {literal(person_id)}").fetchone()
        return None if found is None else self._read(person_id, json.loads(found[0]))

    def several(self, person_ids: Sequence[str]) -> tuple[Dossier, ...]:
        """The dossiers of several persons, in their order, by one look; an id that nobody has is passed over."""
        if len(person_ids) < 2:
            return tuple(dossier for person_id in person_ids if (dossier := self.of(person_id)))
        rows = self._connection.execute(f"SELECT person_id, told FROM dossier WHERE person_id IN ({_listed(person_ids)})").fetchall()
        found = {person_id: self._read(person_id, json.loads(told)) for person_id, told in rows}
        return tuple(found[person_id] for person_id in person_ids if person_id in found)

    def bearers(self, number: str) -> tuple[Dossier, ...]:
        """Those of everyone who bears the number now; failing that, of those who bore it before."""
        self.lately.append(number)
        found = self._connection.execute(f"SELECT person_id, told FROM dossier WHERE number = {literal(number)}").fetchall()
        if found:
            return tuple(self._read(person_id, json.loads(told)) for person_id, told in sorted(found))
        former = self._connection.execute(f"SELECT person_id FROM bearer WHERE number = {literal(number)}").fetchall()
        return tuple(dossier for (person_id,) in sorted(former) if (dossier := self.of(person_id)))

    def _read(self, person_id: str, told: Row) -> Dossier:
        values = self._nothing | dict(zip(self._data, told["values"], strict=True)) | {"person_id": person_id}
        for name, typed in self._typed.items():
            if values[name] is not None:
                values[name] = typed(values[name])
        return Dossier(
            person_id=person_id,
            values=values,
            origins=dict(self._origins[number] for number in told["origins"] or ()),
            disputed=frozenset(told["disputed"] or ()),
            registers=tuple(told["registers"] or ()),
            relatives={name: tuple(ids or ()) for name, ids in (told["relatives"] or {}).items()},
            # a release that an earlier version made tells neither the days known in part nor the day of an answer
            imprecise=frozenset(told.get("imprecise") or ()),
            to_the_month=frozenset(told.get("to_the_month") or ()),
            declared={each["datum"]: (each["value"], _day(each.get("said_on"))) for each in told["declared"] or ()},
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _listed(texts: Iterable[str]) -> str:
    return literals(texts) or "''"


def _numbered(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, tuple[Origin, ...]]]:
    """What each number of an origin stands for: a datum and where its value is from."""
    rows = connection.execute(f"SELECT origin_no, {ORIGIN} FROM dossier_origin").fetchall()
    return {
        number: (datum, (Origin(department, dataset, None, batch_date, standing, 0, int(disagreeing or 0)),))
        for number, datum, department, dataset, batch_date, standing, disagreeing in rows
    }


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


def _beside(contracts: Contracts) -> dict[str, str]:
    """What is read beside ``person`` for the dossiers, by name: relatives of each kind, data in doubt, and days known in part."""
    ids = f"SELECT who AS person_id, min_by(person_id, place, {MOST_RELATIVES}) AS ids"
    kin = {f"kin_{r.id}": f"{ids} FROM ({kin_sql(r, contracts)}) GROUP BY who" for r in contracts.relatives}
    in_doubt = f"SELECT person_id, list_sort(list(datum)) AS disputed FROM ({doubts_sql(contracts)}) GROUP BY person_id"
    return kin | {"in_doubt": in_doubt, "in_part": in_part_sql(contracts)}


def _dossiers(contracts: Contracts, persons: str = "true") -> str:
    """SQL for the dossiers of the persons that a condition on ``person_id`` names."""
    answer = "{'datum': datum, 'value': value, 'said_on': batch_date}"
    declared = f"list({answer}) AS declared FROM person_datum WHERE datum NOT IN ({_catalogued(contracts)})"
    registers = "list_sort(list(DISTINCT department || '/' || dataset)) AS registers FROM person_record WHERE true"
    relatives = ", ".join(f"{literal(relative.id)}: kin_{relative.id}.ids" for relative in contracts.relatives)
    kept = f"{{{relatives}}}" if relatives else "NULL"
    values = ", ".join(f"person.{identifier(datum.name)}" for datum in contracts.catalogue.data)
    of_these = "".join(
        f" LEFT JOIN (FROM {name} WHERE {persons}) AS {name} USING (person_id)" for name in ("person_origins", *_beside(contracts))
    )
    return (
        f"WITH told AS (SELECT person_id, {declared} AND {persons} GROUP BY person_id),"
        f" register AS (SELECT person_id, {registers} AND {persons} GROUP BY person_id)"
        f" SELECT person.person_id, person.{identifier(contracts.catalogue.number.name)} AS number,"
        f" to_json({{'values': json_array({values}), 'origins': person_origins.origins, 'declared': told.declared,"
        " 'registers': register.registers, 'disputed': in_doubt.disputed,"
        " 'imprecise': in_part.imprecise, 'to_the_month': in_part.to_the_month,"
        f" 'relatives': {kept}}})::VARCHAR AS told"
        f" FROM person LEFT JOIN told USING (person_id) LEFT JOIN register USING (person_id){of_these} WHERE {persons}"
    )


def imprecise_sql(contracts: Contracts) -> str:
    """Rows (person_id, datum, is_month) of the days of which ``person_datum`` tells the year or the month alone."""
    days = ", ".join(literal(datum.name) for datum in contracts.catalogue.data if datum.type == "date")
    return (
        "SELECT person_id, datum, length(value) = 7 AS is_month"
        f" FROM person_datum WHERE datum IN ({days or 'NULL'}) AND length(value) IN (4, 7)"
    )


def in_part_sql(contracts: Contracts) -> str:
    """One row per person of whom some days are known in part: the names of those, and of those of which the month is known."""
    to_the_month = "coalesce(list_sort(list(datum) FILTER (is_month)), []) AS to_the_month"
    return f"SELECT person_id, list_sort(list(datum)) AS imprecise, {to_the_month} FROM ({imprecise_sql(contracts)}) GROUP BY person_id"


def _catalogued(contracts: Contracts) -> str:
    return ", ".join(literal(datum.name) for datum in contracts.catalogue.data)


def _bearers(contracts: Contracts) -> str:
    """SQL: who bore a number that is another now; the one borne now is found in the dossier."""
    number = identifier(contracts.catalogue.number.name)
    return (
        "SELECT DISTINCT h.value AS number, h.person_id FROM person_history AS h JOIN person AS p USING (person_id)"
        f" WHERE h.datum = {literal(contracts.catalogue.number.name)} AND h.known_to IS NULL AND h.value IS DISTINCT FROM p.{number}"
    )


def _bearers_for_certain(contracts: Contracts) -> str:
    """SQL: who bore a number before, by history or by the word of the register that answers for numbers; and whoever else has that
    number by a record alone, which makes it nobody's for certain.
    """
    former = _bearers(contracts)
    borne = f"SELECT number FROM ({former}) UNION SELECT number FROM number_borne WHERE is_stated"
    return f"{former} UNION SELECT number, person_id FROM number_borne WHERE number IN ({borne})"
