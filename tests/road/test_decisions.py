"""A decision is heeded by the next run, though nothing new was delivered, and once only."""

from __future__ import annotations

import pytest

from tests.support.county import agreed
from tests.support.identity import RECORD, REGISTER, Story, number
from tests.support.landing import DAY
from tests.support.release import rows
from transforms import road
from warehouse.decisions import withdraw
from warehouse.home import Home


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    told = Story(Home(tmp_path_factory.mktemp("decided")))
    told.resident("p1", id_number=number("33010619800307123"), name="王小明", birth_date="19800307", sex="1")
    told.clinic("h1", name="王晓敏", birth_date="1980-03-07", sex="1")
    told.deliver()
    return told


def test_a_decision_and_its_withdrawal_each_make_the_newest_day_anew(story: Story) -> None:
    day = [DAY]
    assert road.days_to_build(story.home, agreed()) == []

    taken = story.decide("linked", (REGISTER, "p1"), (RECORD, "h1"))
    assert road.days_to_build(story.home, agreed()) == day
    story.build_again()
    assert road.days_to_build(story.home, agreed()) == []
    in_release = rows(story.home.current, "SELECT decision_id, decision, who, withdrawn_at IS NULL FROM link_decision")
    assert in_release == [("D000001", "linked", "王科长", True)]

    withdraw(story.home, taken.decision_id, "王科长", "mistaken")
    assert road.days_to_build(story.home, agreed()) == day
