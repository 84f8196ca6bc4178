"""What is shown as doubtful: all that a contradiction doubts, and what a row in quarantine may have told."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import Contracts
from tests.warehouse.small_release import DISPUTED, MAN, PEOPLE, build
from warehouse.doubts import doubts_sql
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry

DAY = date(2026, 11, 22)
INSURED = {"department": "hr", "dataset": "insured", "role": "subject", "person_id": "p1", "is_current": True}


def doubted(contracts: Contracts, tmp_path: Path, **others: list[dict[str, Any]]) -> set[str]:
    """What is in doubt of p1, after a delivery of the register on ``DAY``."""
    others["batch"] = [{"department": "hr", "dataset": "insured", "batch_date": DAY, "status": "accepted"}]
    with duckdb.connect(str(build(tmp_path / "r.duckdb", contracts, "r", others=others))) as connection:
        return {datum for person, datum in connection.execute(doubts_sql(contracts)).fetchall() if person == "p1"}


def owned(contracts: Contracts, *picks: str) -> set[str]:
    return {d.name for d in contracts.catalogue.data if d.owner == "hr/insured" and (not picks or d.pick in picks)}


def kept_out(key: str, day: date = DAY, raw: str = "") -> dict[str, Any]:
    return {"department": "hr", "dataset": "insured", "batch_date": day, "record_key": key, "reason": "bad_bytes", "raw": raw}


def test_a_contradiction_doubts_what_its_rule_names(own_contracts: Contracts, tmp_path: Path) -> None:
    rule = next(rule for rule in own_contracts.rules if len(rule.doubts or ()) > 1)
    found = doubted(own_contracts, tmp_path, discrepancy=[{**DISPUTED, "kind": rule.id, "datum": rule.datum}])
    assert found == set(rule.doubts or ())


def test_a_contradiction_may_leave_all_that_is_published_certain(own_contracts: Contracts, tmp_path: Path) -> None:
    """The record alone is wrong."""
    rule = next(rule for rule in own_contracts.rules if rule.doubts == ())
    disputed = {**DISPUTED, "kind": rule.id, "datum": rule.datum}
    assert doubted(own_contracts, tmp_path, discrepancy=[disputed]) == set()


def test_a_contradiction_that_is_settled_doubts_nothing(own_contracts: Contracts, tmp_path: Path) -> None:
    rule = next(rule for rule in own_contracts.rules if rule.doubts)
    settled = {**DISPUTED, "kind": rule.id, "datum": rule.datum, "status": "confirmed"}
    assert doubted(own_contracts, tmp_path, discrepancy=[settled]) == set()


@pytest.mark.parametrize("key", ["33100|310", "33100"])
def test_what_all_records_make_may_lack_what_a_row_kept_out_told(key: str, own_contracts: Contracts, tmp_path: Path) -> None:
    beside = [{**INSURED, "record_key": "33100|110", "batch_date": DAY}]
    found = doubted(own_contracts, tmp_path, person_record=beside, quarantine=[kept_out(key)])
    assert found == owned(own_contracts, "union", "earliest")


def test_a_row_kept_out_doubts_all_that_its_register_owns_of_whose_number_it_holds(own_contracts: Contracts, tmp_path: Path) -> None:
    row = kept_out("77777|310", raw=f"77777,{MAN.lower()},欧阳")
    assert doubted(own_contracts, tmp_path, quarantine=[row]) == owned(own_contracts)


def test_a_newer_row_kept_out_doubts_all_that_the_record_tells(own_contracts: Contracts, tmp_path: Path) -> None:
    before = [{**INSURED, "record_key": "33100|110", "batch_date": date(2026, 11, 21)}]
    found = doubted(own_contracts, tmp_path, person_record=before, quarantine=[kept_out("33100|110")])
    assert found == owned(own_contracts)


def test_a_row_kept_out_before_the_newest_delivery_doubts_nothing(own_contracts: Contracts, tmp_path: Path) -> None:
    after = [{**INSURED, "record_key": "33100|110", "batch_date": DAY}]
    earlier = [kept_out("33100|310", date(2026, 11, 21)), kept_out("33100|110", date(2026, 11, 21))]
    assert doubted(own_contracts, tmp_path, person_record=after, quarantine=earlier) == set()


def test_a_row_that_came_well_in_the_same_delivery_doubts_nothing(own_contracts: Contracts, tmp_path: Path) -> None:
    beside = [{**INSURED, "record_key": "33100|110", "batch_date": DAY}]
    assert doubted(own_contracts, tmp_path, person_record=beside, quarantine=[kept_out("33100|110", raw=MAN)]) == set()


def test_what_silence_says_and_what_may_be_registered_elsewhere_is_no_owners_word(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    elsewhere = {datum.name for datum in own_contracts.catalogue.data if datum.elsewhere}
    assert elsewhere
    for form in own_contracts.forms:
        told = prefill(database, own_contracts, Inquiry(form.id, MAN, form.purposes[0], "1", DAY))
        for field, answer in zip(form.fields, told.fields, strict=True):
            silent = field.none is not None and answer.value == field.none.text
            rests_on = {field.via, field.datum} if field.via else {field.datum}
            if answer.value is not None and (silent or rests_on & elsewhere):
                assert answer.standing == "fallback", (form.id, field.name)
