"""One person's data as a form's contract may use them: by datum, via a related person, by expression."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

import duckdb
from sqlglot import exp, parse_one

from contracts.model import Contracts, FormField
from warehouse.faults import RenkouError
from warehouse.lookup import Dispute, Origin, Row, open_disputes, origins_of, person_row, quoted

FILLED_ON = "filled_on"


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
        self._lay_out(contracts, filled_on)

    def related(self, via: str) -> RelatedPerson | None:
        """The person whose id is this datum's value."""
        other = self.value(via)
        return None if other is None else RelatedPerson(self.connection, str(other))

    def computed(self, expression: str, place: str) -> Any:
        """What an expression of a contract says of the applicant. Raises RenkouError naming ``place``."""
        try:
            found = self.connection.execute(f"SELECT ({expression}) FROM applicant").fetchone()
        except duckdb.Error as error:
            # The engine's own words may quote a value.
            kind = type(error).__name__
            raise RenkouError(f"{place}: cannot be computed ({kind}); mend the form") from None
        return found[0] if found else None

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


@lru_cache(maxsize=1024)
def data_used(expression: str) -> tuple[str, ...]:
    """Names of the data that an expression of a contract reads."""
    columns = parse_one(expression, read="duckdb").find_all(exp.Column)
    return tuple(dict.fromkeys(column.name for column in columns if column.name != FILLED_ON))


def data_of(field: FormField) -> tuple[str, ...]:
    """Names of the applicant's data that a field needs before it can be filled."""
    if field.expression is not None:
        return data_used(field.expression)
    return tuple(name for name in (field.via or field.datum,) if name is not None)


def weakest(standings: Iterable[str]) -> str | None:
    """The least authoritative standing: what a citizen declared, then a fallback's word, then the owner's."""
    order = ("declared", "fallback", "owner")
    found = set(standings)
    return next((standing for standing in order if standing in found), None)
