"""Work orders on the whole road: the workbook that was sent is filled in, comes back, and the next deliveries show what became of it.

Three days round National Day 2026 (off from 1 to 7 October, worked on Saturday the 10th). Counted without the holiday the ten
working days would have ended on 9 October, without the make-up day on the 16th.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.support.county import agreed, travel_ungated
from tests.support.identity import number
from tests.support.landing import Landing
from tests.support.release import rows
from transforms.run import RunReport
from warehouse.home import Home
from warehouse.publish import current_release

SENT, ANSWERED, AFTER = date(2026, 9, 25), date(2026, 10, 10), date(2026, 10, 16)
DUE = date(2026, 10, 15)
ANSWERS = {"mended": "已更正", "unmended": "已更正", "right": "核实无误", "elsewhere": "非本部门职责", "garbled": "改好了", "silent": None}
DEAD = {key: number(f"3301061940030{day}121") for day, key in enumerate((*ANSWERS, "lost"), start=1)}
UNKNOWN = "W000000000000"


@dataclass
class Office:
    """A register of the dead who are still registered, one of whom is paid and insured too."""

    home: Home
    landing: Landing

    def deliver(self, day: date, cancelled: tuple[str, ...] = ()) -> None:
        self.landing.put("police/resident", [self._resident(key, key in cancelled) for key in DEAD], day)

    def certify(self) -> None:
        """The certificates of death, and what is still paid to one of the dead."""
        told = [{"id_number": id_number, "name": "王守仁"} for id_number in DEAD.values()]
        died = {"change": "upsert", "death_date": "2026-09-20 08:00:00"}
        self.landing.put("health/death", [{"death_cert_no": f"d{n}"} | died | who for n, who in enumerate(told)], SENT)
        paid = {"person_no": "s1", "id_number": DEAD["silent"], "name": "王守仁"}
        self.landing.put("hr/pension", [paid | {"pension_status": "1", "pension_amount": "3000.00"}], SENT)
        insured = paid | {"insurance": "310", "insured_status": "1", "document_type": "01"}
        self.landing.put("hr/insured", [insured], SENT)

    def run(self, day: date) -> RunReport:
        return travel_ungated(self.home, self.landing.root, day)

    def sent(self, department: str) -> Path:
        return self.home.orders / department / str(current_release(self.home))

    def orders(self) -> dict[str, tuple[Any, ...]]:
        """The police's orders by the record that they are about."""
        found = rows(
            self.home.current,
            "SELECT r.record_key, o.status, o.resolution, o.level, o.due_on, o.order_id FROM work_order AS o"
            " JOIN person_record AS r USING (person_id) WHERE o.department = 'police' AND r.dataset = 'resident'",
        )
        return {key: tuple(rest) for key, *rest in found}

    def states(self) -> dict[str, tuple[str, str | None, int]]:
        return {key: (status, resolution, level) for key, (status, resolution, level, *_) in self.orders().items()}

    def fill_in(self, foreign: str) -> Path:
        """What an official does in a spreadsheet: choose answers, drop a line, write one twice and two that are none of his."""
        book = openpyxl.load_workbook(self.sent("police") / "orders.xlsx")
        sheet = book["答复"]
        about = {order: key for key, (*_, order) in self.orders().items()}
        for row in range(sheet.max_row, 1, -1):
            key = about[str(sheet.cell(row, 1).value)]
            if key == "lost":
                sheet.delete_rows(row)
            else:
                sheet.cell(row, 2).value = ANSWERS[key]
                sheet.cell(row, 3).value = "已核对档案"
        (right,) = [order for order, key in about.items() if key == "right"]
        for order in (right, UNKNOWN, foreign):
            sheet.append([order, "已更正", None])
        folder = self.landing.folder("police/order_answers", ANSWERED)
        folder.mkdir(parents=True)
        book.save(folder / "公安局答复.xlsx")
        return folder

    def _resident(self, key: str, is_cancelled: bool) -> dict[str, Any]:
        told = {"resident_no": key, "id_number": DEAD[key], "name": "王守仁", "birth_date": DEAD[key][6:14], "hukou_region": "330106001"}
        status = {"hukou_status": "2", "cancelled_on": "20261012"} if is_cancelled else {"hukou_status": "1"}
        return told | status | {"updated_at": "20261012000000" if is_cancelled else "20260901000000"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    root = tmp_path_factory.mktemp("orders")
    office = Office(Home(root / "home"), Landing(root / "landing", agreed()))
    office.deliver(SENT)
    office.certify()
    office.run(SENT)
    return office


@pytest.fixture(scope="module")
def days(office: Office) -> Iterator[dict[date, dict[str, tuple[str, str | None, int]]]]:
    """What the police's orders were on each of the three days."""
    told = {SENT: office.states()}
    ((foreign,),) = rows(office.home.current, "SELECT order_id FROM work_order WHERE department = 'hr'")
    office.fill_in(foreign)
    assert office.run(ANSWERED).answers_kept_out == {f"police/order_answers/{ANSWERED:%Y%m%d}": 4}
    told[ANSWERED] = office.states()
    office.deliver(AFTER, cancelled=("mended",))
    office.run(AFTER)
    told[AFTER] = office.states()
    yield told


def test_what_one_death_leaves_behind_is_one_order_a_department(office: Office) -> None:
    hr = rows(office.home.current, "SELECT department, disputes, due_on FROM work_order WHERE department = 'hr'")
    assert hr == [("hr", 2, DUE)]
    assert office.states() == dict.fromkeys(DEAD, ("opened", None, 0))


def test_the_workbook_and_the_list_tell_the_same_orders(office: Office) -> None:
    release = office.home.orders / "police" / f"{SENT:%Y%m%d}-01"
    listed = pq.read_table(release / "orders.parquet").column("order_id").to_pylist()
    book = openpyxl.load_workbook(release / "orders.xlsx")
    for sheet in ("工单", "答复"):
        assert [row[0] for row in book[sheet].iter_rows(min_row=2, values_only=True)] == listed
    assert len(listed) == len(DEAD)
    assert {row[1].date() for row in book["工单"].iter_rows(min_row=2, values_only=True)} == {DUE}


def test_orders_close_come_back_and_rise_on_the_right_days(days: dict[date, dict[str, Any]]) -> None:
    waits, rises = ("sent", None, 0), ("escalated", None, 1)
    assert days[ANSWERED] == {
        "mended": ("answered", None, 0), "unmended": ("answered", None, 0), "right": ("closed", "confirmed", 0),
        "elsewhere": rises, "garbled": waits, "silent": waits, "lost": waits,
    }  # fmt: skip
    assert days[AFTER] == {
        "mended": ("closed", "corrected", 0), "unmended": ("reopened", None, 0), "right": ("closed", "confirmed", 0),
        "elsewhere": rises, "garbled": rises, "silent": rises, "lost": rises,
    }  # fmt: skip


@pytest.mark.usefixtures("days")
def test_what_comes_back_is_due_anew_and_nothing_is_opened_twice(office: Office) -> None:
    assert office.orders()["unmended"][3] == date(2026, 10, 30)
    opened = "SELECT order_id FROM work_order_step WHERE state = 'opened' GROUP BY order_id HAVING count(*) > 1"
    assert rows(office.home.current, opened) == []
    assert rows(office.home.current, "SELECT DISTINCT opened_on FROM work_order WHERE department = 'police'") == [(SENT,)]
    listed = pq.read_table(office.sent("police") / "orders.parquet").column("order_id").to_pylist()
    assert sorted(listed) == sorted(o[-1] for key, o in office.orders().items() if key not in ("mended", "right"))


@pytest.mark.usefixtures("days")
def test_answers_that_cannot_be_used_are_kept_out_with_their_line(office: Office) -> None:
    kept = rows(
        office.home.current,
        "SELECT split_part(reason, ':', 1), line, sheet, file FROM quarantine WHERE dataset = 'order_answers' ORDER BY line",
    )
    at = len(DEAD) + 1
    assert [reason for reason, *_ in kept] == [
        "order_answer_not_on_the_list", "order_answered_twice", "order_unknown", "order_of_another_department",
    ]  # fmt: skip
    assert [line for _, line, *_ in kept][1:] == [at, at + 1, at + 2]
    ((words,),) = rows(office.home.current, "SELECT raw FROM quarantine WHERE reason LIKE 'order_answer_not%'")
    assert words == f"{office.orders()['garbled'][-1]},{ANSWERS['garbled']},已核对档案"
    assert {place for *_, place, _ in kept} == {"答复"}
    assert {file for *_, file in kept} == {"公安局答复.xlsx"}
    ((count,),) = rows(office.home.current, "SELECT count(*) FROM work_order_answer WHERE verdict = 'accepted'")
    assert count == len([answer for answer in ANSWERS.values() if answer]) - 1
    ((notes,),) = rows(office.home.current, "SELECT notes FROM batch WHERE dataset = 'order_answers'")
    assert "lines with a remark and no answer, which are none: the first is line" in notes
