"""What becomes of persons when records come, change, are decided over and go: situations that master data has to stand.

The first ten are those of SanteDB's master data management (cases 1 to 10 of its README), told of our registers, and the
last three its cases 11 to 13, where the record of truth is the one of the register that answers for a datum; the
bridge and the record between two persons are what OpenCR's re-linking must get right. All of them live in one county,
each with people of its own, so that four builds tell them all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts, Form
from tests.support.identity import INSURED, RECORD, REGISTER, Story, number
from tests.support.landing import DAY
from tests.support.release import rows
from warehouse.decisions import withdraw
from warehouse.explain import explain
from warehouse.extract import extract
from warehouse.home import Home
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry

HAN = {"sex": "1"}


def born(day: str) -> dict[str, str]:
    return {"birth_date": day}


def iso(day: str) -> dict[str, str]:
    return {"birth_date": f"{day[:4]}-{day[4:6]}-{day[6:]}"}


class Person:
    """Somebody made up: a number, a name and a birth date, as register, insurance and clinic tell them."""

    def __init__(self, body: str, name: str) -> None:
        self.number, self.name, self.day = number(body), name, body[6:14]
        self.sex = str(2 - int(body[16]) % 2)

    def told(self, **other: Any) -> dict[str, Any]:
        return {"id_number": self.number, "name": self.name, "birth_date": self.day, "sex": self.sex} | other

    def at_clinic(self, **other: Any) -> dict[str, Any]:
        return self.told(**iso(self.day)) | other


ALONE = Person("33010619610307111", "孟广田")
TWICE = Person("33010619620412133", "柳成荫")
LATE = Person("33010619630518155", "褚遂安")
DRIFT = Person("33010619640623177", "蓝采和")
OTHER = Person("33010619650729199", "应长庚")
STICKY = Person("33010619660802213", "池上楼")
APART = Person("33010619670907235", "费孝先")
TORN = Person("33010619681012257", "詹天一")
MOVED = Person("33010619760610439", "归有光")
FATHER, SON = Person("33010619691117279", "屠岸夷"), Person("33010619701222291", "宣子谦")
ONE, TWO = Person("33010619710115313", "裘千仞"), Person("33010619720220335", "竺可进")
BRIDGE, BANK = Person("33010619730325357", "骆宾生"), Person("33010619740430379", "阮嗣同")
BABY = Person("33010620261105392", "诸葛小满")
NEW = Person("33010619750505417", "端木蕻")
TRUE = Person("33010619770711451", "公孙树")
CORRECTED = Person("33010619780817473", "令狐雁")
SECOND, THIRD = number("33010619780817475"), number("33010619780818479")
AWAY = Person("33010619790921495", "宇文拓")
DOCTOR = "申屠济"
HELD: dict[str, dict[str, str]] = {}


def first_day(s: Story) -> None:
    s.resident("alone", **ALONE.told())
    s.resident("twice", **TWICE.told())
    s.resident("late", **LATE.told())
    s.clinic("late", **LATE.at_clinic(id_number=None, name="褚大夫"))
    s.resident("drift", **DRIFT.told())
    s.resident("other", **OTHER.told())
    s.clinic("drift", **DRIFT.at_clinic())
    s.insured("drift|110", **DRIFT.told())
    s.resident("sticky", **STICKY.told())
    s.clinic("sticky", **STICKY.at_clinic(id_number=None, name="池先生", **iso("19660101")))
    s.resident("apart", **APART.told())
    s.clinic("apart", **APART.at_clinic(id_number=None, name="费老师", **iso("19670101")))
    s.resident("torn", **TORN.told())
    s.clinic("torn", **TORN.at_clinic())
    s.resident("moved", **MOVED.told())
    s.clinic("moved", **MOVED.at_clinic(id_number=None, name="归老", **iso("19760101")))
    s.resident("father", **FATHER.told())
    s.clinic("father", **FATHER.at_clinic())
    s.insured("son|110", **SON.told())
    s.clinic("son", **SON.at_clinic())
    s.resident("one", **ONE.told())
    s.insured("one|110", **ONE.told())
    s.resident("two", **TWO.told())
    s.insured("two|110", **TWO.told())
    s.clinic("two", **TWO.at_clinic())
    s.resident("bridge", **BRIDGE.told())
    s.insured("bank|110", **BANK.told())
    s.clinic("baby", **BABY.at_clinic(id_number=None))
    s.clinic("true", **TRUE.at_clinic(name="公孙述", family_doctor=DOCTOR))
    s.insured("true|110", **TRUE.told(name="公孙述"))
    s.resident("corrected", **CORRECTED.told())
    s.insured("corrected|110", **CORRECTED.told(birth_date=None))
    s.resident("away", **AWAY.told())


def second_day(s: Story) -> None:
    """The same people come again elsewhere, a slip is mended, and people decide."""
    s.clinic("twice", **TWICE.at_clinic())
    s.clinic("late", **LATE.at_clinic())
    s.clinic("drift", **OTHER.at_clinic())
    s.resident("alone", **ALONE.told(name="孟浩", phone="13957100001", residence_address="别处"))
    s.resident("baby", **BABY.told())
    s.resident("true", **TRUE.told())
    s.resident("corrected", **CORRECTED.told(id_number=SECOND, former_id_number=CORRECTED.number))
    s.resident("away", **AWAY.told(hukou_status="3", cancelled_on="20261121", updated_at="20261121080000"))


def third_day(s: Story) -> None:
    """What was decided is put to the test: the linked become unlike, the parted alike; two persons get one number."""
    s.clinic("sticky", **STICKY.at_clinic(id_number=None, name="司徒雷", **iso("19991231")))
    s.clinic("apart", **APART.at_clinic())
    s.resident("true", **TRUE.told(name="公孙术", former_name=TRUE.name))
    s.resident("corrected", **CORRECTED.told(id_number=THIRD, former_id_number=SECOND))
    s.resident("away", **AWAY.told(updated_at="20261122080000"))
    s.resident("two", **TWO.told(id_number=ONE.number, name=ONE.name, birth_date=ONE.day))
    s.insured("two|110", **ONE.told())
    s.clinic("two", **ONE.at_clinic())
    s.resident(
        "bridge", **BRIDGE.told(former_id_number=BANK.number, former_name=BANK.name, birth_date=BANK.day)
    )


def fourth_day(s: Story) -> None:
    """The department takes its mistakes back; somebody comes besides, as no file is ever quite the one of before."""
    s.gone(RECORD, "moved")
    s.resident("new", **NEW.told())
    s.insured("new|110", **NEW.told())
    s.resident("two", **TWO.told())
    s.insured("two|110", **TWO.told())
    s.clinic("two", **TWO.at_clinic())
    s.resident("bridge", **BRIDGE.told())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    s = Story(Home(tmp_path_factory.mktemp("situations")))
    for number_of_day, day in enumerate((first_day, second_day, third_day, fourth_day), start=1):
        if number_of_day == 3:
            s.decide("linked", (REGISTER, "sticky"), (RECORD, "sticky"))
            s.decide("not_linked", (REGISTER, "apart"), (RECORD, "apart"))
            s.decide("not_linked", (REGISTER, "torn"), (RECORD, "torn"))
            s.decide("linked", (REGISTER, "father"), (INSURED, "son|110"))
            s.decide("linked", (REGISTER, "moved"), (RECORD, "moved"))
        if number_of_day == 4:
            withdraw(s.home, "D000004", "王科长", "father and son")
        day(s)
        s.deliver()
        HELD[f"day {number_of_day}"] = {
            f"{department}/{dataset} {key}": person
            for department, dataset, key, person in rows(
                s.home.current, "SELECT department, dataset, record_key, person_id FROM person_record"
            )
        }
    return s


def on(day: int, dataset: str, key: str) -> str:
    """The person that a record was in on a day."""
    return HELD[f"day {day}"][f"{dataset} {key}"]


@pytest.mark.usefixtures("story")
class TestRecordsComeAndChange:
    def test_1_a_record_like_no_other_is_a_person_of_its_own(self) -> None:
        others = {person for record, person in HELD["day 1"].items() if record != f"{REGISTER} alone"}
        assert on(1, REGISTER, "alone") not in others

    def test_2_a_record_of_somebody_known_joins_the_person_and_its_id(self) -> None:
        assert on(2, RECORD, "twice") == on(1, REGISTER, "twice") == on(2, REGISTER, "twice")

    def test_3_a_likeness_alone_makes_no_person(self) -> None:
        assert on(1, RECORD, "late") != on(1, REGISTER, "late")

    def test_4_a_person_of_one_record_keeps_its_id_whatever_the_record_becomes(self) -> None:
        assert {on(day, REGISTER, "alone") for day in (1, 2, 3, 4)} == {on(1, REGISTER, "alone")}

    def test_5_a_record_mended_joins_and_its_own_id_says_where_it_went(self, story: Story) -> None:
        kept, gone = on(1, REGISTER, "late"), on(1, RECORD, "late")
        assert on(2, RECORD, "late") == on(2, REGISTER, "late")
        assert {on(2, REGISTER, "late")} <= {kept, gone}
        (went,) = {kept, gone} - {on(2, REGISTER, "late")}
        answer = explain(story.home.current.resolve(), went, load(OWN))
        assert [person.person_id for person in answer.persons] == [on(4, REGISTER, "late")]
        assert [(step.person_id, step.other_person_id) for step in answer.went] == [
            (went, on(2, REGISTER, "late"))
        ]
        then = explain(story.home.current.resolve(), went, load(OWN), as_of=DAY)
        assert [[change.kind for change in person.changes] for person in then.persons if person.person_id == went] == [["created"]]

    def test_6_a_record_that_drifts_away_goes_to_whom_it_now_speaks_of(self, story: Story) -> None:
        assert on(1, RECORD, "drift") == on(1, REGISTER, "drift") == on(1, INSURED, "drift|110")
        assert on(2, RECORD, "drift") == on(2, REGISTER, "other") == on(1, REGISTER, "other")
        assert on(2, REGISTER, "drift") == on(1, REGISTER, "drift")
        assert ("split", on(2, REGISTER, "other"), on(2, REGISTER, "drift")) not in story.changes()

    def test_a_number_corrected_again_stays_with_who_bears_the_first_elsewhere(self) -> None:
        records = ((REGISTER, "corrected"), (INSURED, "corrected|110"))
        assert len({on(day, *record) for day in (1, 2, 3, 4) for record in records}) == 1


    def test_who_moved_out_and_came_back_has_done_both(self, story: Story) -> None:
        who = on(4, REGISTER, "away")
        told = rows(story.home.current, f"SELECT kind, change, occurred_on FROM event_log WHERE person_id = '{who}' ORDER BY sequence")
        out, back = DAY + timedelta(days=1), DAY + timedelta(days=2)
        assert told == [("move", "new", out), ("return", "new", back)]
        stands = rows(story.home.current, f"SELECT kind, occurred_on FROM event WHERE person_id = '{who}' ORDER BY occurred_on")
        assert stands == [("move", out), ("return", back)]


@pytest.mark.usefixtures("story")
class TestPeopleDecide:
    def test_7_what_a_person_linked_is_one(self) -> None:
        assert on(2, RECORD, "sticky") != on(2, REGISTER, "sticky")
        assert on(3, RECORD, "sticky") == on(3, REGISTER, "sticky")

    def test_8_the_link_holds_when_the_records_become_unlike(self) -> None:
        assert on(4, RECORD, "sticky") == on(4, REGISTER, "sticky")

    def test_9_what_a_person_parted_stays_apart_when_the_records_become_alike(self) -> None:
        assert on(3, RECORD, "apart") != on(3, REGISTER, "apart")
        assert on(4, RECORD, "apart") != on(4, REGISTER, "apart")

    def test_10_records_that_a_rule_joined_are_parted_for_good(self) -> None:
        assert on(2, RECORD, "torn") == on(2, REGISTER, "torn")
        assert len({on(day, dataset, "torn") for day in (3, 4) for dataset in (RECORD, REGISTER)}) == 2

    def test_11_a_link_withdrawn_is_undone_with_the_ids_of_before(self) -> None:
        assert on(3, INSURED, "son|110") == on(3, REGISTER, "father")
        for day in (1, 2, 4):
            assert on(day, INSURED, "son|110") == on(1, INSURED, "son|110") == on(day, RECORD, "son")
            assert on(day, REGISTER, "father") == on(1, REGISTER, "father") == on(day, RECORD, "father")

    def test_12_a_decision_is_told_with_who_and_why(self, story: Story) -> None:
        ((person, *_),) = [
            explain(story.home.current.resolve(), on(4, REGISTER, "sticky"), load(OWN)).persons
        ]
        decided = {tie.decided for record in person.records for tie in record.ties if tie.decided}
        assert decided == {"D000001 王科长"}

    def test_13_a_decision_over_a_record_that_has_gone_does_no_harm(self, story: Story) -> None:
        assert on(2, RECORD, "moved") != on(2, REGISTER, "moved")
        assert on(3, RECORD, "moved") == on(3, REGISTER, "moved") == on(4, RECORD, "moved") == on(4, REGISTER, "moved")
        holds = rows(story.home.current, "SELECT decision_id FROM link_decision WHERE withdrawn_at IS NULL ORDER BY 1")
        assert holds == [("D000001",), ("D000002",), ("D000003",), ("D000005",)]


@pytest.mark.usefixtures("story")
class TestDepartmentsTakeTheirErrorsBack:
    def test_14_what_rested_on_an_error_is_undone_as_if_it_had_never_come(self) -> None:
        registered, insured = [(REGISTER, "one"), (REGISTER, "two")], [(INSURED, "one|110"), (INSURED, "two|110")]
        records = [*registered, *insured, (RECORD, "two")]
        assert [on(4, *record) for record in records] == [on(1, *record) for record in records]

    def test_15_when_a_bridge_falls_both_banks_are_as_before(self) -> None:
        for record in ((REGISTER, "bridge"), (INSURED, "bank|110")):
            assert on(4, *record) == on(1, *record)

    def test_16_a_newborn_keeps_its_id_when_the_number_arrives(self) -> None:
        assert on(2, REGISTER, "baby") == on(2, RECORD, "baby") == on(1, RECORD, "baby")

    def test_17_nobody_has_two_ids_and_nothing_is_lost(self, story: Story) -> None:
        lost = rows(
            story.home.current, "SELECT count(*) FROM person_record ANTI JOIN person USING (person_id)"
        )
        empty = rows(
            story.home.current, "SELECT count(*) FROM person ANTI JOIN person_record USING (person_id)"
        )
        assert (lost, empty) == ([(0,)], [(0,)])
        held = [f"{dataset} {key}" for dataset, records in story.held.items() for key in records]
        found = [f"{d}/{t} {key}" for d, t, key in rows(story.home.current, "SELECT department, dataset, record_key FROM person_record")]
        assert sorted(found) == sorted([*held, f"{RECORD} moved"])


@pytest.mark.usefixtures("story")
class TestOneRegisterAnswers:
    """SanteDB's record of truth is here the record of the register that the catalogue names as a datum's owner."""

    def test_18_the_record_of_truth_takes_over_what_is_told_and_moves_nobody(self, story: Story) -> None:
        assert on(1, RECORD, "true") == on(1, INSURED, "true|110") == on(2, REGISTER, "true")
        known = rows(
            story.home.current,
            "SELECT value, known_from, department || '/' || dataset, standing FROM person_history"
            f" WHERE person_id = '{on(1, RECORD, 'true')}' AND datum = 'name' ORDER BY known_from, known_to NULLS LAST",
        )
        first, second = DAY, DAY + timedelta(days=1)
        assert known[0][0] == "公孙述"
        assert known[0][3] == "fallback"
        assert ("公孙树", second, REGISTER, "owner") in known
        assert known[0][1] == first

    def test_19_what_the_record_of_truth_becomes_is_told_and_moves_nobody(self, story: Story) -> None:
        records = ((RECORD, "true"), (INSURED, "true|110"), (REGISTER, "true"))
        assert {on(day, *record) for day in (3, 4) for record in records} == {on(1, RECORD, "true")}
        told = rows(story.home.current, f"SELECT name FROM person WHERE person_id = '{on(1, RECORD, 'true')}'")
        assert told == [("公孙术",)]

    def test_20_what_a_sensitive_register_says_goes_to_nobody_without_a_basis(self, story: Story, own_contracts: Contracts) -> None:
        def seen(form: Form) -> bool:
            asked = Inquiry(form.id, TRUE.number, form.purposes[0], "1", story.day)
            return DOCTOR in str(prefill(story.home.current, own_contracts, asked).fields)

        forms = {form.id for form in own_contracts.forms if seen(form)}
        assert "family_doctor" in forms
        assert all("health" in form.covers for form in own_contracts.forms if form.id in forms)
        covering = {purpose.id for purpose in own_contracts.purposes if "family_doctor" in purpose.data}
        told: dict[str, str] = {}
        for subscription in own_contracts.subscriptions:
            folder = extract(story.home.current, own_contracts, subscription.subscriber, story.home).folder
            told[subscription.id] = "".join(str(pd.read_parquet(file, partitioning=None).to_dict()) for file in folder.rglob("*.parquet"))
            assert (DOCTOR in told[subscription.id]) == bool(covering & set(subscription.purposes)), subscription.id
        assert any("公孙术" in text for text in told.values())
