"""A delivery whose columns changed waits for a person; what did not come is not taken for empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from contracts.model import Column, Contracts
from tests.support.columns import change_columns
from tests.support.landing import DAY, Landing, Row
from transforms import road
from transforms.prepare import prepare_build
from transforms.questions import Question, answer, questions
from transforms.take_in.ledger import BatchReport
from warehouse.approvals import Answer
from warehouse.connection import scratch
from warehouse.home import Home

NEXT, THIRD = DAY + timedelta(days=1), DAY + timedelta(days=2)
NAME = "欧阳锦绣"
YES = Answer("approved", "李科长", "the office changed its export")


@dataclass(frozen=True)
class Office:
    """Delivers one dataset, into a home of its own."""

    home: Home
    landing: Landing
    dataset_id: str

    def deliver(self, day: date, rows: Sequence[Row], without: str = "", more: str = "") -> BatchReport:
        """Take a batch in whose file lacks a column or has one more, full of a name; what the ledger now says of it."""
        self.landing.put(self.dataset_id, rows, day)
        change_columns(
            self.landing, self.landing.contracts.dataset(self.dataset_id), day, without, more, NAME
        )
        self.landing.take_in(self.home, self.dataset_id, day)
        return self.known[-1]

    @property
    def known(self) -> list[BatchReport]:
        return road.batches_known(self.home, self.landing.contracts)

    @property
    def asked(self) -> list[Question]:
        return questions(self.home, self.landing.contracts)

    def answer(self, batch: BatchReport, said: Answer) -> None:
        answer(self.home, self.landing.contracts, batch.reference, said)

    def records(self, columns: str) -> list[tuple[Any, ...]]:
        """The newest versions that a build would use."""
        with scratch() as connection:
            prepare_build(connection, self.landing.contracts, self.known, THIRD)
            table = self.landing.contracts.dataset(self.dataset_id).table
            return connection.execute(
                f"SELECT record_key, {columns} FROM record_{table} ORDER BY record_key"
            ).fetchall()


@pytest.fixture
def pension(tmp_path: Path, own_contracts: Contracts) -> Office:
    return Office(Home(tmp_path / "home"), Landing(tmp_path / "landing", own_contracts), "hr/pension")


@pytest.fixture
def permit(tmp_path: Path, own_contracts: Contracts) -> Office:
    return Office(
        Home(tmp_path / "home"), Landing(tmp_path / "landing", own_contracts), "police/residence_permit"
    )


def pensioners(amount: int, *numbers: int) -> list[Row]:
    return [
        {"person_no": f"3300{n}", "name": NAME, "pension_amount": str(amount), "pension_status": "1"}
        for n in numbers
    ]


def test_without_an_agreed_column_a_batch_is_held_and_told_by_file_line_and_column(pension: Office) -> None:
    pension.deliver(DAY, pensioners(100, 1, 2))
    batch = pension.deliver(NEXT, pensioners(200, 1, 2), without="pension_amount")
    assert batch.status == "held"
    assert batch.reason.startswith(
        f"{batch.reference} has other columns than agreed (RS_v_pension_20261121.csv.gz, line 1: missing aae019); ask the department"
    )
    (asked,) = pension.asked
    assert (asked.about, asked.figures[-2]) == (
        ("columns",),
        ("缺少的列 missing", "aae019 (pension_amount)", "–"),
    )
    assert ("列数 columns: agreed, delivered", "7", "6") in asked.figures
    assert pension.records("batch_date, pension_amount::int") == [("33001", DAY, 100), ("33002", DAY, 100)]


def test_once_approved_the_rest_counts_and_what_did_not_come_stands_as_it_was(pension: Office) -> None:
    pension.deliver(DAY, pensioners(100, 1, 2))
    batch = pension.deliver(NEXT, pensioners(200, 2, 3), without="pension_amount")
    pension.answer(batch, YES)
    assert pension.records("is_current, batch_date, pension_amount::int, pension_amount__missing") == [
        ("33001", False, DAY, 100, None),
        ("33002", True, NEXT, 100, None),
        ("33003", True, NEXT, None, "not_delivered"),
    ]


def test_once_the_contract_calls_a_column_otherwise_the_files_of_before_count_on(pension: Office) -> None:
    pension.deliver(DAY, pensioners(100, 1, 2))
    old = pension.landing.contracts
    dataset = old.dataset("hr/pension")
    columns = [c.model_copy(update={"header": "aae020"}) if c.name == "pension_amount" else c for c in dataset.columns]
    renamed = dataset.model_copy(update={"columns": tuple(columns)})
    others = tuple(renamed if d.id == dataset.id else d for d in old.datasets)
    office = replace(pension, landing=Landing(pension.landing.root, old.model_copy(update={"datasets": others, "intake_version": "next"})))
    office.landing.take_in(office.home, "hr/pension", DAY)
    office.deliver(NEXT, pensioners(200, 2, 3))
    assert [(b.status, b.not_delivered) for b in office.known] == [("accepted", ())] * 2
    assert office.records("is_current, pension_amount::int") == [("33001", False, 100), ("33002", True, 200), ("33003", True, 200)]


@pytest.mark.parametrize("is_there", [True, False], ids=["files that lie there are read again", "files that were deleted since"])
def test_a_column_that_the_contract_gets_was_not_agreed_of_the_files_of_before(permit: Office, is_there: bool) -> None:
    """They count on, and nobody is asked; a file that comes without it is asked about."""
    told = [{"permit_no": key, "name": NAME, "updated_at": f"2026-11-0{n} 08:00:00", "change": "I"} for n, key in enumerate("AB", 1)]
    for day, row in zip((DAY, NEXT), told, strict=True):
        permit.deliver(day, [row])
    old = permit.landing.contracts
    dataset = old.dataset(permit.dataset_id)
    more = dataset.model_copy(update={"columns": (*dataset.columns, Column(name="grade", header="等级", label="等级"))})
    others = tuple(more if d.id == dataset.id else d for d in old.datasets)
    office = replace(permit, landing=Landing(permit.landing.root, old.model_copy(update={"datasets": others, "intake_version": "next"})))
    for day in (DAY, NEXT) if is_there else ():
        office.landing.take_in(office.home, office.dataset_id, day)
    assert [(b.status, b.reason) for b in office.known] == [("accepted", "")] * 2
    assert office.asked == []
    assert office.records("is_current, grade, grade__missing") == [("A", True, None, "not_delivered"), ("B", True, None, "not_delivered")]
    without = permit.landing.contracts.dataset(permit.dataset_id)
    rows = [told[0] | {"permit_no": "C"}]
    folder = office.landing.folder(office.dataset_id, THIRD)
    Landing(folder.parents[2], old).put(without.id, rows, THIRD)
    office.landing.take_in(office.home, office.dataset_id, THIRD)
    assert [b.status for b in office.known] == ["accepted", "accepted", "held"]


@pytest.mark.parametrize("instead", [(), (Column(name="grade", header="等级", label="等级"),)], ids=["and gets none", "and gets another"])
def test_a_column_that_the_contract_has_no_more_came_as_agreed_in_the_files_of_before(pension: Office, instead: tuple[Column, ...]) -> None:
    """They count on, and nobody is asked; a file that comes with it still is asked about."""
    for day, amount in ((DAY, 100), (NEXT, 200)):
        pension.deliver(day, pensioners(amount, 1, 2))
    old = pension.landing.contracts
    dataset = old.dataset(pension.dataset_id)
    kept = tuple(c for c in dataset.columns if c.name != "pension_amount")
    told = {d: told for d, told in dataset.persons[0].data.items() if d != "pension_amount"}
    less = dataset.model_copy(
        update={"columns": (*kept, *instead), "persons": (dataset.persons[0].model_copy(update={"data": told}), *dataset.persons[1:])}
    )
    others = tuple(less if d.id == dataset.id else d for d in old.datasets)
    office = replace(pension, landing=Landing(pension.landing.root, old.model_copy(update={"datasets": others, "intake_version": "next"})))
    for day in (DAY, NEXT):
        office.landing.take_in(office.home, office.dataset_id, day)
    assert [(b.status, b.reason) for b in office.known] == [("accepted", "")] * 2
    assert office.asked == []
    assert office.records("is_current") == [("33001", True), ("33002", True)]
    Landing(pension.landing.root, old).put(pension.dataset_id, pensioners(300, 1, 2), THIRD)
    office.landing.take_in(office.home, office.dataset_id, THIRD)
    assert [b.status for b in office.known] == ["accepted", "accepted", "held"]


def test_a_new_column_waits_too_and_is_kept_out_of_the_data(pension: Office) -> None:
    batch = pension.deliver(DAY, pensioners(100, 1), more="忠诚度")
    assert batch.status == "held"
    assert "line 1: new 忠诚度" in batch.reason
    assert batch.reason.endswith("a new column that stays and that nobody needs says `notTaken` in the contract")
    pension.answer(batch, YES)
    (batch,) = pension.known
    assert (batch.status, batch.accepted) == ("accepted", 1)
    usual = pension.deliver(NEXT, pensioners(101, 1))
    assert pq.read_schema(batch.normalised).names == pq.read_schema(usual.normalised).names


def test_what_was_accepted_once_is_not_asked_about_every_night(pension: Office) -> None:
    first = pension.deliver(DAY, pensioners(100, 1), without="pension_amount", more="more")
    pension.answer(first, YES)
    again = pension.deliver(NEXT, pensioners(101, 1, 2), without="pension_amount", more="more")
    assert (again.status, pension.asked) == ("accepted", [])
    assert "missing aae019; new more" in again.reason
    other = pension.deliver(THIRD, pensioners(102, 1, 2), without="pension_status")
    assert other.status == "held"


def test_a_rejected_batch_stays_out_and_the_next_one_is_asked_about(pension: Office) -> None:
    first = pension.deliver(DAY, pensioners(100, 1), without="pension_amount")
    pension.answer(first, Answer("rejected", "李科长", "a broken export"))
    assert pension.asked == []
    (batch,) = pension.known
    assert (batch.status, "李科长 rejected it" in batch.reason) == ("held", True)
    assert pension.deliver(NEXT, pensioners(100, 1, 2), without="pension_amount").status == "held"


def test_an_approval_of_the_columns_bears_no_other_fault(pension: Office) -> None:
    pension.deliver(DAY, pensioners(100, *range(400)))
    batch = pension.deliver(NEXT, pensioners(100, *range(200)), without="pension_amount")
    (asked,) = pension.asked
    assert asked.about == ("columns", "bounds")
    assert "shrank by 50%" in batch.reason


def test_a_register_without_any_row_is_held_however_small_it_was(pension: Office) -> None:
    pension.deliver(DAY, pensioners(5, 1, 2, 3))
    empty = pension.deliver(NEXT, [])
    assert (empty.status, "shrank by 100%" in empty.reason) == ("held", True)


def test_changes_without_a_column_do_not_clear_it(permit: Office) -> None:
    dataset = permit.landing.contracts.dataset(permit.dataset_id)
    assert dataset.delivery.operation
    operation = {dataset.delivery.operation.column: "I"}
    rows = [
        {
            "name": NAME,
            "permit_no": "A1",
            "residence_address": "青山路1号",
            "updated_at": "2026-11-01 08:00:00",
        }
        | operation
    ]
    permit.deliver(DAY, rows)
    later = [rows[0] | {"name": "欧阳锦", "updated_at": "2026-11-02 08:00:00"}]
    batch = permit.deliver(NEXT, later, without="residence_address")
    permit.answer(batch, YES)
    ((_, name, address),) = permit.records("name, residence_address")
    assert (name, "青山路" in address) == ("欧阳锦", True)
