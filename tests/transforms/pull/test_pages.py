"""A paged API that hangs, drips, cuts off, lies and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import TOKEN, Api
from tests.transforms.pull.conftest import Pull
from transforms.pull.arrival import RECEIPT
from warehouse import clock as county

DATASET = "health/birth"
SOURCE = {"kind": "http", "path": "/v1/birth"}
PAGES = [[{"op": "upsert", "birth_cert_no": f"P{page}{n:08}", "child_name": "某之子"} for n in range(40)] for page in range(3)]
MONDAY, TUESDAY = "Mon, 23 Nov 2026 01:00:00 GMT", "Tue, 24 Nov 2026 01:00:00 GMT"
FULL, WHOLE = "health/record", {"kind": "http", "path": "/v1/record"}
REGISTER = [[{"record_no": f"R{page}{n}", "name": "某某"} for n in range(2)] for page in range(3)]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """An API whose clock goes with ours."""
    with Api({"/v1/birth": PAGES, "/v1/record": REGISTER}) as served:
        served.date = MONDAY
        monkeypatch.setattr(county, "now", lambda: parsedate_to_datetime(str(served.date)).astimezone(county.COUNTY))
        yield served


def landed(landing: Path) -> list[dict[str, Any]]:
    (file,) = landing.glob("health/birth/20261123/WJ_birth_20261123.jsonl")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


EVERYTHING = [item for page in PAGES for item in page]


def test_all_pages_land_under_the_servers_own_day(api: Api, bring: Pull, tmp_path: Path) -> None:
    (pulled,) = bring(DATASET, SOURCE, api.connection())
    assert (pulled.subject, pulled.status) == ("health/birth/20261123", "landed")
    assert landed(tmp_path / "landing") == EVERYTHING
    control = json.loads(next((tmp_path / "landing").rglob("*.ctl")).read_text())
    assert control["rows"] == len(EVERYTHING)
    assert [a.get("cursor") for a in api.asked] == [None, "1", "2"]


@pytest.mark.parametrize("fault", ["hang", "drip", "cut", "lie", "429", "503", "500", "garbage"])
def test_a_fault_that_passes_costs_one_page_and_nothing_else(fault: str, api: Api, bring: Pull, tmp_path: Path) -> None:
    api.faults = ["", fault]
    (pulled,) = bring(DATASET, SOURCE, api.connection())
    assert pulled.status == "landed", pulled.reason
    assert landed(tmp_path / "landing") == EVERYTHING
    assert [a.get("cursor") for a in api.asked] == [None, "1", "1", "2"]


def test_a_pull_that_was_cut_off_goes_on_from_its_last_page(api: Api, bring: Pull, tmp_path: Path) -> None:
    api.faults = ["", "", "500", "500", "500"]
    (failed,) = bring(DATASET, SOURCE, api.connection())
    assert failed.status == "failed"
    assert not (tmp_path / "landing" / "health" / "birth" / "20261123").exists()
    api.asked.clear()
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["landed"]
    assert [a.get("cursor") for a in api.asked] == ["2"]
    assert landed(tmp_path / "landing") == EVERYTHING


def test_the_next_pull_asks_for_what_has_changed_since(api: Api, bring: Pull, tmp_path: Path) -> None:
    bring(DATASET, SOURCE, api.connection())
    api.asked.clear()
    api.date = TUESDAY
    bring(DATASET, SOURCE, api.connection())
    assert api.asked[0]["since"] == "2026-11-23T08:55:00+08:00"


def test_a_second_pull_of_a_day_lands_nothing(api: Api, bring: Pull) -> None:
    bring(DATASET, SOURCE, api.connection())
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["up_to_date"]


def test_a_token_that_is_refused_is_said_without_it(api: Api, bring: Pull) -> None:
    (failed,) = bring(DATASET, SOURCE, api.connection("wrong-token"))
    assert "renew the connection's token" in failed.reason
    assert "wrong-token" not in failed.reason
    assert len(api.asked) == 1, "a refusal is not tried again"


def test_a_secret_is_in_no_words_of_a_connection(api: Api) -> None:
    assert TOKEN not in repr(api.connection())


def test_an_answer_that_was_not_agreed_is_said(api: Api, bring: Pull) -> None:
    api.pages["/v1/birth"] = [["no object"]]  # type: ignore[list-item]
    (failed,) = bring(DATASET, SOURCE, api.connection())
    assert "as agreed" in failed.reason


def test_a_cut_between_the_last_two_steps_is_healed(api: Api, bring: Pull, tmp_path: Path) -> None:
    bring(DATASET, SOURCE, api.connection())
    place = tmp_path / "landing" / "health" / "birth" / "20261123"
    place.rename(place.with_name(".20261123.partial"))
    api.asked.clear()
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["landed"]
    assert (place / RECEIPT).exists()
    assert api.asked == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([PAGES[0]], "the same page comes again under another cursor"),
        (PAGES[:2], "the same page comes again under another cursor"),
        ([[]], "100 empty pages came one after another"),
        ([[{"op": "upsert", "birth_cert_no": f"P{n}"}] for n in range(500)], "more than 200 pages"),
    ],
    ids=["one page", "two pages", "nothing", "ever new ones"],
)
def test_pages_that_never_end_are_told_and_land_nothing(
    pages: list[list[dict[str, Any]]], words: str, api: Api, bring: Pull, tmp_path: Path
) -> None:
    api.pages["/v1/birth"] = pages
    api.next = lambda number: str(number + 1)
    (failed,) = bring(DATASET, SOURCE | {"pages_at_most": 200}, api.connection())
    assert (failed.subject, failed.status) == (DATASET, "failed")
    assert f"connection api_test: /v1/birth: {words}" in failed.reason
    assert len(api.asked) <= 200
    assert not list((tmp_path / "landing" / DATASET).glob("[0-9]*"))


def test_some_empty_pages_are_no_fault_nor_is_the_agreed_number_of_pages(api: Api, bring: Pull, tmp_path: Path) -> None:
    api.pages["/v1/birth"] = [PAGES[0], [], [], PAGES[1], [], PAGES[2]]
    assert [p.status for p in bring(DATASET, SOURCE | {"pages_at_most": 6}, api.connection())] == ["landed"]
    assert landed(tmp_path / "landing") == EVERYTHING


@pytest.mark.parametrize("status", ["400", "404", "410", "422"])
def test_a_pull_that_was_cut_off_and_whose_cursor_has_expired_begins_again(
    status: str, api: Api, bring: Pull, tmp_path: Path
) -> None:
    api.faults = ["", "", "500", "500", "500"]
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["failed"]
    api.asked.clear()
    api.faults = [status]
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["landed"]
    assert [a.get("cursor") for a in api.asked] == ["2", None, "1", "2"]
    assert landed(tmp_path / "landing") == EVERYTHING


def test_a_token_that_is_refused_costs_no_page_that_has_come(api: Api, bring: Pull, tmp_path: Path) -> None:
    api.faults = ["", "", "500", "500", "500"]
    bring(DATASET, SOURCE, api.connection())
    bring(DATASET, SOURCE, api.connection("wrong-token"))
    api.asked.clear()
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["landed"]
    assert [a.get("cursor") for a in api.asked] == ["2"]


def test_a_register_that_was_cut_off_is_not_gone_on_with_on_another_day(api: Api, bring: Pull, tmp_path: Path) -> None:
    api.faults = ["", "", "500", "500", "500"]
    assert [p.status for p in bring(FULL, WHOLE, api.connection())] == ["failed"]
    api.date = TUESDAY
    api.pages["/v1/record"] = [REGISTER[0][1:] + REGISTER[1][:1], REGISTER[1][1:] + REGISTER[2][:1], REGISTER[2][1:]]
    (pulled,) = bring(FULL, WHOLE, api.connection())
    assert (pulled.subject, pulled.status) == (f"{FULL}/20261124", "landed")
    (file,) = (tmp_path / "landing" / FULL).glob("20261124/*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert rows == [row for page in REGISTER for row in page][1:]
    assert [p.name for p in (tmp_path / "landing" / FULL).iterdir()] == ["20261124"]


def test_after_a_cursor_that_came_again_nothing_is_gone_on_with(api: Api, bring: Pull, tmp_path: Path) -> None:
    api.next = lambda _: "1"
    for _ in range(3):
        (failed,) = bring(DATASET, SOURCE, api.connection())
        assert "the same cursor comes again and again" in failed.reason
    api.next = lambda _: None
    assert [p.status for p in bring(DATASET, SOURCE, api.connection())] == ["landed"]
    assert landed(tmp_path / "landing") == EVERYTHING
