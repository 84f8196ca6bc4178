"""Whom a number leads to that nobody bears now: an older document, a number before a correction, one that a record alone has."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Contracts
from tests.support.identity import INSURED, RECORD, REGISTER, Story, number
from tests.support.release import rows
from transforms import road
from warehouse.explain import explain
from warehouse.faults import NotFoundError
from warehouse.home import Home
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry

FIRST, SECOND, THIRD = number("33010619780817473"), number("33010619780817475"), number("33010619780818479")
OLD_PERMIT, NEW_PERMIT = "FRA330085021501", number("93325019850215012")
TYPED, SLIPPED = number("33010619610307111"), number("33010619610307131")
WAS_CHILD, IS_CHILD = number("33010620141105392"), number("33010620141105417")
CHILD_PERMIT, CHILD_NEW_PERMIT = "FRA330015021502", number("93325020150215022")
UPGRADED, REGISTERED = number("33010619620412133"), number("33010619620412155")
ONE, OTHER, BOTH = number("33010619710115313"), number("33010619720220335"), number("33010619690505417")

CASES: list[dict[str, Any]] = [
    {"case": "the register's number now", "number": THIRD, "who": ["corrected"], "fills": "corrected"},
    {"case": "the number before the last correction", "number": SECOND, "who": ["corrected"], "fills": "corrected"},
    {"case": "the number before a correction upon a correction", "number": FIRST, "who": ["corrected"], "fills": "corrected"},
    {"case": "the older permit that a department still states", "number": OLD_PERMIT, "who": ["foreigner"]},
    {"case": "a slip that one record alone has", "number": SLIPPED, "who": ["slip"]},
    {"case": "the 15 digits of it", "number": UPGRADED[:6] + UPGRADED[8:17], "who": ["upgraded"]},
    {"case": "a number of two", "number": BOTH, "who": ["one", "other"]},
    {"case": "the older permit of a child", "number": CHILD_PERMIT, "who": ["child"]},
    {"case": "a child's number before an adoption", "number": WAS_CHILD, "who": []},
    {"case": "nobody's", "number": number("33010619330115313"), "who": []},
]


def put(s: Story, name: str, who: str, born: str, now: str, elsewhere: str | None, **more: Any) -> None:
    """Somebody of the register whom the clinic knows by another number."""
    told = {"name": name, "birth_date": born, "sex": "1", "phone": "139" + elsewhere[-8:].replace("X", "0") if elsewhere else None}
    s.resident(who, **told, id_number=now, **more)
    if elsewhere:
        s.clinic(who, **told | {"birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}"}, id_number=elsewhere)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    s = Story(Home(tmp_path_factory.mktemp("numbers")))
    put(s, "令狐雁", "corrected", "19780818", SECOND, FIRST, former_id_number=FIRST)
    put(s, "孟广田", "slip", "19610307", TYPED, SLIPPED)
    put(s, "柳成荫", "upgraded", "19620412", REGISTERED, UPGRADED[:6] + UPGRADED[8:17])
    put(s, "上官安", "adopted", "20141105", IS_CHILD, WAS_CHILD, former_id_number=WAS_CHILD)
    put(s, "裘千仞", "one", "19710115", ONE, BOTH)
    put(s, "竺可进", "other", "19720220", OTHER, None)
    s.insured("other|110", name="竺可进", birth_date="19720220", sex="1", id_number=BOTH, phone="13900000001")
    put(s, "MARTIN JEAN", "foreigner", "19850215", NEW_PERMIT, OLD_PERMIT)
    put(s, "MARTIN LUC", "child", "20150215", CHILD_NEW_PERMIT, CHILD_PERMIT)
    for who in ("slip", "upgraded", "one", "adopted", "foreigner", "child"):
        s.decide("linked", (REGISTER, who), (RECORD, who))
    s.decide("linked", (REGISTER, "other"), (INSURED, "other|110"))
    s.deliver()
    s.resident("corrected", name="令狐雁", birth_date="19780818", sex="1", id_number=THIRD, former_id_number=SECOND)
    s.deliver()
    return s


def found(home: Home, contracts: Contracts, typed: str) -> list[str]:
    try:
        return [person.person_id for person in explain(home.current.resolve(), typed, contracts).persons]
    except NotFoundError:
        return []


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_number_leads_to_everybody_who_has_it(case: dict[str, Any], story: Story, own_contracts: Contracts) -> None:
    assert found(story.home, own_contracts, case["number"]) == sorted(story.person(REGISTER, who) for who in case["who"])


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_form_is_filled_by_the_registers_own_word_alone(case: dict[str, Any], story: Story, own_contracts: Contracts) -> None:
    form = own_contracts.forms[0]
    filled = prefill(story.home.current, own_contracts, Inquiry(form.id, case["number"], form.purposes[0], "1", story.day))
    assert filled.person_id == (story.person(REGISTER, case["fills"]) if "fills" in case else None)


def test_one_build_of_all_days_knows_the_numbers_that_a_build_a_day_knows(
    story: Story, own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    at_once, landing = Home(tmp_path / "home"), story.home.root / "landing"
    shutil.copytree(story.home.root / "decisions", at_once.root / "decisions")
    for reference in road.waiting_batches(at_once, own_contracts, landing):
        road.take_in(at_once, own_contracts, landing, reference)
    for stage in (road.prepare, road.link, road.unify, road.reconcile, road.publish):
        stage(at_once, own_contracts, story.day - timedelta(days=1))

    told = "SELECT number, department, dataset, record_key, role, is_stated FROM number_borne ORDER BY ALL"
    assert rows(at_once.current, told) == rows(story.home.current, told)
    assert found(at_once, own_contracts, FIRST) == found(at_once, own_contracts, THIRD) != []
