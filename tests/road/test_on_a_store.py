"""The road with a home on an object store: the same release as in a folder, also on another machine and after kill -9."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.county import travel_ungated
from tests.support.release import differing, files_of, rows
from tests.support.sealed import OLD, planted
from tests.support.store import StoreHome, store
from transforms.run import RunReport
from warehouse.at_home import at_home
from warehouse.home import Home
from warehouse.parts import BUILD
from warehouse.publish import current_release
from warehouse.submissions import Submission, Submissions

CURRENT = "warehouse/current.duckdb"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreHome]:
    with store(tmp_path_factory.mktemp("machines")) as home:
        yield home


def travel(remote: StoreHome, machine: str, landing: Path) -> RunReport:
    with remote.machine(machine), at_home(BUILD) as home:
        return travel_ungated(home, landing)


def laid_out(names: list[str]) -> list[str]:
    """Where everything lies but the Data Docs, whose names hold the time."""
    return sorted(name for name in names if not name.startswith("data_docs/"))


def submitted(remote: StoreHome, machine: str) -> None:
    """Something that the next build heeds."""
    with remote.machine(machine), at_home(BUILD) as home:
        name = "S" + "0" * 24
        Submissions(home).keep(Submission(name, "2026-11-22", "rk_1", "系统", "retirement", "退休申请", "1", None, "r1", "content", ()))


def test_a_home_on_a_store_is_like_a_folder_and_goes_on_on_any_machine_also_with_a_key(
    server: StoreHome, small_county: Path, undisturbed: Home, tmp_path: Path
) -> None:
    landing = small_county / "landing"
    assert travel(server, "one", landing).status == "published"
    first = server.fetched(CURRENT, tmp_path / "first.duckdb")
    assert differing(undisturbed.current, first) == {}
    assert laid_out(list(server.objects())) == laid_out(list(files_of(undisturbed.root)))

    before = server.objects()
    assert travel(server, "two", landing).status == "unchanged"
    assert server.objects() == before

    server.given(OLD)
    resealed = server.renkou("one", "reseal")
    assert resealed.returncode == 0, resealed.stderr
    assert server.sealed_with() == {"old"}
    submitted(server, "two")
    killed = server.renkou("two", "run", "--landing", str(landing), cut=CURRENT)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert server.fetched(CURRENT, tmp_path / "still.duckdb").read_bytes() == first.read_bytes()
    assert len([name for name in server.objects() if name.startswith("warehouse/release_")]) == 2

    healed = travel(server, "two", landing)
    assert healed.status == "published"
    last = server.fetched(CURRENT, tmp_path / "last.duckdb")
    assert rows(last, "SELECT max(release_id) FROM release") == [(healed.release_id,)]
    with server.machine("three"), at_home(BUILD) as home:
        assert current_release(home) == healed.release_id
    assert not [name for name in server.objects() if name.startswith("builds/")]
    assert server.sealed_with() == {"old"}
    values = planted(undisturbed.current)
    for name in server.objects():
        content = server.read(name)
        assert not any(value in content for value in values), name
