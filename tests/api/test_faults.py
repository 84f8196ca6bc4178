"""The API on nights when things go wrong: a full disk, kill -9, a damaged release."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from api import current
from api.app import create
from contracts.model import Contracts
from tests.api.conftest import made_key
from tests.api.test_calls import ASKED, PREFILL, SUBMIT
from tests.support.command import ROOT
from tests.support.disk import disk
from tests.support.sealed import sealed_home
from tests.warehouse.small_release import build
from warehouse.access_log import AccessLog
from warehouse.at_home import Work, at_home
from warehouse.home import Home
from warehouse.parts import SERVE
from warehouse.publish import publish

ANSWERED = ASKED | {"applicant_confirmed": True, "fields": {"phone": "13900000001"}}

HEADER, BLOCK = 4096, 1 << 18  # bytes, of a file of DuckDB: three headers, then blocks, each with its checksum


def test_on_a_full_disk_nobody_sees_anything_and_nothing_is_half_kept(tmp_path: Path, contracts: Contracts) -> None:
    with disk(tmp_path / "disk", "16m") as small:
        home = Home(small.root / "home")
        publish(build(tmp_path / "r1.duckdb", contracts, "r1"), home, "r1")
        headers = {"Authorization": f"Bearer {made_key(home)[1]}"}
        with TestClient(create(home), raise_server_exceptions=False) as client:
            assert client.post(PREFILL, json=ASKED, headers=headers).status_code == 200
            small.fill()
            for path, body in ((PREFILL, ASKED), (SUBMIT, ANSWERED)):
                answer = _refused(partial(client.post, path, json=body, headers=headers))
                assert (answer.status_code, "disk is full" in answer.json()["detail"]) == (503, True)
                assert "欧阳" not in answer.text
            assert list(home.submissions.rglob("*.json")) == []
            small.empty()
            assert client.post(PREFILL, json=ASKED, headers=headers).status_code == 200
            assert client.post(SUBMIT, json=ANSWERED, headers=headers).status_code == 201
        assert AccessLog(home).verify() == []


def _refused(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The first answer that is no look: the last page of the log may still have room for some."""
    return next(answer for answer in (ask() for _ in range(100)) if answer.status_code != 200)


def test_killed_after_its_answer_it_has_kept_what_it_answered(home: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    headers = {"Authorization": f"Bearer {made_key(home)[1]}", "Idempotency-Key": "a-1"}
    with serving(home, port) as client:
        first = client.post(SUBMIT, json=ANSWERED, headers=headers)
        looked = client.post(PREFILL, json=ASKED, headers=headers)
        assert (first.status_code, looked.status_code) == (201, 200)
    with serving(home, port) as client:
        again = client.post(SUBMIT, json=ANSWERED, headers=headers)
        assert again.json() == first.json()
        assert client.post(PREFILL, json=ASKED, headers=headers).json() == looked.json()
    assert AccessLog(home).verify() == []
    assert len(list(home.submissions.glob("*/*.json"))) == 1


def test_after_a_power_cut_a_sealed_home_has_kept_what_was_answered(
    tmp_path: Path, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed, after = sealed_home(tmp_path / "before"), sealed_home(tmp_path / "after")
    with sealed.machine("one"), at_home(Work(writes=("builds", "warehouse", "api"))) as home:
        publish(build(home.builds / "r1.duckdb", contracts, "r1"), home, "r1")
        headers = {"Authorization": f"Bearer {made_key(home)[1]}", "Idempotency-Key": "a-1"}
    monkeypatch.setattr(current, "EVERY", 60)  # nothing is written back while this lasts
    with sealed.machine("one"), TestClient(create()) as client:
        first = client.post(SUBMIT, json=ANSWERED, headers=headers)
        looked = client.post(PREFILL, json=ASKED, headers=headers)
        shutil.copytree(sealed.root, after.root, symlinks=True)  # what is on the disk when the power goes
    assert (first.status_code, looked.status_code) == (201, 200)
    with after.machine("two"), at_home(SERVE) as home:
        actions = [entry.access.action for entry in AccessLog(home).of_person([looked.json()["person_id"]])]
        assert (actions, AccessLog(home).verify()) == (["prefill", "submission"], [])
    with after.machine("two"), TestClient(create()) as client:
        assert client.post(SUBMIT, json=ANSWERED, headers=headers).json() == first.json()


@contextmanager
def serving(home: Home, port: int) -> Iterator[httpx.Client]:
    """``renkou serve``, killed with all its processes at the end."""
    command = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    environment = os.environ | {"RENKOU_HOME": str(home.root)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            until = time.monotonic() + 120
            while not _answers(client):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            yield client
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_damaged_release_is_not_served_and_the_next_sound_one_is(
    client: TestClient, key: Callable[..., dict[str, str]], home: Home, contracts: Contracts, tmp_path: Path
) -> None:
    damaged = tmp_path / "r2.duckdb"
    damaged.write_bytes(b"\0" * 50_000)
    publish(damaged, home, "r2")
    time.sleep(1.2)
    answer = client.post(PREFILL, json=ASKED, headers=key())
    assert (answer.status_code, answer.headers["renkou-release"]) == (200, "r1")
    publish(build(tmp_path / "r3.duckdb", contracts, "r3"), home, "r3")
    assert _within(120, lambda: client.get("/health").json()["release_id"] == "r3")


def test_wherever_a_release_is_damaged_calls_are_answered_or_refused_and_the_next_sound_one_is_served(
    key: Callable[..., dict[str, str]], home: Home, contracts: Contracts, tmp_path: Path
) -> None:
    build(tmp_path / "sound.duckdb", contracts, "sound")
    sound, headers, answers = (tmp_path / "sound.duckdb").read_bytes(), key(), set[int]()
    for place in range(3 * HEADER, len(sound) - BLOCK, BLOCK):
        damaged = bytearray(sound)
        damaged[place + 1000] ^= 0xFF
        (tmp_path / "damaged.duckdb").write_bytes(damaged)
        publish(tmp_path / "damaged.duckdb", home, f"damaged{place}")
        with TestClient(create(home), raise_server_exceptions=False) as client:
            answer = client.post(PREFILL, json=ASKED, headers=headers)
            answers.add(answer.status_code)
            assert answer.status_code == 200 or answer.json()["detail"].startswith(("The release is damaged", "No release is published"))
            (tmp_path / "next.duckdb").write_bytes(sound)
            publish(tmp_path / "next.duckdb", home, f"next{place}")
            client.app.state.service.current.look()  # type: ignore[attr-defined]
            assert client.post(PREFILL, json=ASKED, headers=headers).status_code == 200
    assert answers == {200, 503}


def _within(seconds: float, is_so: Callable[[], Any]) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.1)
    return bool(is_so())
