"""Work orders from day to day: they open, are answered, close, come back and rise on the right days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pytest

from contracts.calendar import add_working_days, is_announced, is_working_day
from contracts.layout import OWN
from contracts.load import load
from contracts.model import Calendar, Contracts, Year
from transforms.orders import order_build
from transforms.sql_files import sql
from warehouse.connection import scratch

TABLES = ("work_order", "work_order_item", "work_order_step", "work_order_answer")
DISPUTE = {"owner": "police/resident", "person_id": "P1", "cause": "death", "kind": "dead_but_registered", "owner_value": "1"}


@dataclass
class Office:
    """One release after the other, each with what is disputed, answered and delivered on its day."""

    connection: duckdb.DuckDBPyConnection
    contracts: Contracts
    answers: list[tuple[object, ...]] = field(default_factory=list)

    def day(
        self,
        day: date,
        *disputes: dict[str, str],
        answers: tuple[tuple[str, str, str | None], ...] = (),
        delivered: str | None = None,
        merged: tuple[int, int] | None = None,
        split: int | None = None,
    ) -> None:
        run = self.connection.execute
        for number, (department, order_id, answer) in enumerate(answers, start=2):
            missing = None if answer else "blank" if answer == "" else "unknown_code"
            told = (order_id, order_id, answer or None, missing, None, None)
            self.answers.append((department, "order_answers", day, "a.csv", "", number, *told))
        run("CREATE OR REPLACE TABLE reconcile_named AS SELECT NULL::VARCHAR AS discrepancy_id, NULL::VARCHAR AS owner,"
            " NULL::VARCHAR AS person_id, NULL::VARCHAR AS cause, NULL::VARCHAR AS kind, 'x' AS datum, 'review' AS severity,"
            " NULL::VARCHAR AS owner_value, NULL::VARCHAR AS reporter, NULL::VARCHAR AS reported_value, NULL::VARCHAR AS record_key,"
            " NULL::INTEGER AS answer_within, NULL::DATE AS opened_on, NULL::DATE AS due_on WHERE false")
        for dispute in disputes:
            told = DISPUTE | dispute
            name = "|".join(told[part] for part in ("person_id", "owner", "kind"))
            run("INSERT INTO reconcile_named BY NAME SELECT $id AS discrepancy_id, $owner AS owner, $person AS person_id, $cause AS cause,"
                " $kind AS kind, 'x' AS datum, 'review' AS severity, $value AS owner_value, $day AS opened_on,"
                " (SELECT due_on FROM discrepancy WHERE discrepancy_id = $id) AS due_on",
                {"id": name, "owner": told["owner"], "person": told["person_id"], "cause": told["cause"], "kind": told["kind"],
                 "value": told["owner_value"], "day": day})
        if delivered:
            run("INSERT INTO batch VALUES (split_part($1, '/', 1), split_part($1, '/', 2), $2, 'f', 9, 9, 0, 'accepted')", [delivered, day])
        if answers:
            run("INSERT INTO batch VALUES (?, 'order_answers', ?, 'a.csv', ?, ?, 0, 'accepted')",
                [answers[0][0], day, len(answers), len(answers)])
        if merged:
            gone, into = merged
            run("DELETE FROM link_person WHERE person_no = ?", [gone])
            run("INSERT INTO person_change VALUES (person_id(?), 'merged', person_id(?), ?)", [gone, into, f"{day:%Y%m%d}-01"])
        if split:
            run("INSERT INTO link_person VALUES (?)", [split])
        run("CREATE OR REPLACE TABLE order_answer (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR,"
            " line INTEGER, record_key VARCHAR, order_id VARCHAR, answer VARCHAR, missing VARCHAR, remark VARCHAR, written VARCHAR)")
        if self.answers:
            self.connection.executemany(f"INSERT INTO order_answer VALUES ({', '.join('?' * 12)})", self.answers)
        order_build(self.connection, self.contracts, day, f"{day:%Y%m%d}-01")
        run(sql("reconcile/discrepancy"))
        for table in TABLES:
            run(f"CREATE OR REPLACE TABLE prior_{table} AS FROM {table}")

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(query).fetchall()

    @property
    def order(self) -> str:
        ((order_id,),) = self.ask("SELECT order_id FROM work_order")
        return str(order_id)

    def status(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT status, due_on, resolution FROM work_order ORDER BY order_id")

    def steps(self) -> list[tuple[object, ...]]:
        return self.ask("SELECT state, happened_on FROM work_order_step ORDER BY happened_on, release_id, rowid")


@pytest.fixture
def office() -> Iterator[Office]:
    with scratch() as connection:
        for statement in (
            sql("order/nothing_before"),
            "CREATE TABLE batch (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, rows BIGINT, accepted BIGINT,"
            " quarantined BIGINT, status VARCHAR)",
            "CREATE TABLE quarantine (department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR, line INTEGER,"
            " record_key VARCHAR, reason VARCHAR, raw VARCHAR)",
            "CREATE TEMP TABLE discrepancy (discrepancy_id VARCHAR, due_on DATE)",
            "CREATE MACRO person_id(number) AS 'P' || number",
            "CREATE TABLE link_person AS SELECT unnest(range(1, 10)) AS person_no",
            "CREATE TABLE person_change (person_id VARCHAR, kind VARCHAR, other_person_id VARCHAR, release_id VARCHAR)",
        ):
            connection.execute(statement)
        yield Office(connection, load(OWN))


def test_ten_working_days_go_round_national_day_and_its_make_up_days(own_contracts: Contracts) -> None:
    calendar = own_contracts.calendar
    # 2026: off from 1 to 7 October; worked on Sunday 20 September and Saturday 10 October.
    assert [d for d in range(1, 12) if is_working_day(date(2026, 10, d), calendar)] == [8, 9, 10]
    assert is_working_day(date(2026, 9, 20), calendar)
    assert add_working_days(date(2026, 9, 25), 10, calendar) == date(2026, 10, 15)
    assert add_working_days(date(2026, 9, 18), 1, calendar) == date(2026, 9, 20)


def test_a_year_that_the_contract_tells_counts_as_it_stands() -> None:
    told = Calendar(version="1", years={2031: Year(off=(date(2031, 10, 1), date(2031, 10, 2)), worked=(date(2031, 10, 4),))})
    assert add_working_days(date(2031, 9, 30), 2, told) == date(2031, 10, 4)


def test_the_working_days_of_a_year_are_known_once_they_are_announced_or_told(own_contracts: Contracts) -> None:
    assert is_announced(2026, own_contracts.calendar)
    assert not is_announced(2061, own_contracts.calendar)
    assert is_announced(2061, Calendar(version="1", years={2061: Year(off=(), worked=())}))


def test_an_order_opens_is_sent_and_rises_when_nobody_answers(office: Office) -> None:
    office.day(date(2026, 9, 25), {})
    assert office.status() == [("opened", date(2026, 10, 15), None)]
    office.day(date(2026, 9, 26), {})
    assert office.status() == [("sent", date(2026, 10, 15), None)]
    office.day(date(2026, 10, 15), {})
    assert office.status()[0][0] == "sent"
    office.day(date(2026, 10, 16), {})
    assert office.ask("SELECT status, level, next_due_on FROM work_order") == [("escalated", 1, date(2026, 10, 23))]
    office.day(date(2026, 10, 24), {})
    office.day(date(2026, 11, 24), {})
    assert office.ask("SELECT status, level, escalated_on FROM work_order") == [("escalated", 2, date(2026, 10, 24))]
    assert office.steps() == [
        ("opened", date(2026, 9, 25)),
        ("sent", date(2026, 9, 25)),
        ("escalated", date(2026, 10, 16)),
        ("escalated", date(2026, 10, 24)),
    ]


def test_three_days_with_answers_on_the_second(office: Office) -> None:
    one, two, three = date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 2)
    people = [{"person_id": f"P{n}"} for n in range(1, 6)]
    office.day(one, *people, delivered="police/resident")
    ids = dict(office.ask("SELECT person_id, order_id FROM work_order"))
    codes = ("corrected", "corrected", "confirmed", "not_ours")
    office.day(two, *people, answers=tuple(("police", str(ids[f"P{n}"]), code) for n, code in enumerate(codes, 1)))
    found = {who: rest for who, *rest in office.ask("SELECT person_id, status, resolution FROM work_order")}
    assert found == {
        "P1": ["answered", None], "P2": ["answered", None], "P3": ["closed", "confirmed"], "P4": ["escalated", None], "P5": ["sent", None],
    }
    office.day(three, *people[1:], delivered="police/resident")
    found = {who: rest for who, *rest in office.ask("SELECT person_id, status, resolution FROM work_order")}
    assert found == {
        "P1": ["closed", "corrected"], "P2": ["reopened", None],
        "P3": ["closed", "confirmed"], "P4": ["escalated", None], "P5": ["sent", None],
    }
    assert office.ask("SELECT person_id, due_on FROM work_order WHERE status IN ('reopened', 'sent') ORDER BY ALL") == [
        ("P2", date(2026, 10, 20)), ("P5", date(2026, 10, 20)),
    ]
    assert office.ask("SELECT count(*) FROM work_order_item WHERE is_settled") == [(1,)]


def test_corrected_again_on_the_day_of_its_check_does_not_hide_that_nothing_was(office: Office) -> None:
    office.day(date(2026, 11, 2), {}, delivered="police/resident")
    corrected = (("police", office.order, "corrected"),)
    office.day(date(2026, 11, 3), {}, answers=corrected)
    office.day(date(2026, 11, 4), {}, answers=corrected, delivered="police/resident")
    due = add_working_days(date(2026, 11, 4), 10, office.contracts.calendar)
    assert office.ask("SELECT status, reopened, answered_on, due_on FROM work_order") == [("answered", 1, date(2026, 11, 4), due)]
    assert office.steps()[-2:] == [("reopened", date(2026, 11, 4)), ("answered", date(2026, 11, 4))]
    office.day(date(2026, 11, 5), {}, answers=corrected, delivered="police/resident")
    office.day(date(2026, 11, 6), {}, answers=corrected, delivered="police/resident")
    assert office.ask("SELECT status, reopened, level FROM work_order") == [("escalated", 3, 1)]


def test_what_was_confirmed_comes_back_only_when_it_is_another_dispute(office: Office) -> None:
    office.day(date(2026, 11, 2), {})
    office.day(date(2026, 11, 3), {}, answers=(("police", office.order, "confirmed"),))
    office.day(date(2026, 11, 4), {})
    assert office.status()[0][::2] == ("closed", "confirmed")
    office.day(date(2026, 11, 5), {"owner_value": "3"})
    assert office.status()[0][0] == "reopened"


def test_who_called_a_value_right_by_mistake_may_say_that_it_was_corrected(office: Office) -> None:
    office.day(date(2026, 11, 2), {})
    order = office.order
    office.day(date(2026, 11, 3), {}, answers=(("police", order, "confirmed"),))
    office.day(date(2026, 11, 4), {}, answers=(("police", order, "corrected"),))
    assert office.ask("SELECT status, closed_on, resolution, disputes FROM work_order") == [("answered", None, None, 1)]
    assert office.ask("SELECT status FROM discrepancy") == [("answered",)]
    office.day(date(2026, 11, 5), {}, delivered="police/resident")
    assert office.status()[0][0] == "reopened"
    office.day(date(2026, 11, 6))
    assert office.status()[0][0] == "closed"


def test_an_answer_that_comes_late_does_not_undo_a_newer_one(office: Office) -> None:
    office.day(date(2026, 11, 2), {})
    order = office.order
    office.day(date(2026, 11, 5), {}, answers=(("police", order, "corrected"),))
    held = ("police", "order_answers", date(2026, 11, 4), "b.csv", "", 2, order, order, "confirmed", None, None, None)
    office.answers.append(held)
    office.day(date(2026, 11, 6), {})
    assert office.ask("SELECT status, answer FROM work_order") == [("answered", "corrected")]
    assert office.ask("SELECT split_part(reason, ':', 1) FROM quarantine") == [("order_answered_since",)]


def test_sources_that_agree_close_an_order_and_the_same_order_comes_back(office: Office) -> None:
    office.day(date(2026, 11, 2), {})
    order = office.order
    office.day(date(2026, 11, 3))
    assert office.status()[0][::2] == ("closed", "agreed")
    office.day(date(2026, 11, 9), {})
    assert office.order == order
    assert office.status() == [("reopened", add_working_days(date(2026, 11, 9), 10, office.contracts.calendar), None)]


def test_a_disagreement_that_joins_a_late_order_has_its_own_working_days(office: Office) -> None:
    first, later = date(2026, 11, 2), date(2026, 11, 30)
    due, due_later = (add_working_days(day, 10, office.contracts.calendar) for day in (first, later))
    new = {"kind": "cancelled_before_death"}
    office.day(first, {})
    for day in (later, date(2026, 12, 1)):
        office.day(day, {}, new)
        assert office.ask("SELECT kind, due_on FROM discrepancy ORDER BY kind") == [(new["kind"], due_later), (DISPUTE["kind"], due)]
        assert office.ask("SELECT due_on FROM work_order") == [(due,)]


def test_ping_pong_rises(office: Office) -> None:
    office.day(date(2026, 11, 2), {})
    for day in range(3, 9):
        office.day(date(2026, 11, day), *([{}] if day % 2 == 0 else []))
    assert office.ask("SELECT status, reopened, level FROM work_order") == [("escalated", 3, 1)]


def test_symptoms_of_one_cause_are_one_order_a_department(office: Office) -> None:
    hr = {"owner": "hr/pension"}
    office.day(date(2026, 11, 2), {}, hr | {"kind": "pension_after_death"}, hr | {"kind": "insured_after_death", "owner": "hr/insured"})
    assert office.ask("SELECT department, disputes FROM work_order ORDER BY department") == [("hr", 2), ("police", 1)]


def test_an_order_goes_on_under_the_id_that_its_persons_id_went_under_in(office: Office) -> None:
    office.day(date(2026, 11, 2), {"person_id": "P2"})
    order = office.order
    office.day(date(2026, 11, 3), {"person_id": "P1"}, merged=(2, 1))
    assert office.ask("SELECT order_id, person_id, status FROM work_order") == [(order, "P1", "sent")]


def test_an_order_stays_with_an_id_that_came_back(office: Office) -> None:
    """The register merged two persons, parted them again, and merged them the other way round."""
    office.day(date(2026, 11, 2), {"person_id": "P2"}, merged=(1, 2))
    office.day(date(2026, 11, 3), {"person_id": "P2"}, split=1)
    office.day(date(2026, 11, 4), {"person_id": "P1"}, {"person_id": "P2"})
    assert office.ask("SELECT person_id, status FROM work_order ORDER BY 1") == [("P1", "opened"), ("P2", "sent")]
    office.day(date(2026, 11, 5))
    assert office.ask("SELECT person_id, status FROM work_order ORDER BY 1") == [("P1", "closed"), ("P2", "closed")]
    office.day(date(2026, 11, 6), merged=(2, 1))
    assert office.ask("SELECT DISTINCT person_id FROM work_order") == [("P1",)]


def test_answers_that_cannot_be_used_are_kept_out_with_line_and_reason(office: Office) -> None:
    office.day(date(2026, 11, 2), {}, {"owner": "hr/pension", "kind": "pension_after_death"})
    ids = dict(office.ask("SELECT department, order_id FROM work_order"))
    own, other = str(ids["police"]), str(ids["hr"])
    answers = (("police", own, None), ("police", "W000000000000", "corrected"), ("police", other, "corrected"))
    office.day(date(2026, 11, 3), {}, {"owner": "hr/pension", "kind": "pension_after_death"}, answers=answers)
    office.day(date(2026, 11, 4), {}, answers=(("police", own, "confirmed"), ("police", own, "corrected")))
    office.day(date(2026, 11, 5), {}, answers=(("police", own, "cannot_tell"),))
    told = office.ask("SELECT DISTINCT batch_date, line, split_part(reason, ':', 1) FROM quarantine ORDER BY ALL")
    assert told == [
        (date(2026, 11, 3), 2, "order_answer_not_on_the_list"),
        (date(2026, 11, 3), 3, "order_unknown"),
        (date(2026, 11, 3), 4, "order_of_another_department"),
        (date(2026, 11, 4), 3, "order_answered_twice"),
        (date(2026, 11, 5), 2, "order_closed"),
    ]
    assert office.ask("SELECT status, resolution FROM work_order WHERE department = 'police'") == [("closed", "confirmed")]


def test_clerks_who_answer_other_lines_of_one_list_are_all_heard(office: Office) -> None:
    """A blank line is no answer, nor is a word that is not on the list; the same answer twice is one."""
    office.day(date(2026, 11, 2), {}, {"person_id": "P2"}, {"person_id": "P3"})
    one, two, three = (str(order) for (order,) in office.ask("SELECT order_id FROM work_order ORDER BY person_id"))
    first = [(one, "confirmed"), (two, ""), (three, None)]
    second = [(one, ""), (two, "confirmed"), (three, "confirmed"), (one, "confirmed"), (one, "corrected")]
    office.day(date(2026, 11, 3), {}, answers=tuple(("police", order, answer) for order, answer in first + second))
    told = [verdict for (verdict,) in office.ask("SELECT verdict FROM work_order_answer ORDER BY line")]
    assert told == [
        "accepted", "unanswered", "order_answer_not_on_the_list",
        "unanswered", "accepted", "accepted", "repeated", "order_answered_twice",
    ]  # fmt: skip
    assert {status for status, *_ in office.status()} == {"closed"}
    assert office.ask("SELECT DISTINCT line FROM quarantine ORDER BY line") == [(4,), (9,)]
