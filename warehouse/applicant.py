"""One person's data as a form's contract may use them: by datum, via a related person, by expression."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import duckdb
from sqlglot import exp, parse_one

from contracts.model import Contracts
from warehouse.faults import RenkouError
from warehouse.lookup import (
    Dispute,
    Origin,
    Row,
    declared_value,
    open_disputes,
    origins_of,
    person_row,
    quoted,
    registers_of,
    relatives_of,
)

FILLED_ON = "filled_on"
REGISTERS = "registers"

# Between a relative's name and a datum of theirs in an expression: spouse__death_date.
OF_RELATIVE = "__"


class RelatedPerson:
    """A person of the release: values, origins and disputes, each read once when first needed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, person_id: str) -> None:
        self.connection = connection
        self.person_id = person_id

    @cached_property
    def values(self) -> Row:
        return person_row(self.connection, self.person_id)

    @cached_property
    def origins(self) -> dict[str, tuple[Origin, ...]]:
        return origins_of(self.connection, self.person_id)

    @cached_property
    def disputes(self) -> tuple[Dispute, ...]:
        return open_disputes(self.connection, self.person_id)

    @cached_property
    def registers(self) -> tuple[str, ...]:
        """The datasets that speak of the person, as department/dataset."""
        return registers_of(self.connection, self.person_id)

    def value(self, datum: str) -> Any:
        """The published value, None when there is none (an empty set says nothing either)."""
        return None if (found := self.values.get(datum)) in (None, "", []) else found

    def is_disputed(self, datum: str) -> bool:
        """Whether any department reports otherwise."""
        disagreeing = any(origin.disagreeing for origin in self.origins.get(datum, ()))
        return disagreeing or any(dispute.datum == datum for dispute in self.disputes)


class Applicant(RelatedPerson):
    """The person whom a form is about, on the day ``filled_on``."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, contracts: Contracts, person_id: str, filled_on: date
    ) -> None:
        super().__init__(connection, person_id)
        self._contracts = contracts
        self._relatives: dict[str, tuple[RelatedPerson, ...]] = {}
        self._lay_out(contracts, filled_on)

    def declared(self, asked: str) -> str | None:
        """What the person answered when a form asked for something that no department holds."""
        return declared_value(self.connection, self.person_id, asked)

    def related(self, via: str) -> tuple[RelatedPerson, ...]:
        """The relatives of that name, the foremost first; ``child.father`` are those of the foremost child."""
        if via not in self._relatives:
            first, _, rest = via.rpartition(".")
            bearers = self.related(first)[:1] if first else (self,)
            ids = [other for bearer in bearers for other in self._ids(bearer, rest)]
            self._relatives[via] = tuple(RelatedPerson(self.connection, other) for other in ids)
        return self._relatives[via]

    def _ids(self, bearer: RelatedPerson, via: str) -> tuple[str, ...]:
        """Whose id a datum of the bearer is, or who belongs to the bearer by ``relatives/``."""
        relative = self._contracts.relative(via)
        if relative is None:
            other = bearer.value(via)
            return () if other is None else (str(other),)
        return relatives_of(self.connection, relative, bearer.person_id, bearer.value(relative.same or ""))

    def computed(self, expression: str, place: str) -> Any:
        """What an expression of a contract says of the applicant. Raises RenkouError naming ``place``."""
        joins, values = self._joins(expression)
        try:
            found = self.connection.execute(f"SELECT ({expression}) FROM applicant{joins}", values).fetchone()
        except duckdb.Error as error:
            # The engine's own words may quote a value.
            kind = type(error).__name__
            raise RenkouError(f"{place}: cannot be computed ({kind}); mend the form") from None
        return found[0] if found else None

    def _joins(self, expression: str) -> tuple[str, list[Any]]:
        """What an expression reads beside the applicant's own row."""
        joins, values = "", list[Any]()
        for name in columns_read(expression):
            via, _, datum = name.partition(OF_RELATIVE)
            if name == REGISTERS:
                joins += f" CROSS JOIN (SELECT CAST(? AS VARCHAR[]) AS {REGISTERS})"
                values.append(list(self.registers))
            elif datum:
                joins += (
                    f" LEFT JOIN (SELECT {quoted(datum)} AS {quoted(name)} FROM person WHERE person_id = ?) ON true"
                )
                others = self.related(via)
                values.append(others[0].person_id if others else None)
        return joins, values

    def _lay_out(self, contracts: Contracts, filled_on: date) -> None:
        """The applicant as a table of one row: an expression reads that row, not the population."""
        held = {row[0] for row in self.connection.execute("DESCRIBE person").fetchall()}
        newer = [datum.name for datum in contracts.catalogue.data if datum.name not in held]
        extra = "".join(f", NULL AS {quoted(name)}" for name in newer)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE applicant AS SELECT *{extra}, CAST(? AS DATE) AS {FILLED_ON} "
            "FROM person WHERE person_id = ?",
            [filled_on, self.person_id],
        )


@lru_cache(maxsize=4096)
def columns_read(expression: str) -> tuple[str, ...]:
    """Names of the columns that an expression of a contract reads."""
    columns = parse_one(expression, read="duckdb").find_all(exp.Column)
    return tuple(dict.fromkeys(column.name for column in columns))


@lru_cache(maxsize=4096)
def data_used(expression: str) -> tuple[tuple[str | None, str], ...]:
    """The data that an expression reads, each with the relative whose it is, None for the applicant."""
    names = (name for name in columns_read(expression) if name not in (FILLED_ON, REGISTERS, "person_id"))
    parts = (name.partition(OF_RELATIVE) for name in names)
    return tuple((via, datum) if datum else (None, via) for via, _, datum in parts)


def weakest(standings: Iterable[str]) -> str | None:
    """The least authoritative standing: what a citizen declared, then a fallback's word, then the owner's."""
    order = ("declared", "fallback", "owner")
    found = set(standings)
    return next((standing for standing in order if standing in found), None)
