"""The API over a home on an object store, and over a sealed one: what others published, and what is written for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from contracts.model import Contracts
from tests.api.conftest import made_key
from tests.support.sealed import SealedHome, sealed_home
from tests.support.store import StoreHome, store
from tests.warehouse.small_release import DISPUTED, PEOPLE, build
from warehouse.access_log import AccessLog
from warehouse.at_home import at_home
from warehouse.parts import BUILD, CHANGE_FORM_KEYS, LOOKS
from warehouse.publish import publish

SECONDS = 300  # that a machine may take on which much else runs


@pytest.fixture(params=["store", "sealed"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreHome | SealedHome]:
    if request.param == "sealed":
        yield sealed_home(tmp_path)
    else:
        with store(tmp_path) as home:
            yield home


def publish_on(remote: StoreHome | SealedHome, contracts: Contracts, release_id: str) -> None:
    with remote.machine("builder"), at_home(BUILD) as home:
        publish(build(home.builds / "r.duckdb", contracts, release_id, others={"discrepancy": [DISPUTED]}), home, release_id)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_new_release_is_served_and_looks_and_submissions_are_on_the_store(remote: StoreHome | SealedHome, contracts: Contracts) -> None:
    publish_on(remote, contracts, "r1")
    with remote.machine("clerk"), at_home(CHANGE_FORM_KEYS) as home:
        key = {"Authorization": f"Bearer {made_key(home)[1]}"}
    with remote.machine("server"), TestClient(create()) as client:
        assert client.get("/health").json()["release_id"] == "r1"
        publish_on(remote, contracts, "r2")
        until(lambda: client.get("/health").json()["release_id"] == "r2")
        someone = next(iter(PEOPLE.values()))
        asked = {"id_number": someone["id_number"], "purpose": "退休申请", "case_no": "1"}
        filled = client.post("/v1/forms/retirement/prefill", json=asked, headers=key)
        assert filled.status_code == 200
        until(lambda: any(name.startswith("access_log/") for name in remote.objects()))
        answer = client.post(
            "/v1/forms/retirement/submissions", json=asked | {"applicant_confirmed": True, "fields": {"name": "张伟"}}, headers=key
        )
        assert answer.status_code == 201
        assert f"/{answer.json()['submission_id']}.json" in str(list(remote.objects()))
    with remote.machine("clerk"), at_home(LOOKS) as home:
        log = AccessLog(home)
        assert log.verify() == []
        assert [entry.access.action for entry in log.of_person([filled.json()["person_id"]])] == ["submission", "prefill"]
