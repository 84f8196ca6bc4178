"""The review queue: doubtful pairs of the published release, side by side, and the way of decisions into a build."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Contracts, Datum, PersonOfRow
from transforms.sql_files import sql
from transforms.take_in.ledger import BatchReport, ledger
from transforms.take_in.verdicts import judged
from warehouse.approvals import approvals
from warehouse.connection import open_read_only, scratch
from warehouse.decisions import Decision, Reference, Verdict, decide, decisions, in_force, pair_id
from warehouse.faults import NotFoundError, WrongUseError
from warehouse.home import Home
from warehouse.identity import masked_pair
from warehouse.publish import published
from warehouse.quoting import literal

REFERENCE = tuple(Reference.__dataclass_fields__)


@dataclass(frozen=True)
class Pair:
    """Two records about which nobody could say whether they are one person; no personal value in it."""

    pair_id: str
    left: Reference
    right: Reference
    rule: str | None
    weight: float | None
    probability: float | None
    evidence: Mapping[str, Any]
    why: str | None


@dataclass(frozen=True)
class SideBySide:
    """A pair with what each record says; ``data`` has a row (label, left, right) a datum that either of them tells. ``decisions`` are about
    either record; ``also_asked`` names the other pairs that wait and are about one of them.
    """

    pair: Pair
    left_person: str | None
    right_person: str | None
    data: tuple[tuple[str, str, str], ...]
    decisions: tuple[Decision, ...]
    is_masked: bool
    also_asked: tuple[str, ...] = ()


def prepare_decisions(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Fill ``link_decision`` of a build with everything ever decided; what was withdrawn says so and binds nobody."""
    connection.execute("DROP TABLE IF EXISTS link_decision")
    connection.execute(sql("link/decision"))
    rows = [
        (
            d.decision_id,
            d.decision,
            *_parts(d.left),
            *_parts(d.right),
            d.who,
            d.decided_at,
            d.why,
            d.withdrawn_at,
        )
        for d in decisions(home)
    ]
    if rows:
        connection.executemany(f"INSERT INTO link_decision VALUES ({', '.join('?' * len(rows[0]))})", rows)


def waiting(home: Home) -> tuple[Pair, ...]:
    """Doubtful pairs of the published release that nobody has decided yet, the likeliest first."""
    decided = {(d.left, d.right) for d in in_force(home)}
    with open_read_only(published(home)) as connection:
        found = _pairs(connection, "outcome = 'doubtful'")
    return tuple(pair for pair in found if tuple(sorted((pair.left, pair.right))) not in decided)


def show(home: Home, contracts: Contracts, wanted: str, *, values: bool = False) -> SideBySide:
    """One pair of the release side by side, values masked unless ``values``. Raises NotFoundError."""
    with open_read_only(published(home)) as connection:
        pair = _pair(connection, wanted)
        persons = [_person_of(connection, reference) for reference in (pair.left, pair.right)]
    batches = judged(ledger(home), contracts, approvals(home))
    left, right = (_told(contracts, batches, reference) for reference in (pair.left, pair.right))
    rows = tuple(
        (
            f"{datum.label} {datum.name}",
            *_shown(datum, left.get(datum.name, ""), right.get(datum.name, ""), values=values),
        )
        for datum in contracts.catalogue.data
        if left.get(datum.name) or right.get(datum.name)
    )
    about = tuple(d for d in decisions(home) if {d.left, d.right} & {pair.left, pair.right})
    return SideBySide(pair, persons[0], persons[1], rows, about, not values, also_asked(pair, waiting(home)))


def also_asked(pair: Pair, pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Which other pairs are about one of the two records: whoever calls several of them linked puts all their records together."""
    return tuple(p.pair_id for p in pairs if p.pair_id != pair.pair_id and {p.left, p.right} & {pair.left, pair.right})


def _shown(datum: Datum, left: str, right: str, *, values: bool) -> tuple[str, str]:
    is_open = datum.type == "code" and datum.sensitivity == "general"
    return (left, right) if values or is_open else masked_pair(left, right)


def decide_pair(home: Home, verdict: Verdict, records: tuple[str, ...], who: str, why: str) -> Decision:
    """Decide a pair of the release by its id, or any two records by their references.

    Raises NotFoundError for a record that the release does not have, WrongUseError for a decision that cannot stand.
    """
    with open_read_only(published(home)) as connection:
        if len(records) == 1:
            pair = _pair(connection, records[0])
            return decide(home, verdict, (pair.left, pair.right), who, why)
        if len(records) != 2:
            raise WrongUseError("give one pair, or two records")
        left, right = (Reference.parse(text) for text in records)
        for reference in (left, right):
            if _person_of(connection, reference) is None:
                raise NotFoundError(f"{reference}: the release has no such record")
    return decide(home, verdict, (left, right), who, why)


def _pair(connection: duckdb.DuckDBPyConnection, wanted: str) -> Pair:
    found = next((pair for pair in _pairs(connection, "true") if pair.pair_id == wanted), None)
    if found is None:
        raise NotFoundError(
            f"{wanted}: no such pair in this release; `renkou review list` shows those that wait"
        )
    return found


def _pairs(connection: duckdb.DuckDBPyConnection, condition: str) -> list[Pair]:
    columns = ", ".join(f"{side}_{name}" for side in ("left", "right") for name in REFERENCE)
    query = (
        f"SELECT {columns}, rule, weight, probability, evidence, why FROM link_pair WHERE {condition}"
        f" ORDER BY probability DESC NULLS LAST, {columns}"
    )
    pairs = []
    for row in connection.execute(query).fetchall():
        left, right, (rule, weight, probability, evidence, why) = (
            Reference(*row[:4]),
            Reference(*row[4:8]),
            row[8:],
        )
        pairs.append(
            Pair(
                pair_id(left, right),
                left,
                right,
                rule,
                weight,
                probability,
                json.loads(evidence or "{}"),
                why,
            )
        )
    return pairs


def _person_of(connection: duckdb.DuckDBPyConnection, reference: Reference) -> str | None:
    query = "SELECT person_id FROM person_record WHERE (department, dataset, record_key, role) = (?, ?, ?, ?)"
    row = connection.execute(query, list(_parts(reference))).fetchone()
    return str(row[0]) if row else None


def _told(contracts: Contracts, batches: list[BatchReport], reference: Reference) -> dict[str, str]:
    """What the newest accepted row of a record says in its role, by datum."""
    dataset = contracts.dataset(f"{reference.department}/{reference.dataset}")
    role = next(person for person in dataset.persons if person.role == reference.role)
    for batch in reversed([b for b in batches if b.dataset_id == dataset.id and b.status == "accepted"]):
        found = _row(role, batch.normalised, reference.record_key)
        if found is not None:
            return found
    raise NotFoundError(f"{reference}: its batch is no longer in landed/; restore it from the backup")


def _row(role: PersonOfRow, normalised: Path, record_key: str) -> dict[str, str] | None:
    columns = {datum: supply.column for datum, supply in role.data.items() if supply.column}
    selected = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns.values())
    with scratch() as connection:
        row = connection.execute(
            f"SELECT {selected} FROM read_parquet({literal(normalised)}) WHERE record_key = ? AND operation = 'upsert'"
            " ORDER BY part DESC, line DESC LIMIT 1",
            [record_key],
        ).fetchone()
    return (
        None
        if row is None
        else {datum: value for datum, value in zip(columns, row, strict=True) if value is not None}
    )


def _parts(reference: Reference) -> tuple[str, str, str, str]:
    return reference.department, reference.dataset, reference.record_key, reference.role
