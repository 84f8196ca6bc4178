"""What happened to persons is told once and in order, and again only when it was otherwise."""

from __future__ import annotations

from collections import Counter

import pytest

from contracts.model import Contracts
from tests.support.county import DAYS, Travelled
from tests.support.release import rows
from tests.support.truth import Scored
from warehouse.events import follow, kinds_of_events
from warehouse.faults import WrongUseError


def test_the_feed_is_numbered_without_a_gap(travelled: Travelled) -> None:
    (count, first, last, days) = rows(
        travelled.home.current, "SELECT count(*), min(sequence), max(sequence), count(DISTINCT known_on) FROM event_log"
    )[0]
    assert (first, last, days) == (1, count, len(DAYS))


def test_a_later_release_only_adds_to_the_feed(travelled: Travelled) -> None:
    columns = "sequence, event_id, change, kind, person_id, occurred_on, record_key, known_on, release_id"
    first = travelled.home.warehouse / f"release_{DAYS[0]:%Y%m%d}-01.duckdb"
    before = rows(first, f"SELECT {columns} FROM event_log ORDER BY sequence")
    now = rows(travelled.home.current, f"SELECT {columns} FROM event_log ORDER BY sequence LIMIT {len(before)}")
    assert now == before


def test_an_event_stands_once(travelled: Travelled, own_contracts: Contracts) -> None:
    once = tuple(kind.id for kind in own_contracts.event_kinds if kind.once)
    twice = f"SELECT kind, person_id FROM event WHERE kind IN {once!r} GROUP BY ALL HAVING count(*) > 1"
    assert rows(travelled.home.current, twice) == []
    many = "SELECT kind, department, dataset, record_key, person_id FROM event GROUP BY ALL HAVING count(*) > 1"
    assert rows(travelled.home.current, many) == []


def test_what_was_told_last_of_an_event_is_what_stands(travelled: Travelled) -> None:
    """A subscriber who keeps the newest row of each event id, and drops what was withdrawn, has the table event."""
    followed = """
        SELECT event_id, kind, person_id, occurred_on FROM event_log
        QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY sequence DESC) = 1 AND change <> 'withdrawn'"""
    stands = "SELECT event_id, kind, person_id, occurred_on FROM event"
    assert rows(travelled.home.current, f"({followed}) EXCEPT ({stands})") == []
    assert rows(travelled.home.current, f"({stands}) EXCEPT ({followed})") == []


def test_the_cursor_goes_on_from_where_it_was(travelled: Travelled, own_contracts: Contracts) -> None:
    told = list(follow(travelled.home.current.resolve(), own_contracts))
    assert [event["cursor"] for event in told] == list(range(1, len(told) + 1))
    half = len(told) // 2
    assert list(follow(travelled.home.current.resolve(), own_contracts, half)) == told[half:]
    deaths = list(follow(travelled.home.current.resolve(), own_contracts, half, ["death"]))
    assert deaths == [event for event in told[half:] if event["kind"] == "death"]


def test_an_unknown_kind_is_said(travelled: Travelled, own_contracts: Contracts) -> None:
    with pytest.raises(WrongUseError, match="there are: birth, cremation"):
        follow(travelled.home.current, own_contracts, kinds=["brith"])


def test_what_changes_from_day_to_day_is_told(travelled: Travelled, own_contracts: Contracts) -> None:
    told = Counter(rows(travelled.home.current, f"SELECT kind, change FROM event_log WHERE known_on > DATE '{DAYS[0]}'"))
    assert {"birth", "death", "move", "registration", "employment"} <= {kind for kind, change in told if change == "new"}
    assert {change for _, change in told} == {"new", "corrected", "withdrawn"}
    assert {kind for kind, _ in told} <= set(kinds_of_events(own_contracts))


def test_a_death_that_was_withdrawn_is_told_to_be_so(found: Scored) -> None:
    withdrawn = found.ask("""
        SELECT DISTINCT p.true_ids[1] FROM true_planted AS p
        JOIN partner ON partner.true_id = p.true_ids[1]
        WHERE p.kind = 'false_death_withdrawn' AND p.batch_date > '20261120'""")
    told = found.ask("""
        SELECT DISTINCT true_id FROM partner JOIN w.event_log AS l USING (person_id)
        WHERE l.kind = 'death' AND l.change IN ('withdrawn', 'corrected')""")
    assert {who for (who,) in withdrawn} <= {who for (who,) in told}
