"""How far a release may differ from the one before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.model import Contracts
from expectations.gates import GateResult, check_release
from expectations.rulebook import load_rules
from tests.expectations.county import spoil

ROW = "cast(substr(person_id, 2) as int)"
# Damage that is only noted, and damage that stops the release.
DAMAGE = {
    "persons_shrink": (f"delete from person where {ROW} < 4", f"delete from person where {ROW} < 12"),
    "persons_grow": (
        f"insert into person select * replace ('n' || person_id as person_id) from person where {ROW} < 12",
        "insert into person select * replace ('n' || person_id as person_id) from person union all "
        "select * replace ('m' || person_id as person_id) from person",
    ),
    "persons_vanish": (
        "update person set person_id = 'n1' where person_id = 'p1'",
        f"update person set person_id = 'n' || person_id where {ROW} < 4",
    ),
    "completeness_falls": (
        f"update person set name = null where {ROW} < 6",
        f"update person set name = null where {ROW} < 30",
    ),
    "deaths_rise": (
        f"update person set death_date = '2026-11-01' where {ROW} < 3",
        f"update person set death_date = '2026-11-01' where {ROW} < 6",
    ),
    "dead_return": ("update person set death_date = null where death_date is not null", None),
    "identity_changes": (
        f"update person set birth_date = birth_date - 1 where {ROW} < 2",
        f"update person set birth_date = birth_date - 1 where {ROW} < 9",
    ),
    "codes_change": (
        f"update person set sex = '9' where {ROW} < 30",
        "update person set sex = '9'",
    ),
    "datasets_vanish": (None, "delete from batch where dataset = (select min(dataset) from batch)"),
    "records_shrink": (
        "delete from person_record where person_id < 'p11'",
        "delete from person_record where person_id < 'p15'",
    ),
    "relations_shrink": (
        f"delete from relation where {ROW} < 20",
        f"delete from relation where {ROW} < 60",
    ),
    "discrepancies_rise": (
        "insert into discrepancy select 'e' || i, 'p1', current_date, current_date from range(40) as t(i)",
        None,
    ),
}


def test_every_rule_of_the_gate_is_tested() -> None:
    assert {rule.id for rule in load_rules() if rule.gate == "release"} == set(DAMAGE)


def test_the_same_release_again_passes(agreed: Contracts, sound_build: Path, tmp_path: Path) -> None:
    result = check_release(sound_build, sound_build.rename(sound_build), agreed, tmp_path)
    assert (result.stops, result.notes) == ((), ())
    assert {check.rule for check in result.checks} == set(DAMAGE)
    assert (tmp_path / "release" / "index.html").exists()


@pytest.fixture
def compare(
    agreed: Contracts, build: Path, sound_build: Path, tmp_path: Path, only: Callable[[str], None]
) -> Callable[[str, str], GateResult]:
    """Ask one rule of a damaged release that follows the sound one."""

    def damaged(rule: str, damage: str) -> GateResult:
        only(rule)
        return check_release(spoil(build, damage), sound_build, agreed, tmp_path)

    return damaged


@pytest.mark.parametrize("rule", sorted(rule for rule, (note, _) in DAMAGE.items() if note))
def test_a_small_change_is_noted(rule: str, compare: Callable[[str, str], GateResult]) -> None:
    result = compare(rule, DAMAGE[rule][0] or "")
    assert result.passed
    assert {check.rule for check in result.notes} == {rule}


@pytest.mark.parametrize("rule", sorted(rule for rule, (_, stop) in DAMAGE.items() if stop))
def test_a_large_change_stops(rule: str, compare: Callable[[str, str], GateResult]) -> None:
    result = compare(rule, DAMAGE[rule][1] or "")
    assert not result.passed
    assert {check.rule for check in result.stops} == {rule}


def test_many_dead_who_return_stop(agreed: Contracts, build: Path, sound_build: Path, tmp_path: Path, only: Callable[[str], None]) -> None:
    only("dead_return")
    before = spoil(build, "update person set death_date = date '2026-10-01'")
    result = check_release(sound_build, before, agreed, tmp_path)
    assert {check.rule for check in result.stops} == {"dead_return"}


def test_none_of_what_there_never_was_is_no_fall(agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]) -> None:
    only("relations_shrink")
    without = spoil(build, "delete from relation")
    assert check_release(without, without, agreed, tmp_path).passed


def test_the_fall_of_completeness_is_measured(compare: Callable[[str, str], GateResult]) -> None:
    (check,) = compare("completeness_falls", f"update person set name = null where {ROW} < 30").stops
    assert (check.column, check.observed) == ("name", pytest.approx(0.15))


def test_a_release_of_the_first_delta_alone_is_no_measure(agreed: Contracts, build: Path, sound_build: Path, tmp_path: Path) -> None:
    before = spoil(build, f"delete from person where {ROW} > 5; update person_record set dataset = 'first_delta'")
    result = check_release(sound_build, before, agreed, tmp_path)
    assert result.passed
    assert [note.rule for note in result.notes] == ["release_before"]


def test_the_first_release_passes_with_a_note(agreed: Contracts, sound_build: Path, tmp_path: Path) -> None:
    result = check_release(sound_build, None, agreed, tmp_path)
    assert result.passed
    assert [note.rule for note in result.notes] == ["release_before"]


def test_a_datum_that_the_release_before_lacks_is_not_compared(
    agreed: Contracts, build: Path, sound_build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("completeness_falls")
    older = spoil(build, "alter table person drop sex")
    result = check_release(sound_build, older, agreed, tmp_path)
    assert result.passed
    assert "sex" not in {check.column for check in result.checks}
