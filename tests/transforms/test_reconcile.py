"""Where sources disagree: ``cases/reconcile.yaml``, all cases in one build."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from contracts.calendar import add_working_days
from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from tests.transforms.linked_records import DAY, Told, built, cases_of
from warehouse.faults import RenkouError

CASES = cases_of("reconcile")
named = pytest.mark.parametrize("at", range(len(CASES)), ids=[case["case"].replace(" ", "_") for case in CASES])


@pytest.fixture(scope="module")
def told(own_contracts: Contracts) -> Told:
    return built(CASES, own_contracts)


def found(told: Told, at: int, kind: str) -> dict[str | None, str | None]:
    """The people whom a case's discrepancies of a kind are about, with the record that each names."""
    return {
        told.label(row["person_id"]): row["record_key"] and row["record_key"].partition(":")[2]
        for row in told.of("discrepancy", at)
        if row["kind"] == kind
    }


@named
def test_each_contradiction_is_found_and_no_other(at: int, told: Told) -> None:
    case = CASES[at]
    for rule, people in case.get("found", {}).items():
        assert set(found(told, at, rule)) >= set(people), rule
    for rule, people in case.get("not_found", {}).items():
        assert set(found(told, at, rule)).isdisjoint(people), rule


@named
def test_a_contradiction_names_the_record(at: int, told: Told) -> None:
    for rule, keys in CASES[at].get("keys", {}).items():
        assert {who: found(told, at, rule)[who] for who in keys} == keys, rule


@named
def test_values_that_disagree_are_told(at: int, told: Told) -> None:
    if "values" not in CASES[at]:
        return
    values = [
        [told.label(row["person_id"]), *(row[name] for name in ("datum", "reporter", "owner_value", "reported_value"))]
        for row in told.of("discrepancy", at)
        if row["kind"] == "value"
    ]
    assert sorted(values) == sorted(CASES[at]["values"])


@named
def test_who_lives_and_who_is_dead(at: int, told: Told) -> None:
    lives = {told.label(row["person_id"]): row["life_status"] for row in told.of("life_status", at)}
    wanted = CASES[at].get("lives", {})
    assert {who: lives[who] for who in wanted} == wanted


@named
def test_a_death_that_may_be_anothers_is_published_nowhere(at: int, told: Told) -> None:
    if "deaths" not in CASES[at]:
        return
    dated = {told.label(row["person_id"]) for row in told.of("person", at) if row["death_date"]}
    sourced = {told.label(row["person_id"]) for row in told.of("person_datum", at) if row["datum"] in {"death_date", "funeral_date"}}
    events = {told.label(row["person_id"]) for row in told.of("event", at) if row["kind"] in {"death", "cremation"}}
    assert [dated, sourced, events] == [set(CASES[at]["deaths"])] * 3


def test_every_rule_has_a_case_for_and_one_against(own_contracts: Contracts) -> None:
    rules = {rule.id for rule in own_contracts.rules}
    assert rules - {rule for case in CASES for rule in case.get("found", {})} == set()
    assert rules - {rule for case in CASES for rule in case.get("not_found", {})} == set()


@pytest.mark.parametrize("written", ["frobnicate(death_date)", "death_date + TRUE"])
def test_a_rule_that_cannot_be_run_is_told_by_its_file(written: str, own_contracts: Contracts) -> None:
    """It reads well, so that only the database finds it out."""
    rule = next(rule for rule in own_contracts.rules if rule.id == "two_numbers")
    broken = rule.model_copy(update={"sql": f"SELECT {written} AS person_no FROM rule_person"})
    with pytest.raises(RenkouError, match=r"rules/two_numbers\.yaml: sql: cannot be run: .*; mend it"):
        built(CASES[:1], own_contracts.model_copy(update={"rules": (broken,)}))


def test_a_view_over_a_value_of_another_type_is_told_without_the_value(own_contracts: Contracts) -> None:
    view, *others = own_contracts.rule_views
    broken = view.model_copy(update={"sql": "SELECT person_no, value::INTEGER AS number FROM rule_said_name"})
    what = "a value is not of the type that it is taken for; use TRY_CAST, or quote a code"
    with pytest.raises(RenkouError, match=f"^rules/views/{view.id}.yaml: sql: {what}$"):
        built(CASES, own_contracts.model_copy(update={"rule_views": (broken, *others)}))


def test_every_discrepancy_is_open_with_ten_working_days_to_answer(told: Told) -> None:
    assert {(row["opened_on"], row["due_on"], row["status"]) for row in told.tables["discrepancy"]} == {
        (DAY, add_working_days(DAY, 10, load(OWN).calendar), "open")
    }


def test_ids_are_there_once(told: Told) -> None:
    ids = [row["discrepancy_id"] for row in told.tables["discrepancy"]]
    assert len(ids) == len(set(ids)) > 20


def test_a_discrepancy_keeps_its_id_and_its_days_in_the_next_build(told: Told, own_contracts: Contracts) -> None:
    opened, due = date(2026, 11, 2), date(2026, 11, 16)
    known = [(row["discrepancy_id"], opened, due) for row in told.tables["discrepancy"]]
    later = built(CASES, own_contracts, day=DAY + timedelta(days=1), prior=known)
    assert {(row["discrepancy_id"], row["opened_on"], row["due_on"]) for row in later.tables["discrepancy"]} == set(known)
