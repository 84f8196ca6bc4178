"""A form gets what the departments hold, in its own format, or learns why a field is empty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from tests.warehouse.small_release import BORNE, DEAD, DISPUTED, MAN, PEOPLE, SHARED, WOMAN, amend, build
from warehouse.explain import explain
from warehouse.faults import RenkouError, WrongUseError
from warehouse.prefill import fill, prefill
from warehouse.prefilled import FilledField, Inquiry, Prefilled
from warehouse.published import Published


def filled(database: Path, contracts: Contracts, id_number: str, form: str = "retirement") -> Prefilled:
    inquiry = Inquiry(form, id_number, "退休申请", "2026-0001", filled_on=date(2026, 11, 23))
    return prefill(database, contracts, inquiry)


def values(answer: Prefilled) -> dict[str, str | None]:
    return {field.name: field.value for field in answer.fields}


def field(answer: Prefilled, name: str) -> FilledField:
    return next(found for found in answer.fields if found.name == name)


def test_a_child_is_shown_from_its_fourteenth_birthday_on(database: Path, contracts: Contracts) -> None:
    release = Published(database, contracts)

    def outcome(on: date) -> str:
        return fill(release, Inquiry("retirement", MAN, "退休申请", "2026-0001", filled_on=on)).outcome

    assert (outcome(date(1979, 3, 11)), outcome(date(1979, 3, 12))) == ("withheld", "filled")


@pytest.mark.parametrize(
    ("form", "number", "told"),
    [("retirement", DEAD, ["death_date"]), ("retirement", MAN, []), ("death_cancellation", DEAD, [])],
    ids=["who has died", "who lives", "a form that asks for the day"],
)
def test_a_form_says_of_whom_it_is_for_that_they_have_died(
    database: Path, contracts: Contracts, form: str, number: str, told: list[str]
) -> None:
    purpose = next(f.purposes[0] for f in contracts.forms if f.id == form)
    answer = prefill(database, contracts, Inquiry(form, number, purpose, "2026-0001", filled_on=date(2026, 11, 23)))
    assert answer.status == "filled"
    assert [notice.datum for notice in answer.notices] == told


def test_an_amount_keeps_its_noughts(contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", contracts, "r", {"p5": PEOPLE["p5"] | {"pension_amount": Decimal("3210.50")}})
    (pensioner,) = Published(database, contracts).bearers(DEAD)
    assert str(pensioner.values["pension_amount"]) == "3210.50"


def test_a_man_gets_his_form_in_its_own_formats(database: Path, contracts: Contracts) -> None:
    assert values(filled(database, contracts, MAN)) == {
        "id_number": MAN,
        "name": "欧阳[志]强",
        "former_name": "无",
        "sex": "男",
        "birth_date": "1965年03月",
        "ethnicity": "汉族",
        "hukou_address": "河滨县城关镇人民路1号",
        "residence_address": "河滨县城关镇解放路2号",
        "phone": "13900000000",
        "employer_name": "河滨县机械厂",
        "employer_code": "无",
        "first_insured": "1988年07月",
        "insurances": "企业职工养老、职工医疗",
        "pension_status": "未领取",
        "education": "中专或高中",
        "marital_status": "已婚",
        "spouse_name": "李芳",
        "age": "61",
        "statutory_retirement_month": "2025年04月",
        "worker_category": None,
        "chosen_month": "2025年04月",
        "bank_account": None,
    }


def test_each_value_says_who_how_old_and_whether_disputed(database: Path, contracts: Contracts) -> None:
    answer = filled(database, contracts, MAN)
    name, ethnicity = field(answer, "name"), field(answer, "ethnicity")

    assert (name.departments, name.as_of, name.standing) == (("police",), date(2026, 11, 22), "owner")
    assert (name.disputed, ethnicity.disputed) == (False, True)
    assert field(answer, "spouse_name").departments == ("civil_affairs", "police")
    assert field(answer, "age").departments == ("police",)


def test_what_is_missing_says_why(database: Path, contracts: Contracts) -> None:
    answer = filled(database, contracts, WOMAN)
    reasons = {f.name: f.missing.reason for f in answer.fields if f.missing}

    assert reasons["bank_account"] == "not_supplied"
    assert reasons["phone"] == "unknown"
    assert reasons["statutory_retirement_month"] == "not_computable"
    assert "岗位类别" in str(field(answer, "statutory_retirement_month").asks)


def test_a_day_of_which_the_year_alone_is_known_is_asked(contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", contracts, "r")
    amend(database, contracts, "UPDATE person_datum SET value = '1965' WHERE person_id = 'p1' AND datum = 'birth_date'")
    answer = filled(database, contracts, MAN)
    missing = {f.name: f.missing.reason for f in answer.fields if f.missing}
    assert missing["birth_date"] == "imprecise"
    assert missing["statutory_retirement_month"] == "not_computable"
    assert not next(a.unnecessary for a in answer.attachments if a.name == "id_card")
    data = explain(database, MAN, contracts).persons[0].data
    assert next(datum.words for datum in data if datum.datum == "birth_date") == "1965"


@pytest.mark.parametrize(
    ("birth", "retires"),
    [
        (date(1964, 12, 31), "2024年12月"),
        (date(1965, 1, 1), "2025年02月"),
        (date(1965, 5, 1), "2025年07月"),
        (date(1976, 8, 31), "2039年07月"),
        (date(1976, 9, 1), "2039年09月"),
        (date(1990, 12, 31), "2053年12月"),
    ],
)
def test_men_retire_by_the_schedule_of_2025(
    contracts: Contracts, tmp_path: Path, birth: date, retires: str
) -> None:
    database = build(tmp_path / "r.duckdb", contracts, "r", {"p1": {**PEOPLE["p1"], "birth_date": birth}})

    assert values(filled(database, contracts, MAN))["statutory_retirement_month"] == retires


def test_documents_are_spared_when_the_registers_say_what_they_prove(
    database: Path, contracts: Contracts
) -> None:
    spared = {a.name: a.unnecessary for a in filled(database, contracts, MAN).attachments}

    assert spared == {
        "id_card": True,
        "household_register": True,
        "marriage_certificate": True,
        "insurance_record": True,
        "personnel_file": False,
    }


def test_a_disputed_datum_spares_no_document(contracts: Contracts, tmp_path: Path) -> None:
    disputed = {"discrepancy": [{**DISPUTED, "datum": "birth_date"}]}
    database = build(tmp_path / "r.duckdb", contracts, "r", others=disputed)
    spared = {a.name: a.unnecessary for a in filled(database, contracts, MAN).attachments}

    assert not spared["id_card"]
    assert not spared["household_register"]
    assert spared["marriage_certificate"]


def test_a_settled_dispute_disputes_nothing(contracts: Contracts, tmp_path: Path) -> None:
    settled = {"discrepancy": [{**DISPUTED, "status": "closed"}]}
    database = build(tmp_path / "r.duckdb", contracts, "r", others=settled)

    assert not field(filled(database, contracts, MAN), "ethnicity").disputed


def test_a_declared_value_says_so_and_spares_no_document(contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", contracts, "r")
    amend(database, contracts, "UPDATE person_datum SET standing = 'declared' WHERE datum = 'name'")
    answer = filled(database, contracts, MAN)

    assert field(answer, "name").standing == "declared"
    assert not next(a for a in answer.attachments if a.name == "id_card").unnecessary


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"p1": True}, "filled"),
        ({"p1": False}, "not_found"),
        ({"p1": True, "p2": False}, "cannot_say"),
        ({"p1": False, "p2": False}, "not_found"),
    ],
)
def test_of_a_number_borne_before_the_register_alone_says_whose_it_is(
    told: dict[str, bool], status: str, contracts: Contracts, tmp_path: Path
) -> None:
    borne = [{"number": BORNE, "person_id": who, "is_stated": is_stated} for who, is_stated in told.items()]
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"number_borne": borne})

    answer = filled(database, contracts, BORNE)
    assert (answer.status, answer.person_id) == (status, "p1" if status == "filled" else None)


@pytest.mark.parametrize(
    ("number", "notices"),
    [
        ("330102199912311234", ["id_number"]),
        ("33010219991231123", ["id_number"]),
        ("330102199001011234", []),
        ("330102991231123", []),
        ("H12345678", []),
    ],
)
def test_a_mistyped_number_that_nobody_has_is_told_as_such(database: Path, contracts: Contracts, number: str, notices: list[str]) -> None:
    answer = filled(database, contracts, number)
    assert (answer.status, [notice.datum for notice in answer.notices]) == ("not_found", notices)
    assert number not in str(answer)


@pytest.mark.parametrize(("number", "status"), [(SHARED, "cannot_say"), ("330102199912311234", "not_found")])
def test_without_one_bearer_every_field_is_left_to_the_citizen(
    database: Path, contracts: Contracts, number: str, status: str
) -> None:
    answer = filled(database, contracts, number)

    assert (answer.status, answer.person_id) == (status, None)
    assert {f.missing.reason for f in answer.fields if f.missing} == {status}
    assert not any(f.value for f in answer.fields)
    assert not any(a.unnecessary for a in answer.attachments)
    assert number not in str(answer)


@pytest.mark.parametrize(
    ("inquiry", "said"),
    [
        (Inquiry("none", MAN, "退休申请", "1"), "there are: after_death"),
        (Inquiry("retirement", MAN, "好奇", "1"), "its purposes: 退休申请"),
        (Inquiry("retirement", MAN, "退休申请", " "), "case number"),
    ],
)
def test_wrong_use_is_refused(database: Path, contracts: Contracts, inquiry: Inquiry, said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        prefill(database, contracts, inquiry)


def another_form(folder: Path, fields: list[dict[str, Any]]) -> Contracts:
    (folder / "forms").mkdir(parents=True, exist_ok=True)
    form = {
        "id": "another",
        "title": "另一张表",
        "title_en": "Another form",
        "matter": "-",
        "basis": "-",
        "purposes": ["退休申请"],
        "users": "true",
        "relatives": dict.fromkeys(("spouse", "mother"), "-"),
        "fields": [{"label": f["name"], "label_en": f["name"], **f} for f in fields],
    }
    (folder / "forms" / "another.yaml").write_text(yaml.safe_dump(form, allow_unicode=True), encoding="utf-8")
    return load(OWN, folder)


def test_a_new_form_is_a_file(database: Path, tmp_path: Path) -> None:
    fields = [
        {"name": "born", "datum": "birth_date", "format": "%-m/%-d/%Y"},
        {"name": "raw", "datum": "birth_date"},
        {"name": "kinds", "datum": "insurances", "format": "; "},
        {"name": "sex", "datum": "sex", "codes": {"2": "F"}},
        {"name": "mate", "datum": "sex", "via": "spouse", "format": "label"},
        {"name": "mother", "datum": "name", "via": "mother"},
    ]
    answer = filled(database, another_form(tmp_path / "own", fields), MAN, "another")

    assert values(answer) == {
        "born": "3/12/1965",
        "raw": "1965-03-12",
        "kinds": "职工基本养老保险; 职工基本医疗保险",
        "sex": None,
        "mate": "女性",
        "mother": None,
    }
    sex, mother = field(answer, "sex").missing, field(answer, "mother").missing
    assert sex is not None
    assert sex.reason == "no_code"
    assert mother is not None
    assert (mother.reason, mother.lacking) == ("unknown", ("mother",))


def test_a_broken_expression_names_the_field_and_no_value(database: Path, tmp_path: Path) -> None:
    contracts = another_form(tmp_path / "own", [{"name": "bad", "expression": "CAST(name AS INTEGER)"}])

    with pytest.raises(RenkouError, match="form another, field bad") as raised:
        filled(database, contracts, MAN, "another")
    assert "欧阳" not in str(raised.value)


def test_a_datum_newer_than_the_release_is_unknown_in_it(database: Path, tmp_path: Path) -> None:
    datum = {
        "name": "shoe_size",
        "label": "鞋码",
        "label_en": "Shoe size",
        "type": "amount",
        "standard": "EU",
    }
    own = {"version": "2", "data": [{**datum, "owner": "police/resident", "sensitivity": "general"}]}
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "catalogue.yaml").write_text(
        yaml.safe_dump(own, allow_unicode=True), encoding="utf-8"
    )
    fields = [
        {"name": "direct", "datum": "shoe_size"},
        {"name": "computed", "expression": "shoe_size * 2"},
    ]
    answer = filled(database, another_form(tmp_path / "own", fields), MAN, "another")

    assert [f.missing.reason for f in answer.fields if f.missing] == ["unknown", "not_computable"]
