"""What was known on each day is what was published on it, and no day has two values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.county import DAYS, Travelled
from tests.support.release import opened, rows
from warehouse.explain import explain
from warehouse.extract import extract_as_of, subscribers
from warehouse.faults import NotFoundError
from warehouse.home import Home
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry

HELD = """
    SELECT person_id, datum, value FROM person_history
    WHERE coalesce(known_from <= DATE '{day}', true) AND coalesce(known_to > DATE '{day}', true)
      AND coalesce(valid_from <= DATE '{day}', true) AND coalesce(valid_to > DATE '{day}', true)"""
# Former numbers that the register itself states were never published, and have ended.
PUBLISHED = "SELECT person_id, datum, value FROM person_datum"


@pytest.mark.parametrize("day", DAYS)
def test_what_was_known_on_a_day_is_what_was_published_on_it(day: date, travelled: Travelled) -> None:
    release = travelled.home.warehouse / f"release_{day:%Y%m%d}-01.duckdb"
    then = set(rows(release, PUBLISHED))
    now = set(rows(travelled.home.current, HELD.format(day=day)))
    assert (then - now, now - then) == (set(), set())


def test_something_has_changed(travelled: Travelled) -> None:
    changed = dict(rows(travelled.home.current, "SELECT known_to, count(*) FROM person_history GROUP BY ALL"))
    assert {day for day in changed if day} == set(DAYS[1:])
    assert changed[None] > 20_000


def test_only_what_changes_is_written(travelled: Travelled) -> None:
    first = travelled.home.warehouse / f"release_{DAYS[0]:%Y%m%d}-01.duckdb"
    assert rows(first, "SELECT count(*) FROM history_since") == [(0,)]
    with opened(travelled.home.current) as release:
        (written,) = release.execute("SELECT count(*) FROM history_past").fetchone() or (0,)
        (shown,) = release.execute("SELECT count(*) FROM person_history").fetchone() or (0,)
    assert 0 < written < 0.1 * shown


def test_no_two_values_are_held_for_the_same_day_at_the_same_time(travelled: Travelled) -> None:
    overlapping = rows(
        travelled.home.current,
        """
        WITH spans AS (
            SELECT row_number() OVER () AS number, person_id, datum,
                   coalesce(valid_from, DATE '0001-01-01') AS vf, coalesce(valid_to, DATE '9999-12-31') AS vt,
                   known_from AS kf, coalesce(known_to, DATE '9999-12-31') AS kt
            FROM person_history WHERE (person_id, datum) IN (SELECT (person_id, datum) FROM history_past))
        SELECT a.datum, a.vf, a.vt, a.kf, a.kt, b.vf, b.vt, b.kf, b.kt
        FROM spans AS a JOIN spans AS b USING (person_id, datum)
        WHERE a.number < b.number AND a.vf < b.vt AND b.vf < a.vt AND a.kf < b.kt AND b.kf < a.kt
          AND a.datum <> 'id_number'""",
    )
    assert overlapping == []


def test_no_span_of_time_is_empty(travelled: Travelled) -> None:
    empty = "SELECT * FROM person_history WHERE valid_from >= valid_to OR known_from >= known_to"
    assert rows(travelled.home.current, empty) == []


# --- as of an earlier day ---------------------------------------------------------------------------------------


def _first(travelled: Travelled) -> Path:
    return travelled.home.warehouse / f"release_{DAYS[0]:%Y%m%d}-01.duckdb"


def test_explain_tells_what_was_known_then_and_who_said_it(travelled: Travelled, own_contracts: Contracts) -> None:
    (who,) = rows(
        travelled.home.current,
        f"SELECT any_value(person_id) FROM person_history WHERE known_to = DATE '{DAYS[1]}' AND department IS NOT NULL",
    )[0]
    then = explain(_first(travelled).resolve(), who, own_contracts).persons[0]
    told = explain(travelled.home.current.resolve(), who, own_contracts, as_of=DAYS[0]).persons[0]
    assert [(d.datum, d.value, d.words) for d in told.data if d.value is not None] == [
        (d.datum, d.value, d.words) for d in then.data if d.value is not None
    ]
    assert all(origin.department for d in told.data for origin in d.origins)


def test_a_form_is_filled_with_what_was_known_then(travelled: Travelled, own_contracts: Contracts) -> None:
    ids = rows(_first(travelled), "SELECT id_number FROM person WHERE id_number IS NOT NULL ORDER BY person_id LIMIT 3")
    for form in own_contracts.forms[::15]:
        for (number,) in ids:
            asked = Inquiry(form.id, number, form.purposes[0], "1", DAYS[2])
            then = prefill(_first(travelled).resolve(), own_contracts, asked)
            now = Inquiry(form.id, number, form.purposes[0], "1", DAYS[2], as_of=DAYS[0])
            told = prefill(travelled.home.current.resolve(), own_contracts, now)
            assert [(f.name, f.value) for f in told.fields] == [(f.name, f.value) for f in then.fields]


def test_an_extract_holds_what_was_known_then(travelled: Travelled, own_contracts: Contracts, tmp_path: Path) -> None:
    subscriber = subscribers(own_contracts)[0]
    home = Home(tmp_path)
    told = extract_as_of(travelled.home.current.resolve(), own_contracts, subscriber, home, DAYS[0])
    assert told.folder == home.extracts / subscriber / "as_of" / f"{DAYS[0]:%Y%m%d}"
    (subscription,) = [s for s in own_contracts.subscriptions if s.subscriber == subscriber]
    where = f"WHERE {subscription.where}" if subscription.where else ""
    assert rows(_first(travelled), f"SELECT count(*) FROM person {where}") == [(told.rows,)]
    assert not (home.extracts / subscriber / "current").exists()


def test_an_earlier_day_than_the_history_is_said_plainly(travelled: Travelled, own_contracts: Contracts) -> None:
    with pytest.raises(NotFoundError, match="the history begins on 2026-11-20"):
        explain(travelled.home.current.resolve(), "P000000000001", own_contracts, as_of=date(2026, 11, 1))
