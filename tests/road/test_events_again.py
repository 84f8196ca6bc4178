"""What happened stays, though its record goes on to tell what happened next; a slip that is mended is a correction."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.county import agreed
from tests.support.identity import Story, number
from tests.support.landing import DAY, Landing
from tests.support.release import rows
from warehouse.home import Home

JOBS = "hr/employment"
DAYS = [DAY + timedelta(days) for days in range(4)]
BEGAN, MENDED = date(2020, 3, 1), date(2020, 4, 1)
MOVES = {"id_number": number("33010619790921495"), "name": "宇文拓", "sex": "1", "birth_date": "19790921"}
WORKS = {"certificate_no": "works", "id_number": number("33010619810922497"), "name": "司空图", "employment_status": "1"}
SLIP = {"certificate_no": "slip", "id_number": number("33010619820922491"), "name": "太史慈", "employment_status": "1"}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One moves out, comes back and moves out again; one loses the job, finds another and changes it, on one certificate."""
    story = Story(Home(tmp_path_factory.mktemp("again") / "home"))
    landing = Landing(story.home.root / "landing", agreed())
    jobs: list[dict[str, Any]] = [{}, {"employment_status": "2"}, {"begun_on": f"{DAYS[2]}"}, {"begun_on": f"{DAYS[3]}"}]
    for day, job in zip(DAYS, jobs, strict=True):
        updated = {"updated_at": f"{day} 08:00:00"}
        out = {"hukou_status": "3", "cancelled_on": f"{day:%Y%m%d}"} if day in DAYS[1::2] else {}
        story.resident("moves", **MOVES, **out, updated_at=f"{day:%Y%m%d}080000")
        begun = {"begun_on": f"{BEGAN if day == DAY else MENDED}"}
        landing.put(JOBS, [WORKS | {"begun_on": f"{BEGAN}"} | job | updated, SLIP | begun | updated], story.day)
        story.deliver()
    return story


def told(story: Story, record_key: str) -> list[tuple[Any, ...]]:
    query = f"SELECT kind, change, occurred_on FROM event_log WHERE record_key = '{record_key}' ORDER BY sequence"
    return rows(story.home.current, query)


def stands(story: Story, record_key: str) -> list[tuple[Any, ...]]:
    query = f"SELECT kind, occurred_on FROM event WHERE record_key = '{record_key}' ORDER BY occurred_on, kind"
    return rows(story.home.current, query)


def test_who_moves_out_again_has_moved_out_twice(story: Story) -> None:
    happened = [("move", DAYS[1]), ("return", DAYS[2]), ("move", DAYS[3])]
    assert told(story, "moves") == [(kind, "new", day) for kind, day in happened]
    assert stands(story, "moves") == happened


def test_another_job_does_not_undo_the_one_before_nor_become_the_first(story: Story) -> None:
    happened = [("employment", BEGAN), ("first_job", BEGAN), ("employment", DAYS[2]), ("employment", DAYS[3])]
    assert told(story, "works") == [(kind, "new", day) for kind, day in happened]
    assert stands(story, "works") == happened


def test_a_day_that_is_mended_is_a_correction(story: Story) -> None:
    kinds = ("employment", "first_job")
    assert told(story, "slip") == [(kind, change, day) for change, day in (("new", BEGAN), ("corrected", MENDED)) for kind in kinds]
    assert stands(story, "slip") == [(kind, MENDED) for kind in kinds]
