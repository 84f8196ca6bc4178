"""Why records are in one person, and what spoke against: the pairs that linking told of, and what people decided."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.lookup import rows

RecordKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Tie:
    """What a record has to do with another: ``outcome`` linked, doubtful, rejected or cut; ``decided`` names the decision
    of a person over the two, where there is one in force. ``other_person_id`` is where the other record is.
    """

    department: str
    dataset: str
    record_key: str
    role: str
    other_person_id: str | None
    outcome: str
    rule: str | None
    weight: float | None
    probability: float | None
    evidence: dict[str, Any]
    why: str | None
    decided: str | None


@dataclass(frozen=True)
class Step:
    """Where an id that went under has gone: into ``other_person_id`` (none when no record was left), in a release."""

    person_id: str
    kind: str
    other_person_id: str | None
    release_id: str


def ties_of(connection: duckdb.DuckDBPyConnection, person_id: str) -> dict[RecordKey, tuple[Tie, ...]]:
    """For each record of a person what linking said of it and other records, what joins before what speaks against."""
    found: dict[RecordKey, list[Tie]] = defaultdict(list)
    for row in rows(connection, _TIES, [person_id]):
        mine = tuple(row.pop(f"my_{name}") for name in ("department", "dataset", "record_key", "role"))
        row["evidence"] = json.loads(row["evidence"] or "{}")
        found[mine].append(Tie(**row))
    return {record: tuple(ties) for record, ties in found.items()}


def way_of(connection: duckdb.DuckDBPyConnection, person_id: str) -> tuple[Step, ...]:
    """The way of an id that nobody bears any more, step by step to the person who has its records; empty for one that lives."""
    steps: list[Step] = []
    here: str | None = person_id
    while here is not None and not rows(connection, "SELECT 1 FROM person WHERE person_id = ?", [here]):
        last = rows(
            connection,
            "SELECT person_id, kind, other_person_id, release_id FROM person_change"
            " WHERE person_id = ? AND kind IN ('merged', 'retired') ORDER BY release_id DESC LIMIT 1",
            [here],
        )
        if not last or last[0]["other_person_id"] in {step.person_id for step in steps}:
            break
        steps.append(Step(**last[0]))
        here = steps[-1].other_person_id
    return tuple(steps)


_SIDES = ("left", "right")


def _side(mine: str, other: str) -> str:
    names = ("department", "dataset", "record_key", "role")
    own = ", ".join(f"pair.{mine}_{name} AS my_{name}" for name in names)
    others = ", ".join(f"pair.{other}_{name} AS {name}" for name in names)
    matches = " AND ".join(f"pair.{mine}_{name} = mine.{name}" for name in names)
    return f"SELECT {own}, {others}, pair.* FROM told AS pair JOIN mine ON {matches}"


_COLUMNS = ", ".join(
    f"{side}_{name}" for side in _SIDES for name in ("department", "dataset", "record_key", "role")
)
_TIES = f"""
WITH mine AS (
    SELECT department, dataset, record_key, role FROM person_record WHERE person_id = ?
), decided AS (
    SELECT * FROM link_decision WHERE withdrawn_at IS NULL
), told AS (
    SELECT {_COLUMNS}, outcome, rule, weight, probability, evidence, why, NULL AS decided FROM link_pair
    UNION ALL
    SELECT {_COLUMNS}, decision AS outcome, 'decision' AS rule, NULL, NULL, NULL, why, decision_id || ' ' || who FROM decided
), tie AS (
    {_side("left", "right")} UNION ALL {_side("right", "left")}
)
SELECT my_department, my_dataset, my_record_key, my_role, tie.department, tie.dataset, tie.record_key, tie.role,
       other.person_id AS other_person_id, outcome, rule, weight, tie.probability, evidence, why, decided
FROM tie
LEFT JOIN person_record AS other USING (department, dataset, record_key, role)
ORDER BY outcome <> 'linked', weight DESC NULLS LAST, tie.department, tie.dataset, tie.record_key, tie.role
"""
