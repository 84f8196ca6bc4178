"""Why a person's record says what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Contracts, Datum
from warehouse.as_of import stand_at
from warehouse.connection import open_read_only
from warehouse.dossier import imprecise_sql
from warehouse.identity import masked
from warehouse.linkage import Step, Tie, ties_of, way_of
from warehouse.lookup import (
    Bearing,
    Dispute,
    Origin,
    Release,
    open_disputes,
    origins_of,
    person_row,
    persons_called,
    release_of,
    rows,
)
from warehouse.wording import in_words, labels_of


@dataclass(frozen=True)
class ExplainedDatum:
    """One datum: ``value`` as published, ``words`` as an official reads it, its origin, who disagrees."""

    datum: str
    label: str
    label_en: str
    sensitivity: str
    value: Any
    words: str
    origins: tuple[Origin, ...]
    disputes: tuple[Dispute, ...]


@dataclass(frozen=True)
class LinkedRecord:
    """A source record's part in the person, the rule or model that joined it, and what linking said of it and others."""

    department: str
    dataset: str
    record_key: str
    role: str
    method: str
    probability: float | None
    batch_date: date | None
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True)
class Change:
    """A change of identity: created, merged, split, retired."""

    kind: str
    other_person_id: str | None
    release_id: str


@dataclass(frozen=True)
class ExplainedPerson:
    """One person; ``contradictions`` are those that no single datum of the catalogue bears."""

    person_id: str
    data: tuple[ExplainedDatum, ...]
    contradictions: tuple[Dispute, ...]
    records: tuple[LinkedRecord, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Explanation:
    """The answer. With several ``persons`` the number is borne by all of them and says nothing by itself. ``borne`` says of a number
    that nobody bears now why it leads to them.

    ``as_of`` is set when an earlier day was asked for: the values that were known then, and who said them; their
    source records are not kept.
    """

    asked: str
    release: Release
    as_of: date | None
    ambiguous: bool
    persons: tuple[ExplainedPerson, ...]
    went: tuple[Step, ...] = ()
    borne: tuple[Bearing, ...] = ()


def explain(database: Path, who: str, contracts: Contracts, as_of: date | None = None) -> Explanation:
    """Explain the person with this person id or identity number in the release ``database``.

    Raises NotFoundError, without the number in full; also for a day before the history begins.
    """
    with open_read_only(database) as connection:
        if as_of is not None:
            stand_at(connection, contracts, as_of)
        found, borne = persons_called(connection, contracts, who)
        return Explanation(
            asked=masked(who),
            release=release_of(connection),
            as_of=as_of,
            ambiguous=len(found) > 1,
            persons=tuple(_person(connection, contracts, person_id, as_of) for person_id in found),
            went=way_of(connection, who.strip()),
            borne=borne,
        )


def _person(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, person_id: str, as_of: date | None
) -> ExplainedPerson:
    disputes = open_disputes(connection, person_id)
    values, origins = person_row(connection, person_id), origins_of(connection, person_id)
    parts = _known_in_part(connection, contracts, person_id)
    told = [_datum(contracts, datum, values, origins, disputes, parts.get(datum.name)) for datum in contracts.catalogue.data]
    catalogued = {datum.name for datum in contracts.catalogue.data}
    return ExplainedPerson(
        person_id=person_id,
        data=tuple(datum for datum in told if datum.words or datum.disputes),
        contradictions=tuple(d for d in disputes if d.datum not in catalogued),
        records=_records(connection, person_id) if as_of is None else (),
        changes=_changes(connection, person_id),
    )


def _known_in_part(connection: duckdb.DuckDBPyConnection, contracts: Contracts, person_id: str) -> dict[str, str]:
    """The years and months of the days that are known no better."""
    in_part = f"SELECT datum, value FROM person_datum JOIN ({imprecise_sql(contracts)}) USING (person_id, datum) WHERE person_id = ?"
    return dict(connection.execute(in_part, [person_id]).fetchall())


def _datum(
    contracts: Contracts,
    datum: Datum,
    values: dict[str, Any],
    origins: dict[str, tuple[Origin, ...]],
    disputes: tuple[Dispute, ...],
    part: str | None,
) -> ExplainedDatum:
    value = values.get(datum.name)
    return ExplainedDatum(
        datum=datum.name,
        label=datum.label,
        label_en=datum.label_en,
        sensitivity=datum.sensitivity,
        value=value,
        words="" if value is None else part or in_words(value, labels_of(contracts, datum)),
        origins=origins.get(datum.name, ()),
        disputes=tuple(dispute for dispute in disputes if dispute.datum == datum.name),
    )


def _records(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[LinkedRecord, ...]:
    ties = ties_of(connection, person_id)
    names = ", ".join(name for name in LinkedRecord.__dataclass_fields__ if name != "ties")
    sql = (
        f"SELECT {names} FROM person_record WHERE person_id = ? "
        "ORDER BY department, dataset, record_key, role, batch_date"
    )
    found = tuple(LinkedRecord(**row) for row in rows(connection, sql, [person_id]))
    return tuple(replace(r, ties=ties.get((r.department, r.dataset, r.record_key, r.role), ())) for r in found)


def _changes(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[Change, ...]:
    names = ", ".join(Change.__dataclass_fields__)
    sql = f"SELECT {names} FROM person_change WHERE person_id = ? ORDER BY release_id"
    return tuple(Change(**row) for row in rows(connection, sql, [person_id]))
