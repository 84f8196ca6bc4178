"""Follow what happened to persons from a cursor on (高效办成一件事)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contracts.model import Contracts
from warehouse.connection import open_read_only
from warehouse.faults import WrongUseError
from warehouse.lookup import rows

AT_ONCE = 10_000
COLUMNS = "sequence, event_id, change, kind, person_id, occurred_on, department, dataset, record_key, known_on, release_id"


def kinds_of_events(contracts: Contracts) -> dict[str, tuple[str, str]]:
    """Every kind that can be told, with its words in Chinese and English."""
    told = {event.kind: (event.kind, event.kind) for dataset in contracts.datasets for event in dataset.events}
    return dict(sorted((told | {kind.id: (kind.label, kind.label_en) for kind in contracts.event_kinds}).items()))


def follow(database: Path, contracts: Contracts, since: int = 0, kinds: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """What was told after the cursor ``since``, in order; the ``cursor`` of the last one goes on from there.

    ``change`` is new, corrected (the event of this ``event_id`` was otherwise) or withdrawn (it was not). Raises WrongUseError for
    a kind that there is not.
    """
    known = kinds_of_events(contracts)
    for kind in kinds:
        if kind not in known:
            raise WrongUseError(f"no event is of kind {kind!r}; there are: {', '.join(known)}")
    return _follow(database, known, since, tuple(kinds))


def _follow(
    database: Path, known: dict[str, tuple[str, str]], since: int, kinds: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    wanted = "AND list_contains(?, kind)" if kinds else ""
    asked = f"SELECT {COLUMNS} FROM event_log WHERE sequence > ? {wanted} ORDER BY sequence LIMIT {AT_ONCE}"
    with open_read_only(database) as connection:
        cursor = since
        while found := rows(connection, asked, [cursor, *([list(kinds)] if kinds else [])]):
            for row in found:
                cursor = row.pop("sequence")
                label, label_en = known.get(row["kind"], (row["kind"], row["kind"]))
                yield {"cursor": cursor, **row, "label": label, "label_en": label_en}
