"""What was known on each day is what was published on it, and no day has two values."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.county import DAYS, Travelled
from tests.support.release import opened, rows

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
