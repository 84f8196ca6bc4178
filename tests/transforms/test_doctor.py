"""The doctor finds each thing that is wrong, and says what to do."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.landing import DAY, Landing
from transforms import doctor, road
from transforms.doctor import Found, Patient, examine
from transforms.pull import Connection
from warehouse.home import Home

Examine = Callable[[], list[Found]]


@pytest.fixture
def home(tmp_path: Path, own_contracts: Contracts) -> Home:
    landing = Landing(tmp_path / "landing", own_contracts)
    landing.put("hr/pension", [{"person_no": "1", "name": "王小明"}])
    home = Home(tmp_path / "home")
    landing.take_in(home, "hr/pension", DAY)
    home.builds.mkdir()
    home.warehouse.mkdir()
    return home


@pytest.fixture
def connections() -> dict[str, Connection]:
    return {}


@pytest.fixture
def asked(
    home: Home, tmp_path: Path, own_contracts: Contracts, connections: dict[str, Connection], monkeypatch: pytest.MonkeyPatch
) -> Examine:
    monkeypatch.setattr(doctor, "check", lambda _: [])  # takes seconds, and has its own tests
    return lambda: examine(Patient(home, own_contracts, tmp_path / "landing", connections.get))


def of(found: list[Found], subject: str) -> list[Found]:
    return [f for f in found if f.subject == subject and f.level != "fine"]


def test_a_sound_installation_has_no_fault(asked: Examine) -> None:
    assert [f for f in asked() if f.level == "fault"] == []


def test_everything_that_is_not_fine_says_what_to_do(asked: Examine) -> None:
    assert [f for f in asked() if f.level != "fine" and not f.remedy] == []


@pytest.mark.parametrize(("day", "told"), [(date(2026, 11, 20), []), (date(2061, 3, 1), ["2061"])])
def test_a_year_whose_working_days_are_not_announced_is_told(
    asked: Examine, monkeypatch: pytest.MonkeyPatch, day: date, told: list[str]
) -> None:
    monkeypatch.setattr(doctor, "today", lambda: day)
    assert [year for found in of(asked(), "calendar") for year in re.findall(r"end in (\d+)", found.what)] == told


def test_a_contract_that_was_taken_away_leaves_its_batches_out_and_is_told(home: Home, own_contracts: Contracts, tmp_path: Path) -> None:
    left = own_contracts.model_copy(update={"datasets": tuple(d for d in own_contracts.datasets if d.id != "hr/pension")})
    assert [b.dataset_id for b in road.batches_known(home, own_contracts)] == ["hr/pension"]
    assert road.batches_known(home, left) == []  # the build gate would ask for its records, for ever
    (found,) = doctor._without_contract(Patient(home, left, tmp_path, {}.get))
    assert "hr/pension was taken in, and no contract speaks of it any more" in found.what


def test_a_server_that_does_not_answer(asked: Examine, connections: dict[str, Connection]) -> None:
    connections["hr_database"] = Connection("hr_database", "postgres", "127.0.0.1", 1)
    connections["civil_affairs_share"] = Connection("civil_affairs_share", "fs", extra={"path": "/nowhere"})
    said = [f.what for f in of(asked(), "connections") if f.level == "fault"]
    assert any("127.0.0.1:1" in what for what in said)
    assert any("/nowhere is not there" in what for what in said)


@pytest.mark.parametrize(
    ("kind", "connection", "address"),
    [
        ("http", Connection("a", "http", "api.example"), ("api.example", 443)),
        ("http", Connection("a", "http", "api.example", schema="http"), ("api.example", 80)),
        ("http", Connection("a", "http", "http://api.example:8080/v1"), ("api.example", 8080)),
        ("s3", Connection("a", "aws", extra={"endpoint_url": "http://store:9000/x"}), ("store", 9000)),
        ("s3", Connection("a", "aws", extra={"endpoint_url": "http://store"}), ("store", 80)),
        ("sftp", Connection("a", "sftp", "files.example"), ("files.example", 22)),
        ("postgresql", Connection("a", "postgres", "fd00::1", 5433), ("fd00::1", 5433)),
    ],
)
def test_a_server_is_looked_for_where_the_pull_goes(kind: str, connection: Connection, address: tuple[str, int]) -> None:
    assert doctor._address(connection, kind) == address


def test_too_little_room(asked: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 1 << 60)
    assert "make room" in of(asked(), "space")[0].remedy


def test_a_clock_that_was_set_back(home: Home, asked: Examine) -> None:
    (manifest,) = home.landed.glob("*/*/*/*/manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"taken_in_at": "2099-01-01T00:00:00+00:00"}))
    assert "set the clock" in of(asked(), "clock")[0].remedy


def test_a_lock_that_is_held(home: Home, asked: Examine) -> None:
    with (home.builds / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "held by a process" in of(asked(), "locks")[0].what
    assert of(asked(), "locks") == []


def test_what_was_left_half_finished(home: Home, asked: Examine) -> None:
    (home.builds / "20261120.duckdb").touch()
    folder = next(home.landed.glob("*/*/*/*"))
    shutil.copytree(folder, folder.with_name("abc"))
    (folder.with_name("abc") / "manifest.json").unlink()
    said = of(asked(), "half finished")
    assert {f.level for f in said} == {"note", "fault"}


def test_a_release_that_is_damaged(home: Home, asked: Examine) -> None:
    (home.warehouse / "release_1.duckdb").write_bytes(b"x" * 20_000)
    home.current.symlink_to("release_1.duckdb")
    assert "is damaged" in of(asked(), "release")[0].what


def test_keys_that_others_may_read(asked: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"a:{'0' * 32}")
    keys.chmod(0o644)
    monkeypatch.setenv("RENKOU_KEYS", str(keys))
    assert [f.remedy for f in of(asked(), "secrets") if f.level == "fault"] == [f"chmod 400 {keys}"]
