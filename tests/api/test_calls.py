"""What form systems get over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.problems import PATTERN
from contracts.model import Contracts
from tests.warehouse.small_release import MAN, PEOPLE, SHARED, build
from warehouse.access_log import AccessLog
from warehouse.home import Home
from warehouse.identity import tidy
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry
from warehouse.publish import publish

Key = Callable[..., dict[str, str]]
ASKED = {"id_number": MAN, "purpose": "退休申请", "case_no": "2026-0001"}
CODE = "91330110170204620Q"
PREFILL, SUBMIT = "/v1/forms/retirement/prefill", "/v1/forms/retirement/submissions"


def fields(answer: Any) -> dict[str, Any]:
    return {field["name"]: field for field in answer.json()["fields"]}


def test_the_same_answer_as_the_command_line(client: TestClient, key: Key, home: Home, contracts: Contracts) -> None:
    answer = client.post(PREFILL, json=ASKED, headers=key())
    told = prefill(home.current.resolve(), contracts, Inquiry("retirement", MAN, "退休申请", "2026-0001"))

    assert (answer.status_code, answer.headers["renkou-release"]) == (200, "r1")
    assert {name: field["value"] for name, field in fields(answer).items()} == {f.name: f.value for f in told.fields}
    name, ethnicity = fields(answer)["name"], fields(answer)["ethnicity"]
    assert (name["departments"], name["sources"], name["standing"]) == (["police"], ["常住人口登记"], "owner")
    assert (name["disputed"], ethnicity["disputed"]) == (False, True)
    assert {a["name"] for a in answer.json()["attachments"] if a["unnecessary"]} >= {"id_card", "insurance_record"}


@pytest.mark.parametrize("typed", [f"'{MAN}", f'="{MAN}"', f"{MAN}\u200b", f"\ufeff{MAN[:6]}-{MAN[6:14]}-{MAN[14:]}"])
def test_a_number_is_read_as_in_a_delivery(client: TestClient, key: Key, typed: str) -> None:
    assert client.post(PREFILL, json=ASKED | {"id_number": typed}, headers=key()).json()["status"] == "filled"


@pytest.mark.parametrize("sign", ["x", "Ｘ", "\u00d7", "\u2169", "\u0425", "\u0445", "*", "＊"])
def test_signs_that_are_typed_for_x_are_x(sign: str) -> None:
    assert tidy(f"11010519491231002{sign}") == "11010519491231002X"


def test_a_number_of_two_is_nobodys(client: TestClient, key: Key) -> None:
    answer = client.post(PREFILL, json=ASKED | {"id_number": SHARED}, headers=key())

    assert (answer.json()["status"], answer.json()["person_id"]) == ("cannot_say", None)
    assert not any(field["value"] for field in fields(answer).values())


def test_forms_are_those_of_the_key(client: TestClient, key: Key) -> None:
    own = key(forms=("retirement",), purposes=("退休申请",))
    (form,) = client.get("/v1/forms", headers=own).json()["forms"]
    assert (form["id"], form["purposes"]) == ("retirement", ["退休申请"])
    detail = client.get("/v1/forms/retirement", headers=own)
    told = {field["name"]: (field["words"], field["pattern"]) for field in detail.json()["fields"]}
    assert told["birth_date"] == ([], "%Y年%m月")
    assert told["sex"][0][:2] == ["男", "女"]
    assert told["name"] == ([], None)
    assert {"name", "bank_account"} <= {field["name"] for field in detail.json()["fields"]}
    assert detail.headers["renkou-release"] == client.get("/v1/forms", headers=own).headers["renkou-release"] == "r1"
    assert client.get("/v1/forms/retirement", headers=key(purposes=("婚姻登记",))).status_code == 404


def test_what_is_no_json_is_told_as_such(client: TestClient, key: Key) -> None:
    answer = client.post(PREFILL, content=b'{"id_number": ', headers=key() | {"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "The body cannot be read as JSON.")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_json_that_is_sent_as_something_else_is_told_as_such(client: TestClient, key: Key, kind: str | None) -> None:
    headers = key() | ({"content-type": kind} if kind else {})
    answer = client.post(PREFILL, content=json.dumps(ASKED), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize("case", ["［2026］1号", "[2026]1", "２０２６－１", "杭社〔2026〕1号"])
def test_a_case_number_as_offices_write_it(client: TestClient, key: Key, case: str) -> None:
    assert client.post(PREFILL, json=ASKED | {"case_no": case}, headers=key()).status_code == 200


def test_health_says_which_release_and_how_old(client: TestClient) -> None:
    told = client.get("/health").json()
    assert (told["release_id"], told["as_of"], told["age_seconds"] >= 0) == ("r1", "2026-11-22", True)


def test_before_the_first_release_it_says_so(tmp_path: Path) -> None:
    from api.app import create  # noqa: PLC0415

    with TestClient(create(Home(tmp_path / "empty"))) as client:
        answer = client.get("/health")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_a_new_release_is_served_within_seconds_and_the_old_call_ends_well(
    client: TestClient, key: Key, home: Home, contracts: Contracts, tmp_path: Path
) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    begun_with = service.current.release
    assert fields(client.post(PREFILL, json=ASKED, headers=key()))["phone"]["value"] == PEOPLE["p1"]["phone"]
    moved = PEOPLE | {"p1": PEOPLE["p1"] | {"phone": "13911112222"}}
    publish(build(tmp_path / "r2.duckdb", contracts, "r2", moved), home, "r2")
    service.current.look()

    assert client.get("/health").json()["release_id"] == "r2"
    assert [dossier.person_id for dossier in begun_with.bearers(MAN)] == ["p1"]
    answer = client.post(PREFILL, json=ASKED, headers=key())
    assert (answer.headers["renkou-release"], fields(answer)["phone"]["value"]) == ("r2", "13911112222")
    service.current.look()
    assert begun_with.dossier("p1") is not None


# --- submissions ------------------------------------------------------------------------------------------------

SENT = {"name": "欧阳[志]强", "phone": "13911112222", "employer_code": CODE, "bank_account": "6222"}


def submitted(client: TestClient, headers: dict[str, str], sent: dict[str, str] = SENT, **more: Any) -> Any:
    body = ASKED | {"applicant_confirmed": True, "fields": sent} | more
    return client.post(SUBMIT, json=body, headers=headers)


def test_a_submission_is_on_the_disk_before_the_answer(client: TestClient, key: Key, home: Home) -> None:
    answer = submitted(client, key())
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in home.submissions.glob("*/*.json")]

    assert answer.status_code == 201
    assert {f["name"]: f["outcome"] for f in answer.json()["fields"]} == {
        "name": "confirmed",
        "phone": "corrected",
        "employer_code": "corrected",
        "bank_account": "added",
    }
    assert [(each["submission_id"], each["person_id"]) for each in kept] == [(answer.json()["submission_id"], "p1")]


@pytest.mark.parametrize(
    ("field", "spelt", "outcome"),
    [
        ("name", "欧阳 [志]强", "confirmed"),
        ("name", "欧阳强", "corrected"),
        ("phone", "+86 139-0000-0000", "confirmed"),
        ("phone", "１３９００００００００", "confirmed"),
        ("phone", "13900000001", "corrected"),
        ("id_number", f" {MAN[:6]} {MAN[6:14]} {MAN[14:]}", "confirmed"),
    ],
)
def test_another_spelling_is_no_correction(client: TestClient, key: Key, field: str, spelt: str, outcome: str) -> None:
    assert submitted(client, key(), {field: spelt}).json()["fields"] == [{"name": field, "outcome": outcome}]


def test_the_same_key_and_body_is_kept_once_and_another_body_refused(client: TestClient, key: Key, home: Home) -> None:
    headers = key() | {"Idempotency-Key": "a-1"}
    first, again = submitted(client, headers), submitted(client, headers)
    other = submitted(client, headers, {"name": "别人"})

    assert first.json() == again.json()
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert len(list(home.submissions.glob("*/*.json"))) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"applicant_confirmed": False},
        {"fields": {"no_such": "1"}},
        {"fields": {}},
        {"case_no": " "},
        {"fields": {"phone": " \u3000"}},
        {"fields": {"phone": "139\x00"}},
        {"fields": {"phone": "abc"}},
        {"fields": {"id_number": f"{MAN[:-1]}{'0' if MAN[-1] != '0' else '1'}"}},
        {"fields": {"birth_date": "昨天"}},
        {"fields": {"sex": "皇帝"}},
        {"fields": {"worker_category": "皇帝"}},
    ],
)
def test_what_was_not_confirmed_or_not_asked_is_refused(client: TestClient, key: Key, home: Home, more: Any) -> None:
    assert submitted(client, key(), **more).status_code == 422
    assert not list(home.submissions.glob("*/*"))


def test_an_answer_that_is_no_choice_is_told_by_its_field(client: TestClient, key: Key) -> None:
    answer = submitted(client, key(), fields={"name": "欧阳[志]强", "worker_category": "皇帝"})
    assert [error["where"] for error in answer.json()["errors"]] == ["body.fields.worker_category"]
    assert "皇帝" not in answer.text
    assert submitted(client, key(), fields={"worker_category": "其他", "residence_address": "甲路1号\n乙栋"}).status_code == 201


def test_a_correction_that_can_be_none_is_told_by_its_field(client: TestClient, key: Key) -> None:
    wrong = {"phone": "一三九", "id_number": "123", "employer_code": f"{CODE[:-1]}0"}
    answer = submitted(client, key(), fields={"name": "欧阳志强"} | wrong)
    assert {error["where"] for error in answer.json()["errors"]} == {f"body.fields.{name}" for name in wrong}
    assert "一三九" not in answer.text
    assert submitted(client, key(), fields={"employer_code": CODE}).status_code == 201


def test_a_number_that_nobody_can_type_is_no_fault(client: TestClient, key: Key) -> None:
    answer = client.post(PREFILL, json=ASKED | {"id_number": f"{MAN}\x00"}, headers=key())
    assert (answer.status_code, answer.json()["errors"][0]["what"]) == (422, PATTERN)
    assert client.get("/v1/persons/p1%00/access-log", headers=key()).status_code == 422


def test_errors_name_the_release_too(client: TestClient, key: Key) -> None:
    refused = client.post(PREFILL, json=ASKED | {"purpose": "好奇"}, headers=key()), client.get("/v1/forms"), client.get("/v1/nothing")
    assert [(answer.status_code, answer.headers["renkou-release"]) for answer in refused] == [(403, "r1"), (401, "r1"), (404, "r1")]


# --- who looked -------------------------------------------------------------------------------------------------


def test_a_person_can_see_who_looked_when_and_why(client: TestClient, key: Key, home: Home) -> None:
    headers = key()
    client.post(PREFILL, json=ASKED, headers=headers)
    entries = client.get("/v1/persons/p1/access-log", headers=headers).json()["entries"]

    assert {entry["action"] for entry in entries} == {"prefill", "access_log"}
    look = next(entry for entry in entries if entry["action"] == "prefill")
    assert (look["system"], look["purpose"], look["case_no"]) == ("社保经办大厅", "退休申请", "2026-0001")
    # The spouse's name was shown too, and is in the spouse's own log.
    theirs = client.get("/v1/persons/p2/access-log", headers=headers).json()["entries"]
    assert "prefill" in {entry["action"] for entry in theirs}
    assert AccessLog(home).verify() == []
