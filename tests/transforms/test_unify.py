"""One source per datum: ``cases/unify.yaml``, all cases in one build."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contracts.model import Contracts
from tests.transforms.linked_records import Told, built, cases_of

CASES = cases_of("unify")
KIN = {"spouse", "mother", "father"}


@pytest.fixture(scope="module")
def told(own_contracts: Contracts) -> Told:
    return built(CASES, own_contracts)


def each(*wanted: str) -> pytest.MarkDecorator:
    """A test for each case that says one of these."""
    found = [
        pytest.param(at, id=case["case"].replace(" ", "_"))
        for at, case in enumerate(CASES)
        if set(wanted) & set(case)
    ]
    return pytest.mark.parametrize("at", found)


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


@each("expect")
def test_what_is_published(at: int, told: Told) -> None:
    expected = CASES[at]["expect"]
    people = {told.label(row["person_id"]): row for row in told.of("person", at)}
    found = {
        who: {name: told.label(people[who][name]) if name in KIN else plain(people[who][name]) for name in data}
        for who, data in expected.items()
    }
    assert found == expected


def origins(told: Told, at: int) -> dict[tuple[str | None, str], dict[str, Any]]:
    return {(told.label(row["person_id"]), row["datum"]): row for row in told.of("person_datum", at)}


@each("standing")
def test_how_it_stands(at: int, told: Told) -> None:
    expected, found = CASES[at]["standing"], origins(told, at)
    assert {w: {d: found[w, d]["standing"] for d in data} for w, data in expected.items()} == expected


@each("origin")
def test_which_record_speaks(at: int, told: Told) -> None:
    expected, found = CASES[at]["origin"], origins(told, at)
    keys = {w: {d: found[w, d]["record_key"].partition(":")[2] for d in data} for w, data in expected.items()}
    assert keys == expected


@each("told")
def test_how_precise_it_is(at: int, told: Told) -> None:
    expected, found = CASES[at]["told"], origins(told, at)
    assert {w: {d: found[w, d]["value"] for d in data} for w, data in expected.items()} == expected


@each("counts")
def test_who_agrees(at: int, told: Told) -> None:
    expected, found = CASES[at]["counts"], origins(told, at)
    counts = {
        w: {d: [found[w, d]["agreeing"], found[w, d]["disagreeing"]] for d in data} for w, data in expected.items()
    }
    assert counts == expected


@each("ties")
def test_ties_between_persons(at: int, told: Told) -> None:
    found = {(told.label(r["person_id"]), r["kind"], told.label(r["other_person_id"])) for r in told.of("relation", at)}
    assert {tuple(tie) for tie in CASES[at]["ties"]} <= found
    assert not {tuple(tie) for tie in CASES[at].get("no_ties", ())} & found


@each("events")
def test_events_of_a_life(at: int, told: Told) -> None:
    found = {(told.label(r["person_id"]), r["kind"], r["occurred_on"]) for r in told.of("event", at)}
    assert {tuple(event) for event in CASES[at]["events"]} == found


def test_every_published_value_has_its_origin(told: Told) -> None:
    values = sum(value is not None for row in told.tables["person"] for name, value in row.items() if name != "person_id")
    assert len(told.tables["person_datum"]) == values
    assert all(row["record_key"] for row in told.tables["person_datum"])
