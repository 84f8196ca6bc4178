"""A value that returns, and deliveries of days that are past: when it was so and when it was known stay apart."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import Contracts
from tests.support.county import agreed, travel_ungated
from tests.support.identity import REGISTER, Story, number
from tests.support.landing import Landing
from tests.support.release import rows
from warehouse.explain import explain
from warehouse.extract import extract_as_of
from warehouse.home import Home
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry
from warehouse.publish import releases

DAYS = [date(2026, 11, day) for day in (20, 21, 22, 23)]
HOMES = ["浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区灵隐路2号"]
BACK = number("33010619590409141")
OLD = {"id_number": BACK, "name": "岳观潮", "sex": "2", "birth_date": "19590409"}
GONE = number("33010619480712163")
DEAD = {"id_number": GONE, "name": "沈半山", "sex": "2"}
DIED = "2026-11-18"
CHILD_WAS, CHILD_IS = number("33010620241105392"), number("33010620241105417")
MENDED_WAS, MENDED_IS = number("33010620190603275"), number("33010620190603558")
TAKEN_WAS, TAKEN_IS = number("33010620180512366"), number("33010620180512389")
GUEST, REGIONS = number("33010619910117287"), ("330106001001", "330106002002")
AGAIN = number("33010619850306293")
MOTHER, ADOPTS = number("33010619950101122"), number("33010619900202344")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Home A, B and A again; on the fourth day come a register of the second day that was mended and a certificate of the first.

    A child is adopted on the second day, another one's number and given name are corrected, a third one goes with them to another
    household. A permit is given and taken back on that day, and who has one for long moves; a third one ends on it, and there is another
    the day after.
    """
    story = Story(Home(tmp_path_factory.mktemp("both_times") / "home"))
    landing = Landing(story.home.root / "landing", agreed())
    story.resident("mother", id_number=MOTHER, name="上官婉", sex="2", birth_date="19950101")
    story.resident("adopts", id_number=ADOPTS, name="令狐真", sex="2", birth_date="19900202")
    permit = {"permit_no": "p1", "name": "公孙去", "id_number": number("33010619880811207"), "birth_date": "1988-08-11"}
    changes = ({"change": "I", "updated_at": "20261120080000"}, {"change": "D", "updated_at": "20261120090000"})
    guest = {"permit_no": "p2", "change": "U", "name": "南宫客", "id_number": GUEST, "birth_date": "1991-01-17", "issued_on": "2025-09-26"}
    lives = [guest | {"residence_region": region, "updated_at": f"{day:%Y%m%d}080000"} for region, day in zip(REGIONS, DAYS, strict=False)]
    again = {"name": "西门返", "id_number": AGAIN, "birth_date": "1985-03-06"}
    held = [again | {"permit_no": f"p{3 + place}", "residence_region": region} for place, region in enumerate(REGIONS)]
    begun, ended = held[0] | {"change": "I", "updated_at": "20261120080000"}, held[0] | {"change": "D", "updated_at": "20261121080000"}
    landing.put("police/residence_permit", [lives[0], begun], DAYS[0])
    landing.put("police/residence_permit", [*(permit | change for change in changes), lives[1], ended], DAYS[1])
    for place, day in ((0, "20"), (1, "21"), (0, "22")):
        if day != "22":
            landing.put("health/birth", [child(story, is_adopted=day == "21")], story.day)
        else:
            landing.put("police/residence_permit", [held[1] | {"change": "I", "updated_at": "20261122080000"}], story.day)
        story.resident("mended", **renumbered(day != "20", MENDED_WAS, MENDED_IS, "h1"))
        story.resident("taken", **renumbered(day != "20", TAKEN_WAS, TAKEN_IS, "h1" if day == "20" else "h2"))
        story.resident("back", **OLD, residence_address=HOMES[place], updated_at=f"202611{day}000000")
        story.resident("gone", **DEAD, birth_date="19480712", residence_address=HOMES[0])
        story.deliver()
    mended = story.held[REGISTER]["back"] | {"residence_address": "浙江省杭州市西湖区虎跑路3号", "updated_at": "20261121000001"}
    landing.put(REGISTER, [*(row for key, row in story.held[REGISTER].items() if key != "back"), mended], DAYS[1])
    certificate = {"death_cert_no": "d1", "change": "upsert", "birth_date": "1948-07-12", "death_date": f"{DIED} 06:00:00"}
    landing.put("health/death", [DEAD | certificate], DAYS[0])
    landing.put(REGISTER, [dict(row, phone="13957100001") for row in story.held[REGISTER].values()], DAYS[3])
    (story.home.builds / f"{DAYS[2]:%Y%m%d}.json").write_text('{"stops": ["a gate"]}')
    travel_ungated(story.home, landing.root)
    return story


def child(story: Story, is_adopted: bool) -> dict[str, Any]:
    """Register the child of the one mother, or of the other under another name and number; answers the certificate of birth."""
    mother = {"mother_id_number": ADOPTS, "mother_name": "令狐真"} if is_adopted else {"mother_id_number": MOTHER, "mother_name": "上官婉"}
    id_number, name = (CHILD_IS, "令狐安") if is_adopted else (CHILD_WAS, "上官安")
    former = {"former_id_number": CHILD_WAS} if is_adopted else {}
    updated = "20261121000000" if is_adopted else "20261101000000"
    story.resident("child", id_number=id_number, name=name, birth_date="20241105", sex="1", updated_at=updated, **former)
    certificate = {"change": "upsert", "birth_cert_no": "b1", "birth_date": "2024-11-05 08:00:00", "sex": "1"}
    return certificate | mother | {"child_name": name, "child_id_number": id_number}


def renumbered(is_it: bool, was: str, now: str, household: str) -> dict[str, Any]:
    """A child of a household, before or after its register has given it another number and given name."""
    told = {"household_no": household, "relation_to_head": "20", "birth_date": was[6:14], "sex": "1"}
    if not is_it:
        return told | {"id_number": was, "name": "东方平"}
    return told | {"id_number": now, "name": "东方安", "former_id_number": was, "updated_at": "20261121000000"}


def spans(story: Story, key: str, datum: str) -> list[tuple[Any, ...]]:
    """Who said what, from when to when it was so, from when to when it was held for true."""
    return rows(
        story.home.current,
        "SELECT value, valid_from, valid_to, known_from, known_to FROM person_history"
        f" WHERE person_id = '{story.person(REGISTER, key)}' AND datum = '{datum}' ORDER BY known_from, valid_from NULLS FIRST",
    )


def as_of(story: Story, day: date, contracts: Contracts) -> dict[str, Any]:
    person = explain(story.home.current.resolve(), story.person(REGISTER, "back"), contracts, as_of=day).persons[0]
    return {told.datum: told.value for told in person.data}


def test_a_value_that_returns_has_been_twice(story: Story) -> None:
    first, second = HOMES
    told = spans(story, "back", "residence_address")
    held = [(value, valid_from, valid_to) for value, valid_from, valid_to, _, known_to in told if known_to is None]
    assert held == [(first, None, DAYS[1]), (second, DAYS[1], DAYS[2]), (first, DAYS[2], None)]


def test_explain_goes_back_through_all_of_them(story: Story, own_contracts: Contracts) -> None:
    told = [as_of(story, day, own_contracts)["residence_address"] for day in DAYS]
    assert told == [HOMES[0], HOMES[1], HOMES[0], HOMES[0]]


@pytest.mark.parametrize(("day", "place"), list(zip(DAYS, (0, 1, 0, 0), strict=True)))
def test_a_form_and_an_extract_go_back_too(
    day: date, place: int, story: Story, own_contracts: Contracts, tmp_path: Path
) -> None:
    release = story.home.current.resolve()
    asked = Inquiry("low_income_margin", BACK, "低保边缘认定", "1", DAYS[3], as_of=day)
    (told,) = [field.value for field in prefill(release, own_contracts, asked).fields if field.name == "residence_address"]
    assert told == HOMES[place]
    folder = extract_as_of(release, own_contracts, "health", Home(tmp_path), day).folder
    query = f"SELECT residence_address FROM read_parquet('{folder}/**/*.parquet') WHERE id_number = '{BACK}'"
    assert duckdb.sql(query).fetchall() == [(HOMES[place],)]


def test_a_person_of_whom_nothing_is_published_is_delivered_from_the_first_release_with_it(
    story: Story, own_contracts: Contracts, tmp_path: Path
) -> None:
    release = story.home.current.resolve()
    unknown = "SELECT person_id FROM person WHERE person_id NOT IN (SELECT person_id FROM person_history)"
    ((person,),) = rows(release, unknown)
    everybody = tuple(s.model_copy(update={"where": None}) for s in own_contracts.subscriptions)
    contracts = own_contracts.model_copy(update={"subscriptions": everybody})
    for day in DAYS[:2]:
        folder = extract_as_of(release, contracts, "health", Home(tmp_path), day).folder
        delivered = duckdb.sql(f"SELECT person_id FROM read_parquet('{folder}/**/*.parquet')").fetchall()
        assert ((person,) in delivered) == (day == DAYS[1])


def test_what_was_mended_of_a_day_that_is_past_does_not_displace_what_came_later(story: Story) -> None:
    assert rows(story.home.current, f"SELECT residence_address FROM person WHERE id_number = '{BACK}'") == [(HOMES[0],)]
    batches = "SELECT batch_date, status FROM batch WHERE department || '/' || dataset = '{}' ORDER BY ALL"
    assert rows(story.home.current, batches.format(REGISTER)) == [(day, "accepted") for day in DAYS]
    assert rows(story.home.current, batches.format("health/death")) == [(DAYS[0], "accepted")]


def test_a_late_death_lies_on_its_day_and_is_known_from_the_first_release_with_it(story: Story, own_contracts: Contracts) -> None:
    """It came with the fourth day's deliveries; what was published on the third stands."""
    (told,) = spans(story, "gone", "death_date")
    assert (told[0], *told[3:]) == (DIED, DAYS[3], None)
    assert releases(story.home)[:2] == (f"{DAYS[3]:%Y%m%d}-01", f"{DAYS[2]:%Y%m%d}-01")
    assert rows(story.home.current, "SELECT kind, occurred_on, known_on FROM event_log WHERE kind = 'death'") == [
        ("death", date.fromisoformat(DIED), DAYS[3])
    ]
    person = explain(story.home.current.resolve(), story.person(REGISTER, "gone"), own_contracts, as_of=DAYS[2]).persons[0]
    assert {told.datum: told.value for told in person.data}.get("death_date") is None


def test_who_has_a_permit_moves_on_the_day_of_the_change_and_not_of_the_permit(story: Story) -> None:
    told = rows(story.home.current, "SELECT record_key, occurred_on FROM event WHERE kind = 'move'")
    assert told == [("p2", DAYS[1])]
    ((who,),) = rows(story.home.current, f"SELECT person_id FROM person WHERE id_number = '{GUEST}'")
    held = "SELECT value, valid_from, valid_to FROM person_history WHERE datum = 'residence_region' AND known_to IS NULL"
    assert rows(story.home.current, f"{held} AND person_id = '{who}' ORDER BY valid_from NULLS FIRST") == [
        (REGIONS[0], None, DAYS[1]),
        (REGIONS[1], DAYS[1], None),
    ]


def test_who_comes_back_after_a_day_without_any_record_did_not_always_live_there(story: Story) -> None:
    ((who,),) = rows(story.home.current, f"SELECT person_id FROM person WHERE id_number = '{AGAIN}'")
    held = "SELECT value, valid_from, valid_to FROM person_history WHERE datum = 'residence_region' AND known_to IS NULL"
    assert rows(story.home.current, f"{held} AND person_id = '{who}' ORDER BY valid_from NULLS FIRST") == [
        (REGIONS[0], None, DAYS[1]),
        (REGIONS[1], DAYS[2], None),
    ]


def test_what_a_stopped_build_of_an_earlier_day_left_is_not_waited_for(story: Story) -> None:
    assert [left.name for left in story.home.builds.iterdir()] == [".lock"]


def test_an_adopted_child_is_never_shown_with_what_it_was(story: Story) -> None:
    child, mother = story.person(REGISTER, "child"), story.person(REGISTER, "mother")
    assert rows(story.home.current, f"SELECT id_number, mother FROM person WHERE person_id = '{child}'") == [
        (CHILD_IS, story.person(REGISTER, "adopts"))
    ]
    assert rows(story.home.current, "FROM person_change WHERE kind IN ('merged', 'split')") == []
    assert rows(story.home.current, f"FROM person_origin WHERE person_id = '{mother}'") == []
    tables = rows(story.home.current, "SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = 'person_id' AND NOT internal")
    assert len(tables) > 10
    told = {
        (table, was)
        for (table,) in tables
        for was in (CHILD_WAS, "上官安", mother)
        for _ in rows(story.home.current, f"FROM {table} AS r WHERE person_id = '{child}' AND contains(r::VARCHAR, '{was}')")
    }
    assert told == set()


def test_a_childs_corrected_number_is_no_adoption(story: Story) -> None:
    for datum, was, now in (("id_number", MENDED_WAS, MENDED_IS), ("name", "东方平", "东方安")):
        assert spans(story, "mended", datum) == [
            (was, None, None, DAYS[0], DAYS[1]),
            (was, None, DAYS[1], DAYS[1], None),
            (now, DAYS[1], None, DAYS[1], None),
        ]


def test_a_child_with_another_number_in_another_household_is_shown_with_these_alone(story: Story) -> None:
    told = [spans(story, "taken", datum) for datum in ("id_number", "name", "household_no")]
    assert told == [[(value, DAYS[1], None, DAYS[1], None)] for value in (TAKEN_IS, "东方安", "h2")]
