"""What a citizen hands in is in the next build: a value where there was none, else a question to the owner."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from expectations.gates import check_build
from tests.support.county import DAYS, agreed, made, travel_ungated
from tests.support.release import rows
from transforms import road
from warehouse.confirmation import answered
from warehouse.home import Home
from warehouse.prefill import fill
from warehouse.prefilled import Inquiry
from warehouse.published import Published
from warehouse.submissions import Submission, Submissions

ONE = (
    "SELECT person_id, id_number, phone FROM person WHERE name IS NOT NULL AND former_name IS NULL AND death_date IS NULL"
    " AND len(phone) = 11 AND birth_date < DATE '1990-01-01'"
    " AND person_id IN (SELECT person_id FROM person_datum WHERE datum = 'name' AND standing = 'owner')"
    " AND id_number IN (SELECT id_number FROM person GROUP BY id_number HAVING count(*) = 1) ORDER BY person_id LIMIT 1"
)
SENT = {"name": "张三丰", "former_name": "张\u3000君宝", "worker_category": "管理技术岗位", "sex": "看不清"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = made(tmp_path_factory.mktemp("declared"), 400, 11, 1)
    home = Home(root / "home")
    travel_ungated(home, root / "landing", DAYS[0])
    person_id, number, phone = rows(home.current, ONE)[0]
    inquiry = Inquiry("retirement", number, "退休申请", "1")
    contracts = agreed()
    filled = fill(Published(home.current.resolve(), contracts), inquiry).prefilled
    form = next(form for form in contracts.forms if form.id == "retirement")
    Submissions(home).keep(
        Submission(
            submission_id="S" + "0" * 24,
            received_at="2026-11-23T08:00:00+00:00",
            key="rk_1",
            system="test",
            form=form.id,
            purpose=inquiry.purpose,
            case_no=inquiry.case,
            person_id=person_id,
            release_id=filled.release.release_id,
            content="",
            fields=answered(contracts, form, filled, SENT | {"phone": f"+86 {phone[:3]}-{phone[3:]}", "employer_name": "同上"}),
        )
    )
    assert road.days_to_build(home, contracts) == [DAYS[0]]
    report = travel_ungated(home, root / "landing", DAYS[0])
    assert report.status == "published"
    assert road.days_to_build(home, contracts) == []
    return home


def told(home: Home, table: str, datum: str, columns: str) -> list[tuple[object, ...]]:
    who = "person_id = (SELECT person_id FROM person_datum WHERE standing = 'declared' LIMIT 1)"
    return rows(home.current, f"SELECT {columns} FROM {table} WHERE {who} AND datum = '{datum}'")


def test_where_nobody_had_a_value_the_citizens_stands_as_declared(home: Home) -> None:
    origin = "value, department, dataset, record_key, standing"
    assert told(home, "person_datum", "former_name", origin) == [
        ("张君宝", "citizen", "submission", "S" + "0" * 24, "declared")
    ]


def test_answers_that_are_no_data_of_the_catalogue_stop_no_release(home: Home, tmp_path: Path) -> None:
    assert check_build(home.current.resolve(), agreed(), tmp_path).stops == ()


def test_what_no_department_holds_is_not_asked_twice(home: Home) -> None:
    assert told(home, "person_datum", "worker_category", "value, standing") == [("管理技术岗位", "declared")]


def test_an_owners_value_stays_and_the_owner_is_asked(home: Home) -> None:
    ((value, standing),) = told(home, "person_datum", "name", "value, standing")
    assert (standing, value == "张三丰") == ("owner", False)
    found = told(home, "discrepancy", "name", "kind, owner, reporter, reported_value, status")
    assert ("declared", "police/resident", "citizen/submission", "张三丰", "open") in found


def test_what_is_written_in_another_way_or_says_nothing_is_no_question(home: Home) -> None:
    assert not told(home, "discrepancy", "phone", "reported_value")
    assert not told(home, "discrepancy", "employer_name", "reported_value")
    assert all(standing != "declared" for (standing,) in told(home, "person_datum", "employer_name", "standing"))


def test_what_cannot_be_read_as_a_code_is_declared_nowhere(home: Home) -> None:
    assert all(standing != "declared" for (standing,) in told(home, "person_datum", "sex", "standing"))


def test_the_next_form_opens_with_it(home: Home, tmp_path: Path) -> None:
    ((number,),) = rows(home.current, "SELECT id_number FROM person WHERE former_name = '张君宝'")
    filled = fill(Published(home.current.resolve(), agreed()), Inquiry("retirement", number, "退休申请", "2"))
    fields = {field.name: field for field in filled.prefilled.fields}
    assert (fields["former_name"].value, fields["former_name"].standing) == ("张君宝", "declared")
    assert (fields["worker_category"].value, fields["worker_category"].standing) == ("管理技术岗位", "declared")
    for field in (fields["former_name"], fields["worker_category"]):
        assert (field.departments, field.sources, field.as_of) == (("citizen",), ("本人申报",), date(2026, 11, 23))
    assert fields["name"].disputed


def test_an_answer_that_is_no_choice_of_the_form_is_asked_again(home: Home) -> None:
    ((number,),) = rows(home.current, "SELECT id_number FROM person WHERE former_name = '张君宝'")
    (form,) = (form for form in agreed().forms if form.id == "retirement")
    others = tuple(f.model_copy(update={"choices": ("甲", "乙")}) if f.name == "worker_category" else f for f in form.fields)
    changed = agreed().model_copy(update={"forms": (form.model_copy(update={"fields": others}),)})
    filled = fill(Published(home.current.resolve(), changed), Inquiry("retirement", number, "退休申请", "2"))
    (category,) = (field for field in filled.prefilled.fields if field.name == "worker_category")
    assert (category.value, category.missing and category.missing.reason) == (None, "not_supplied")
