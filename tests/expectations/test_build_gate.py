"""What a build must be: each rule holds for a sound build and fails for a damaged one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from contracts.model import Contracts, PersonOfRow, Supply
from expectations.gates import check_build
from expectations.rulebook import load_rules
from tests.expectations.county import DAY, PLANTED_NUMBER, number, spoil, write_batch

ORIGIN = "insert into person_datum (person_id, datum, value, department, dataset, standing) values "
DAMAGE = {
    "nobody_published": "delete from person",
    "person_column_missing": "alter table person drop father",
    "person_id_missing": "update person set person_id = null where person_id = 'p9'",
    "person_id_twice": "update person set person_id = 'p9' where person_id = 'p8'",
    "person_without_record": "delete from person_record where person_id = 'p9'",
    "person_code_not_listed": "update person set sex = '3' where person_id = 'p9'",
    "person_set_not_listed": "update person set insurances = ['110', 'x'] where person_id = 'p9'",
    "person_date_after_as_of": f"update person set birth_date = date '{DAY}' + 1 where person_id = 'p9'",
    "person_date_before_1880": "update person set birth_date = date '1790-03-07' where person_id = 'p9'",
    "person_month_malformed": "update person set first_insured = '201800' where person_id = 'p9'",
    "person_number_malformed": "update person set id_number = '3301' where person_id = 'p9'",
    "person_number_check_digit": f"update person set id_number = '{PLANTED_NUMBER}' where person_id = 'p9'",
    "person_number_shared": f"update person set id_number = '{number(1)}' where person_id in ('p8', 'p9')",
    "person_amount_negative": "update person set pension_amount = -1 where person_id = 'p9'",
    "dead_before_born": "update person set death_date = birth_date - 1 where person_id = 'p9'",
    "tie_leads_nowhere": "update person set mother = 'nobody' where person_id = 'p9'",
    "tie_to_oneself": "update person set mother = 'p9' where person_id = 'p9'",
    "spouse_one_sided": "update person set spouse = null where person_id = 'p9'",
    "spouse_is_parent": "update person set mother = spouse where person_id = 'p9'",
    "one_person_both_parents": "update person set mother = 'p0', father = 'p0' where person_id = 'p9'",
    "relation_of_nobody": "update relation set other_person_id = 'nobody' where person_id = 'p9'",
    "relation_to_oneself": "update relation set other_person_id = 'p9' where person_id = 'p9'",
    "event_of_nobody": "update event set person_id = 'nobody' where person_id = 'p9'",
    "event_after_as_of": f"update event set occurred_on = date '{DAY}' + 1 where person_id = 'p9'",
    "discrepancy_of_nobody": "update discrepancy set person_id = 'nobody' where discrepancy_id = 'd1'",
    "discrepancy_id_twice": "update discrepancy set discrepancy_id = 'd1' where discrepancy_id = 'd2'",
    "discrepancy_due_before_opened": "update discrepancy set due_on = opened_on - 1",
    "term_in_year_not_announced": "update discrepancy set due_on = date '2061-01-07'",
    "standing_unknown": "update person_datum set standing = 'guess' where person_id = 'p9'",
    "datum_not_in_catalogue": f"{ORIGIN} ('p9', 'shoe_size', '43', 'north', 'roll', 'owner')",
    "source_not_agreed": "update person_datum set dataset = 'other' where person_id = 'p9'",
    "origins_differ": "update person_datum set person_id = 'p8' where person_id = 'p9' and datum = 'name'",
    "batch_rows_unaccounted": "update batch set rows = rows + 1",
    "quarantine_differs": "delete from quarantine where line = 1",
    "row_of_unknown_record": "update quarantine set record_key = null where line = 1",
    "record_of_nobody": "update person_record set person_id = 'nobody' where person_id = 'p9'",
    "record_of_unknown_dataset": "update person_record set dataset = 'other' where person_id = 'p9'",
    "record_incomplete": "update person_record set method = null where person_id = 'p9'",
    "probability_out_of_range": "update person_record set probability = 1.5 where person_id = 'p9'",
    "role_of_two_persons": "update person_record set record_key = 'N8' where person_id = 'p9'",
    "more_records_than_accepted": "update batch set accepted = 5",
    "dataset_without_record": "update batch set dataset = 'permit', department = 'south'",
}
NOTES = {
    "person_date_before_1880",
    "person_number_shared",
    "person_amount_negative",
    "dead_before_born",
    "spouse_one_sided",
    "spouse_is_parent",
    "one_person_both_parents",
    "discrepancy_due_before_opened",
    "row_of_unknown_record",
    "term_in_year_not_announced",
}


def test_every_rule_of_the_gate_is_tested() -> None:
    assert {rule.id for rule in load_rules() if rule.gate == "build"} == {*DAMAGE, "accepted_row_lost"}


def test_a_sound_build_passes_every_check(agreed: Contracts, sound_build: Path, tmp_path: Path) -> None:
    result = check_build(sound_build, agreed, tmp_path)
    assert (result.stops, result.notes) == ((), ())
    assert {check.rule for check in result.checks} == set(DAMAGE)
    assert (tmp_path / "build" / "index.html").exists()


@pytest.mark.parametrize("rule", sorted(DAMAGE))
def test_a_damaged_build_fails(
    rule: str, agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only(rule)
    result = check_build(spoil(build, DAMAGE[rule]), agreed, tmp_path)
    failed = [check for check in result.checks if not check.passed]
    assert {check.rule for check in failed} == {rule}
    assert {check.severity for check in failed} == {"note" if rule in NOTES else "stop"}
    assert result.passed == (rule in NOTES)
    assert all(isinstance(check.observed, int | float) for check in failed)


@pytest.mark.parametrize(
    "damage",
    [
        f"{ORIGIN} ('p9', 'name', 'twice', 'north', 'roll', 'owner')",
        "delete from person_datum where person_id = 'p9' and datum = 'name'",
        "update person set name = null where person_id = 'p9'",
        "update person_datum set person_id = 'nobody' where person_id = 'p9' and datum = 'name'",
    ],
)
def test_origins_and_values_go_in_pairs(
    damage: str, agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("origins_differ")
    result = check_build(spoil(build, damage), agreed, tmp_path)
    assert [(check.column, check.observed) for check in result.stops] == [("name", 1)]


def test_what_a_citizen_declared_needs_no_agreed_source(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("source_not_agreed")
    declared = "update person_datum set dataset = 'form', standing = 'declared' where person_id = 'p9'"
    assert check_build(spoil(build, declared), agreed, tmp_path).passed


def test_check_digits_of_many_sound_numbers_are_right(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("person_number_check_digit")
    numbers = {number(serial)[-1] for serial in range(200)}
    assert numbers == set("0123456789X")
    result = check_build(
        spoil(build, "update person set id_number = 'USA110100010112' where person_id = 'p9'"),
        agreed,
        tmp_path,
    )
    assert result.passed


def test_dates_are_compared_with_the_day_that_is_given(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("person_date_after_as_of")
    result = check_build(build, agreed, tmp_path, as_of=date(1950, 1, 2))
    assert ("birth_date", 198) in {(check.column, check.observed) for check in result.stops}


def test_a_day_until_which_something_holds_may_lie_ahead(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("person_date_after_as_of")
    roll, *others = agreed.datasets
    told = PersonOfRow(role="subject", data={"death_date": Supply(column="expires_on")})
    until = agreed.model_copy(update={"datasets": (roll.model_copy(update={"persons": (told,)}), *others)})
    ahead = spoil(build, f"update person set death_date = date '{DAY}' + 400 where person_id = 'p9'")
    assert not check_build(ahead, agreed, tmp_path).passed
    assert check_build(ahead, until, tmp_path).passed


def test_every_accepted_row_is_looked_for(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("accepted_row_lost")
    old = write_batch(tmp_path, day=DAY - timedelta(1), rows=500)
    batches = [old, write_batch(tmp_path, rows=200)]
    assert check_build(build, agreed, tmp_path, batches=batches).passed
    spoil(build, "delete from person_record where record_key = 'N9'")
    (check,) = check_build(build, agreed, tmp_path, batches=batches).stops
    assert (check.rule, check.observed) == ("accepted_row_lost", 1)


def test_rows_withdrawn_later_are_not_looked_for(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("accepted_row_lost")
    record = "'south', 'permit', 'S' || i, 'subject', 'p1', 'number', 1, current_date"
    spoil(build, f"insert into person_record select {record} from range(9) as t(i)")
    first = write_batch(tmp_path, dataset="south/permit", rows=10, day=DAY - timedelta(1))
    withdrawal = "update rows set operation = 'delete'"
    later = write_batch(tmp_path, dataset="south/permit", rows=10, spoil=withdrawal)
    assert check_build(build, agreed, tmp_path, batches=[first]).stops[0].observed == 1
    assert check_build(build, agreed, tmp_path, batches=[first, later]).passed


def test_a_table_that_is_not_there_stops(agreed: Contracts, build: Path, tmp_path: Path) -> None:
    result = check_build(spoil(build, "drop table event"), agreed, tmp_path)
    assert {(c.rule, c.observed) for c in result.stops} == {
        ("event_of_nobody", "not evaluated"),
        ("event_after_as_of", "not evaluated"),
    }


def test_readers_are_not_locked_out(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("person_id_missing")
    with duckdb.connect(str(build), read_only=True) as reader:
        assert check_build(build, agreed, tmp_path).passed
        assert reader.execute("select count(*) from person").fetchall() == [(200,)]


def test_rules_of_data_that_the_catalogue_lacks_are_not_asked(
    agreed: Contracts, build: Path, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("spouse_one_sided")
    fewer = tuple(datum for datum in agreed.catalogue.data if datum.name != "spouse")
    smaller = agreed.model_copy(update={"catalogue": agreed.catalogue.model_copy(update={"data": fewer})})
    assert check_build(build, smaller, tmp_path).checks == ()
