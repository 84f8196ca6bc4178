"""A person is a function of what the sources say: neither the order in which records come matters, nor what came and went."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.model import Contracts
from tests.transforms.linked_records import Case, Told, built, cases_of
from transforms.unifying import portions


def keyed() -> list[Case]:
    """The cases with a key for every record, so that a record is the same wherever it stands."""
    cases = copy.deepcopy(cases_of("unify"))
    for case in cases:
        for dataset, rows in case["rows"].items():
            for number, row in enumerate(rows):
                row.setdefault("record_key", f"{dataset}#{number}")
    return cases


def without(cases: list[Case], share: float, random: Random) -> list[Case]:
    """The cases with some of their records taken away."""
    left = copy.deepcopy(cases)
    for case in left:
        case["rows"] = {dataset: [row for row in rows if random.random() >= share] for dataset, rows in case["rows"].items()}
    return left


def shuffled(cases: list[Case], random: Random) -> list[Case]:
    """The same records in another order; each case stays at its place, which names its people."""
    other = copy.deepcopy(cases)
    for case in other:
        for rows in case["rows"].values():
            random.shuffle(rows)
        datasets = list(case["rows"].items())
        random.shuffle(datasets)
        case["rows"] = dict(datasets)
    return other


def people(told: Told, table: str) -> set[tuple[Any, ...]]:
    """A table with the names of people instead of their numbers, which follow the order of records."""
    names = {f"P{number:012d}": place for place, number in told.people.items()}
    return {
        tuple((column, str(names.get(value, value) if isinstance(value, str) else value)) for column, value in sorted(row.items()))
        for row in told.tables[table]
    }


@pytest.fixture(scope="module")
def whole(own_contracts: Contracts) -> dict[str, set[tuple[Any, ...]]]:
    told = built(keyed(), own_contracts)
    return {table: people(told, table) for table in ("person", "person_datum", "relation", "event")}


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_arrival_does_not_matter(
    seed: int, whole: dict[str, set[tuple[Any, ...]]], own_contracts: Contracts
) -> None:
    """Nor how many persons are joined, and their ties gathered, at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "PERSONS_AT_ONCE", 40)
        told = built(shuffled(keyed(), Random(seed)), own_contracts)
    assert {table: people(told, table) ^ rows for table, rows in whole.items()} == {key: set() for key in whole}


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 2**32), share=st.floats(0.1, 0.5))
def test_without_a_record_a_person_is_as_if_it_had_never_been(seed: int, share: float, own_contracts: Contracts) -> None:
    """Withdrawn records are there and say nothing: the same persons are published as without them."""
    left = without(keyed(), share, Random(seed))
    kept = {(at, dataset, row["record_key"]) for at, case in enumerate(left) for dataset, rows in case["rows"].items() for row in rows}
    withdrawn = copy.deepcopy(keyed())
    for at, case in enumerate(withdrawn):
        for dataset, rows in case["rows"].items():
            for row in rows:
                if (at, dataset, row["record_key"]) not in kept:
                    row["is_current"] = False
    never, gone = built(left, own_contracts), built(withdrawn, own_contracts)
    assert people(never, "person_datum") == people(gone, "person_datum")
    assert people(never, "relation") == people(gone, "relation")
    assert people(never, "event") == people(gone, "event")
