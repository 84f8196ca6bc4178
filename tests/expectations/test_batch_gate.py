"""What a normalised batch must be: each rule holds for a sound batch and fails for a damaged one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.model import Contracts
from expectations.gates import BatchFile, check_batches
from expectations.rulebook import load_rules
from tests.expectations.county import DAY, counted, write_batch

DAMAGE = {
    "record_key_missing": "update rows set record_key = null where line = 5",
    "operation_unknown": "update rows set operation = 'I' where line = 5",
    "required_missing": "update rows set roll_no = null where line = 5",
    "code_not_listed": "update rows set sex = '7' where line = 5",
    "set_not_listed": "update rows set schemes = ['110', '999'] where line = 5",
    "birth_out_of_time": f"update rows set born_on = date '{DAY}' + 1 where line = 5",
    "event_after_batch": f"update rows set married_on = date '{DAY}' + 1 where line = 5",
    "date_before_1880": "update rows set expires_on = date '1736-01-01' where line = 5",
    "moment_after_batch": "update rows set changed_at = batch_date + interval 3 day where line = 5",
    "month_malformed": "update rows set insured_since = '201813' where line = 5",
    "amount_negative": "update rows set pension = -1 where line = 5",
    "number_malformed": "update rows set id_number = '33010619900307123' where line = 5",
    "division_malformed": "update rows set region = '3301' where line = 5",
    "unknown_code_share": "update rows set sex = null, sex__missing = 'unknown_code' where line < 10",
    "impossible_date_share": "update rows set born_on = null, born_on__missing = 'impossible' where line < 9",
    "unusable_number_share": "update rows set id_number__missing = 'damaged' where line < 9",
    "rows_not_written": "delete from rows where line = 5",
}
MISCOUNTS = {"rows_unaccounted": {"rows": 400}, "quarantined_share": {"rows": 330, "quarantined": 30}}
NOTES = {
    "unusable_number_share",
    "unknown_code_share",
    "impossible_date_share",
    "date_before_1880",
    "moment_after_batch",
    "amount_negative",
}


def test_every_rule_of_the_gate_is_tested() -> None:
    assert {rule.id for rule in load_rules() if rule.gate == "batch"} == {*DAMAGE, *MISCOUNTS}


def test_sound_batches_pass_every_check(agreed: Contracts, tmp_path: Path) -> None:
    batches = [
        write_batch(tmp_path),
        write_batch(tmp_path, dataset="south/permit"),
        write_batch(tmp_path, day=DAY - timedelta(1)),
    ]
    results = check_batches(batches, agreed, tmp_path / "docs")
    assert [r.subject for r in results] == [
        "north/roll 20261120",
        "south/permit 20261120",
        "north/roll 20261119",
    ]
    assert [(r.passed, r.notes) for r in results] == [(True, ())] * 3
    asked = {check.rule for result in results for check in result.checks}
    assert asked == {*DAMAGE, *MISCOUNTS}
    assert (tmp_path / "docs" / "batch" / "index.html").exists()


@pytest.mark.parametrize("rule", sorted(DAMAGE))
def test_a_damaged_batch_fails(
    rule: str, agreed: Contracts, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only(rule)
    _assert_fails(rule, write_batch(tmp_path, spoil=DAMAGE[rule]), agreed, tmp_path)


@pytest.mark.parametrize("rule", sorted(MISCOUNTS))
def test_a_miscounted_batch_fails(
    rule: str, agreed: Contracts, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only(rule)
    _assert_fails(rule, counted(write_batch(tmp_path), **MISCOUNTS[rule]), agreed, tmp_path)


def _assert_fails(rule: str, batch: BatchFile, agreed: Contracts, tmp_path: Path) -> None:
    (result,) = check_batches([batch], agreed, tmp_path / "docs")
    failed = [check for check in result.checks if not check.passed]
    assert [check.rule for check in failed] == [rule]
    assert {check.table for check in failed} == {"north__roll"}
    assert failed[0].severity == ("note" if rule in NOTES else "stop")
    assert result.passed == (rule in NOTES)
    assert isinstance(failed[0].observed, int | float)
    assert failed[0].observed > 0


def test_share_of_quarantined_rows_is_reported(
    agreed: Contracts, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("quarantined_share")
    (result,) = check_batches([counted(write_batch(tmp_path), rows=310, quarantined=10)], agreed, tmp_path)
    assert result.checks[0].observed == pytest.approx(10 / 310)
    assert result.to_json()["measured"] == {"quarantined_share": pytest.approx(10 / 310)}


def test_the_damaged_batch_is_told_from_the_sound_one_of_its_dataset(
    agreed: Contracts, tmp_path: Path, only: Callable[[str], None]
) -> None:
    only("code_not_listed")
    batches = [
        write_batch(tmp_path, day=DAY - timedelta(1)),
        write_batch(tmp_path, spoil="update rows set sex = '7' where line < 4"),
    ]
    sound, damaged = check_batches(batches, agreed, tmp_path)
    assert sound.passed
    assert [(check.column, check.observed) for check in damaged.stops] == [("sex", 4)]


def test_a_batch_without_rows_passes(agreed: Contracts, tmp_path: Path) -> None:
    (result,) = check_batches([BatchFile("north/roll", DAY, (), 0, 0, 0)], agreed, tmp_path)
    assert result.passed
    assert result.notes == ()


def test_a_column_that_is_not_there_stops(agreed: Contracts, tmp_path: Path) -> None:
    (result,) = check_batches([write_batch(tmp_path, spoil="alter table rows drop sex")], agreed, tmp_path)
    assert ("code_not_listed", "sex", "not evaluated") in {
        (c.rule, c.column, c.observed) for c in result.stops
    }


def test_no_batches_need_no_engine(agreed: Contracts, tmp_path: Path) -> None:
    assert check_batches([], agreed, tmp_path) == []
