"""Whose spouse and whose kin somebody is, by the first way that says so; and what stands where nobody has said it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Contracts
from tests.warehouse.small_release import amend, build
from warehouse.coverage import coverage
from warehouse.prefill import prefill
from warehouse.prefilled import FilledField, Inquiry

HUSBAND, WIFE = "330102195503120015", "330102195705060026"
DAY = date(2026, 11, 23)
HOUSE = {"household_no": "000123", "hukou_status": "1", "hukou_region": "330102001"}
COUPLE: dict[str, dict[str, Any]] = {
    "p1": {"id_number": HUSBAND, "name": "张伟", "sex": "1", "birth_date": date(1955, 3, 12), "relation_to_head": "02", **HOUSE},
    "p2": {"id_number": WIFE, "name": "李芳", "sex": "2", "birth_date": date(1957, 5, 6), "relation_to_head": "12", **HOUSE},
}
OF_HUSBAND = ("pension_qualification", "待遇资格认证", HUSBAND)


def asked(database: Path, contracts: Contracts, of: tuple[str, str, str] = OF_HUSBAND) -> dict[str, FilledField]:
    form, purpose, number = of
    return {field.name: field for field in prefill(database, contracts, Inquiry(form, number, purpose, "1", DAY)).fields}


def built(tmp_path: Path, contracts: Contracts, people: dict[str, dict[str, Any]]) -> Path:
    return build(tmp_path / "r.duckdb", contracts, "r", people)


def with_(people: dict[str, dict[str, Any]], **more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The same persons, some with other data, and further ones."""
    return people | {person: people.get(person, {}) | data for person, data in more.items()}


def test_where_no_marriage_is_registered_here_the_household_says_whose_spouse(own_contracts: Contracts, tmp_path: Path) -> None:
    told = asked(built(tmp_path, own_contracts, COUPLE), own_contracts)
    assert (told["marital"].value, told["spouse_name"].value) == ("已婚", "李芳")
    assert told["spouse_name"].standing == "fallback"
    assert told["spouse_name"].departments == ("police",)


def test_a_registered_marriage_goes_before_the_household(own_contracts: Contracts, tmp_path: Path) -> None:
    wife = {"name": "王敏", "sex": "2", "birth_date": date(1960, 1, 1)}
    people = with_(COUPLE, p1={"marital_status": "20", "spouse": "p3"}, p3=wife)
    told = asked(built(tmp_path, own_contracts, people), own_contracts)
    assert told["spouse_name"].value == "王敏"
    assert told["spouse_name"].departments == ("civil_affairs", "police")


def test_of_two_who_could_be_the_wife_neither_is(own_contracts: Contracts, tmp_path: Path) -> None:
    second = COUPLE["p2"] | {"id_number": "330102195805060024", "name": "王敏"}
    told = asked(built(tmp_path, own_contracts, with_(COUPLE, p3=second)), own_contracts)
    assert (told["marital"].value, told["spouse_name"].value) == (None, None)


@pytest.mark.parametrize("other", [{"hukou_status": "3"}, {"sex": "1"}, {"birth_date": date(1990, 5, 6)}, {"relation_to_head": "30"}])
def test_who_moved_out_or_cannot_be_the_wife_is_not_taken_for_her(
    own_contracts: Contracts, tmp_path: Path, other: dict[str, Any]
) -> None:
    told = asked(built(tmp_path, own_contracts, with_(COUPLE, p2=other)), own_contracts)
    assert (told["marital"].value, told["spouse_name"].value) == (None, None)


def test_whose_spouse_died_is_widowed_and_is_asked_for_none(own_contracts: Contracts, tmp_path: Path) -> None:
    people = with_(COUPLE, p2={"death_date": date(2020, 1, 1), "hukou_status": "2"})
    told = asked(built(tmp_path, own_contracts, people), own_contracts)
    assert told["marital"].value == "丧偶"
    assert told["spouse_name"].missing and told["spouse_name"].missing.reason == "not_applicable"
    assert told["spouse_name"].asks is None


def test_the_next_of_kin_who_can_be_reached_is_proposed_and_never_stands_as_the_owners(
    own_contracts: Contracts, tmp_path: Path
) -> None:
    son = {"name": "张强", "sex": "1", "birth_date": date(1985, 1, 1), "father": "p1", "phone": "13900000001"}
    child = {"name": "张小", "sex": "1", "birth_date": date(2016, 1, 1), "father": "p1", "phone": "13900000002"}
    told = asked(built(tmp_path, own_contracts, with_(COUPLE, p3=son, p4=child)), own_contracts)["emergency_contact"]
    assert (told.value, told.standing) == ("张强 13900000001", "fallback")
    assert told.law and "民法典" in told.law
    told = asked(built(tmp_path / "wife", own_contracts, with_(COUPLE, p2={"phone": "13900000003"}, p3=son)), own_contracts)[
        "emergency_contact"
    ]
    assert told.value == "李芳 13900000003"


def test_a_child_is_shown_with_who_says_whose_child_it_is(own_contracts: Contracts, tmp_path: Path) -> None:
    child = {"name": "张小", "sex": "1", "birth_date": date(2026, 10, 1), "mother": "p2", "father": "p1"}
    people = with_(COUPLE, p1={"spouse": "p2"}, p2={"spouse": "p1"}, p3=child)
    database = built(tmp_path, own_contracts, people)
    amend(database, own_contracts, "UPDATE person_datum SET disagreeing = 1 WHERE person_id = 'p3' AND datum = 'mother'")
    of_mother = asked(database, own_contracts, ("birth", "出生登记", WIFE))
    assert (of_mother["child_name"].value, of_mother["child_name"].disputed) == ("张小", True)
    assert of_mother["child_name"].departments == ("health", "police")
    of_father = asked(database, own_contracts, ("birth", "出生登记", HUSBAND))
    assert (of_father["child_name"].value, of_father["child_name"].disputed) == ("张小", False)
    # the child's father is found by way of the child
    assert (of_mother["child_father_name"].value, of_mother["child_father_name"].disputed) == ("张伟", True)
    (told,) = coverage(database, own_contracts, ["birth"], filled_on=DAY).forms
    disputed = {field.name: field.disputed for field in told.fields}
    assert (disputed["child_name"], disputed["child_father_name"]) == (1, 1)


def test_of_several_children_each_is_shown_with_who_says_whose_it_is(own_contracts: Contracts, tmp_path: Path) -> None:
    def child(born: int, **parents: str) -> dict[str, Any]:
        return {"name": f"张{born}", "sex": "1", "birth_date": date(born, 10, 1), **parents}

    people = with_(COUPLE, p1={"hukou_status": "1"}, p3=child(1990, father="p1"), p4=child(1992, father="p1", mother="p2"))
    database = built(tmp_path, own_contracts, people)
    amend(database, own_contracts, "UPDATE person_datum SET disagreeing = 1 WHERE person_id = 'p4' AND datum = 'mother'")
    purpose = next(form.purposes[0] for form in own_contracts.forms if form.id == "elderly_allowance")
    shown = {who: asked(database, own_contracts, ("elderly_allowance", purpose, who))["child_name"] for who in (HUSBAND, WIFE)}
    said = {who: (field.value, field.disputed) for who, field in shown.items()}
    assert said == {HUSBAND: ("张1992、张1990", False), WIFE: ("张1992", True)}


def test_what_the_person_said_goes_before_what_is_proposed(own_contracts: Contracts, tmp_path: Path) -> None:
    database = built(tmp_path, own_contracts, with_(COUPLE, p2={"phone": "13900000003"}))
    declared = "INSERT INTO person_datum (person_id, datum, value, standing) VALUES ('p1', 'emergency_contact', '邻居', 'declared')"
    amend(database, own_contracts, declared)
    told = asked(database, own_contracts)["emergency_contact"]
    assert (told.value, told.standing) == ("邻居", "declared")


def test_the_registered_address_stands_where_no_register_says_where_one_lives(own_contracts: Contracts, tmp_path: Path) -> None:
    registered = with_(COUPLE, p1={"hukou_address": "河滨县城关镇人民路1号"})
    told = asked(built(tmp_path, own_contracts, registered), own_contracts)["residence_address"]
    assert (told.value, told.standing, told.departments) == ("河滨县城关镇人民路1号", "fallback", ("police",))
    elsewhere = with_(registered, p1={"residence_region": "330104002003"})
    assert asked(built(tmp_path / "elsewhere", own_contracts, elsewhere), own_contracts)["residence_address"].value is None


def test_whom_an_employer_insures_is_employed_unless_the_register_says_otherwise(own_contracts: Contracts, tmp_path: Path) -> None:
    form = ("residence_permit", "居住证申领", HUSBAND)
    insured = with_(COUPLE, p1={"employer_code": "91330100MA27XW7X4R"})
    told = asked(built(tmp_path, own_contracts, insured), own_contracts, form)["employment_status"]
    assert (told.value, told.standing, told.departments) == ("就业", "fallback", ("hr",))
    registered = with_(insured, p1={"employment_status": "4"})
    told = asked(built(tmp_path / "registered", own_contracts, registered), own_contracts, form)["employment_status"]
    assert (told.value, told.standing) == ("自主创业", "owner")


def test_coverage_tells_what_is_proposed_apart(own_contracts: Contracts, tmp_path: Path) -> None:
    people = with_(COUPLE, p1={"pension_status": "1"}, p2={"phone": "13900000003"})
    (told,) = coverage(built(tmp_path, own_contracts, people), own_contracts, ["pension_qualification"], filled_on=DAY).forms
    assert {field.name: field.proposed for field in told.fields if field.proposed} == {"emergency_contact": 1}
    assert next(field.owner for field in told.fields if field.name == "emergency_contact") == 0


def test_that_a_child_was_adopted_is_told_only_where_the_basis_names_it(own_contracts: Contracts, tmp_path: Path) -> None:
    database = built(tmp_path, own_contracts, with_(COUPLE, p1={"relation_to_head": "27"}))
    card = next(form for form in own_contracts.forms if form.id == "identity_card")
    named = own_contracts.model_copy(update={"forms": (card.model_copy(update={"covers": {"adoption": "民法典 art. 1105"}}),)})
    of_husband = ("identity_card", "身份证申领", HUSBAND)

    assert asked(database, own_contracts, of_husband)["relation_to_head"].value == "子"
    assert asked(database, named, of_husband)["relation_to_head"].value == "养子或继子"
