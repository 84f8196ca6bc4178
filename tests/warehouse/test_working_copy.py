"""A home on an object store: what its readers find there, also after kill -9, and who may write."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.layout import OWN
from contracts.load import load
from tests.support.sealed import NEW, OLD, SealedHome, sealed_home
from tests.support.store import BUCKET, StoreHome, store
from tests.warehouse.small_release import DISPUTED, PEOPLE, build
from warehouse import at_rest, object_store, working_copy
from warehouse.access_log import Access, AccessLog
from warehouse.at_home import Work, at_home, reseal
from warehouse.at_rest import AtRest
from warehouse.backup import backup, restore
from warehouse.faults import WrongUseError
from warehouse.home import Home
from warehouse.object_store import BusyError
from warehouse.parts import BUILD, DECIDE, EXTRACT, LOOK, LOOKS, RELEASE, RESTORE, RETIRE, TAKE_IN
from warehouse.publish import current_release, publish, published
from warehouse.submissions import Submission, SubmissionConflictError, Submissions

CURRENT = "warehouse/current.duckdb"
SEEN = Access("rk_1", "社保经办大厅", "prefill", "retirement", "退休申请", "2026-1", ("P1",), "filled", "r1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreHome]:
    with store(tmp_path_factory.mktemp("machines")) as home:
        yield home


@pytest.fixture
def remote(server: StoreHome, tmp_path: Path) -> StoreHome:
    """A home on which one machine has published the release r1."""
    remote = StoreHome(server.client, server.endpoint, tmp_path)
    publish_on(remote, "r1")
    return remote


@pytest.fixture
def sealed(tmp_path: Path) -> SealedHome:
    return sealed_home(tmp_path)


def publish_on(remote: StoreHome, release_id: str) -> None:
    with remote.machine("one"), at_home(BUILD) as home:
        release = build(home.builds / f"{release_id}.duckdb", load(OWN), release_id, others={"discrepancy": [DISPUTED]})
        publish(release, home, release_id)


def test_the_store_has_the_layout_of_a_folder(remote: StoreHome) -> None:
    assert remote.objects().keys() == {"warehouse/current.duckdb", "warehouse/release_r1.duckdb"}
    assert remote.read("warehouse/current.duckdb") == remote.read("warehouse/release_r1.duckdb")
    with remote.machine("two"), at_home(RELEASE) as home:
        assert current_release(home) == "r1"
        assert published(home).read_bytes() == remote.read("warehouse/current.duckdb")
        assert published(home).stat().st_mode & 0o777 == 0o444
    with remote.machine("one"):
        here = Home.from_environment()
        assert published(here).stat().st_mtime_ns == published(home).stat().st_mtime_ns
        assert here.address(here.current) == f"{remote.url}/warehouse/current.duckdb"


def test_a_reader_brings_what_is_published_and_nothing_else(remote: StoreHome) -> None:
    publish_on(remote, "r2")
    assert "warehouse/release_r1.duckdb" in remote.objects()
    with remote.machine("two"), at_home(RELEASE) as home:
        assert current_release(home) == "r2"
        assert [path.name for path in home.warehouse.glob("release_*")] == ["release_r2.duckdb"]


def test_what_did_not_change_is_not_transferred_again(remote: StoreHome, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []

    class Counting(at_rest.AtRest):
        def get(self, name: str, *rest: object) -> dict[str, str]:
            moved.append(name)
            return super().get(name, *rest)  # type: ignore[arg-type]

        def put(self, name: str, *rest: object) -> object_store.Object:
            moved.append(name)
            return super().put(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(working_copy, "AtRest", Counting)
    with remote.machine("three"):
        for _ in range(2):
            with at_home(BUILD) as home:
                assert current_release(home) == "r1"
    assert moved == ["warehouse/release_r1.duckdb"]


def test_an_extract_that_was_cut_off_is_nowhere_named_and_comes_whole_the_next_time(remote: StoreHome) -> None:
    for cut in ("extracts/hr/r1/hukou", "extracts/hr/r1/manifest.json", "extracts/hr/current"):
        assert remote.renkou("one", "extract", "hr", cut=cut).returncode == -signal.SIGKILL
        assert "extracts/hr/current" not in remote.objects()
        assert ("extracts/hr/r1/manifest.json" in remote.objects()) == (cut == "extracts/hr/current")
    with remote.machine("two"), pytest.raises(BusyError), at_home(EXTRACT):
        pass  # the machine that was killed may still live, for all that another knows
    again = remote.renkou("one", "extract", "hr")
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"{remote.url}/extracts/hr/r1: ")
    assert remote.read("extracts/hr/current") == b"r1"
    manifest = json.loads(remote.read("extracts/hr/r1/manifest.json"))
    assert manifest["files"]
    for file in manifest["files"]:
        assert hashlib.sha256(remote.read(f"extracts/hr/r1/{file['path']}")).hexdigest() == file["sha256"]


@pytest.mark.parametrize("kind", ["remote", "sealed"])
def test_what_was_not_written_back_is_thrown_away(kind: str, request: pytest.FixtureRequest) -> None:
    kept: StoreHome | SealedHome = request.getfixturevalue(kind)
    before = kept.objects()
    with kept.machine("one"):
        with pytest.raises(RuntimeError), at_home(DECIDE) as home:
            home.decisions.mkdir()
            (home.decisions / "decisions.jsonl").write_text("half")
            raise RuntimeError
        with at_home(DECIDE) as home:
            assert not (home.decisions / "decisions.jsonl").exists()
    assert kept.objects() == before


def test_a_second_writer_is_refused_and_told_who_writes(remote: StoreHome) -> None:
    with remote.machine("one"), at_home(BUILD) as home:
        holder = home.copy_name
        with pytest.raises(BusyError, match=r"of this machine; wait"), at_home(BUILD):
            pass
        refused = remote.renkou("two", "run", "--landing", str(home.root))
        assert refused.returncode == 1
        assert f"builds is being written by {holder}, process " in refused.stderr
        assert "wait until it has ended" in refused.stderr
        with remote.machine("two"), at_home(DECIDE):
            pass  # another part of the home has another writer
        with at_home(RELEASE) as reading:
            assert current_release(reading) == "r1"
    with remote.machine("two"), at_home(BUILD):
        pass


def test_a_writer_that_was_silent_too_long_writes_nothing_more(remote: StoreHome, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(writes=("orders",))
    with remote.machine("one"), pytest.raises(BusyError, match="another machine took over orders"), at_home(work) as home:
        monkeypatch.setattr(object_store, "SILENT", -object_store.SILENT)
        with remote.machine("two"), at_home(work) as other:
            for each, text in ((home, "late"), (other, "in time")):
                each.orders.mkdir(parents=True, exist_ok=True)
                (each.orders / "told.txt").write_text(text)
    assert remote.read("orders/told.txt") == b"in time"


def test_each_machine_has_a_chain_of_looks_and_all_are_read(remote: StoreHome) -> None:
    names = []
    for machine in ("one", "two", "one"):
        with remote.machine(machine), at_home(LOOK) as home:
            AccessLog(home).write([replace(SEEN, case_no=machine)])
            names.append(home.copy_name)
    assert sum(name.startswith(f"access_log/{names[1]}/") for name in remote.objects()) == 2  # the month, the head
    with remote.machine("three"), at_home(LOOKS) as home:
        assert [entry.access.case_no for entry in AccessLog(home).of_person(["P1"])] == ["one", "two", "one"]
        assert AccessLog(home).verify() == []
        (month,) = (home.access_log / names[0]).glob("*.jsonl")
        month.write_bytes(month.read_bytes().replace(b'"case_no":"one"', b'"case_no":"two"', 1))
        assert AccessLog(home).verify()


def test_a_look_that_was_not_written_back_is_not_lost(remote: StoreHome) -> None:
    with remote.machine("one"):
        with pytest.raises(RuntimeError), at_home(LOOK) as home:
            AccessLog(home).write([SEEN])
            raise RuntimeError
        AccessLog(Home.from_environment()).write([SEEN])
        with at_home(BUILD):
            pass
        with at_home(LOOK) as home:
            AccessLog(home).write([SEEN])
    with remote.machine("two"), at_home(LOOKS) as home:
        assert [entry.seq for entry in AccessLog(home).of_person(["P1"])] == [3, 2, 1]


@pytest.mark.parametrize("kind", ["remote", "sealed"])
def test_looks_that_were_not_written_back_outlive_the_copy_in_which_they_were_written(kind: str, request: pytest.FixtureRequest) -> None:
    kept: StoreHome | SealedHome = request.getfixturevalue(kind)
    with kept.machine("one"), at_home(LOOK) as home:
        AccessLog(home).write([replace(SEEN, case_no="1")])
    AccessLog(home).write([replace(SEEN, case_no="2"), replace(SEEN, case_no="3")])
    AccessLog(home).write([replace(SEEN, case_no="4")])
    shutil.rmtree(kept.folder / "one")
    with kept.machine("two"), at_home(RELEASE) as home:
        AccessLog(home).write([replace(SEEN, case_no="5")])
    shutil.rmtree(kept.folder / "two")
    with kept.machine("three"), at_home(LOOK) as home:
        AccessLog(home).write([replace(SEEN, case_no="6")])
    with kept.machine("four"), at_home(LOOKS) as home:
        assert {entry.access.case_no for entry in AccessLog(home).of_person(["P1"])} == set("123456")
        assert AccessLog(home).verify() == []
        tails = sorted(path for path in home.access_log.glob("*/*.tail"))
        assert [len(path.read_bytes().splitlines()) for path in tails if path.name.startswith("000000000003")] == [2]
        assert len(tails) == 3  # of the copies that are lost; that of machine three was written back
        next(path for path in tails if path.name.startswith("000000000003")).unlink()
        assert [finding.what for finding in AccessLog(home).verify()] == ["entry 4 stands where 2 is due"]
    with kept.machine("four"), at_home(RETIRE) as home:
        AccessLog(home).retire(date.max)  # of copies that are no more nothing stays
        assert (AccessLog(home).of_person(["P1"]), AccessLog(home).verify()) == ([], [])
    assert not [name for name in kept.objects() if name.endswith((".jsonl", ".tail"))]


def test_a_submission_is_kept_once_whichever_machine_it_came_to(remote: StoreHome) -> None:
    submission = Submission("S" + "0" * 24, "2026-11-22", "rk_1", "系统", "retirement", "退休申请", "1", None, "r1", "content", ())
    for machine in ("one", "two"):
        with remote.machine(machine), at_home(LOOK) as home:
            kept = Submissions(home).keep(replace(submission, received_at=machine))
            assert kept.received_at == "one"
            with pytest.raises(SubmissionConflictError):
                Submissions(home).keep(replace(submission, content="another"))
    assert sum(name.startswith("submissions/") for name in remote.objects()) == 1


@pytest.fixture
def sealed_remote(server: StoreHome, tmp_path: Path) -> StoreHome:
    """A home on the store with the key ``old`` and the release r1."""
    remote = StoreHome(server.client, server.endpoint, tmp_path)
    remote.given(OLD)
    publish_on(remote, "r1")
    return remote


def test_what_is_put_on_a_store_is_sealed_before_and_opened_where_there_is_the_key(sealed_remote: StoreHome, tmp_path: Path) -> None:
    remote, store = sealed_remote, sealed_remote.client
    on_the_store = b"".join(remote.read(name) for name in remote.objects())
    assert not [person for person in PEOPLE.values() for value in (person["id_number"], person["name"]) if value.encode() in on_the_store]
    store.put_object(Bucket=BUCKET, Key=f"{remote.prefix}/landing/hr/laid_by_hand.csv", Body=b"laid by hand")
    with remote.machine("one"), at_home(TAKE_IN) as home:
        assert (home.landing / "hr" / "laid_by_hand.csv").read_bytes() == b"laid by hand"
    assert remote.sealed_with() == {"old"}
    with remote.machine("two"), at_home(RELEASE) as home:
        assert published(home).read_bytes() == remote.fetched("warehouse/release_r1.duckdb", tmp_path / "r1").read_bytes()
    remote.given(NEW)
    assert "sealed with key old, which RENKOU_KEYS does not have" in remote.renkou("three", "events").stderr
    remote.given(OLD.replace("6f", "6e"))
    assert "or the key of that name is another one now" in remote.renkou("three", "events").stderr
    remote.keys.unlink()
    assert f"{remote.url} is sealed: set RENKOU_KEYS to the file of its keys" in remote.renkou("three", "events").stderr


def test_an_open_copy_from_before_there_was_a_key_is_told(remote: StoreHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with remote.machine("one"):
        monkeypatch.delenv("RENKOU_CACHE")
        with at_home(RELEASE) as home:
            assert home.left_open is None
    remote.given(OLD)
    told = " ".join(remote.renkou("two", "doctor").stdout.split())
    assert f"{home.root.parent}: an open copy of this home, from before there was a key -> rm -r {home.root.parent}, once" in told
    assert f"{remote.url}: 2 files not sealed -> renkou reseal seals them with old" in told


def test_the_key_of_a_home_on_a_store_is_replaced_also_by_a_command_that_was_killed(sealed_remote: StoreHome, tmp_path: Path) -> None:
    remote = sealed_remote
    with remote.machine("one"), at_home(LOOK) as home:
        AccessLog(home).write([SEEN])
        release = published(home).read_bytes()
    remote.given(NEW, OLD)
    assert remote.renkou("two", "reseal", cut=CURRENT).returncode == -signal.SIGKILL
    assert remote.fetched(CURRENT, tmp_path / "meanwhile").read_bytes() == release
    assert remote.sealed_with() == {"old", "new"}
    healed = remote.renkou("two", "reseal")
    assert healed.returncode == 0, healed.stderr
    remote.given(NEW)
    assert remote.sealed_with() == {"new"}
    with remote.machine("three"), at_home(LOOKS) as home:
        assert published(home).read_bytes() == release
        assert len(AccessLog(home).of_person(["P1"])) == 1
        assert AccessLog(home).verify() == []


def test_a_look_that_comes_to_a_store_while_a_key_is_replaced_is_kept(
    sealed_remote: StoreHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, month, told = sealed_remote, "access_log/one/202611.jsonl", {"mtime": "1", "mode": "600"}
    with remote.machine("one"):
        there = AtRest(Home.from_environment())
        there.put(month, b"before", told)
        remote.given(NEW, OLD)
        plain_put_if, came = object_store.ObjectStore.put_if, iter([True])

        def overtaken(self: object_store.ObjectStore, name: str, *given: Any, **condition: str) -> str | None:
            if name == month and next(came, False):
                there.put(month, b"before and after", told)
            return plain_put_if(self, name, *given, **condition)

        monkeypatch.setattr(object_store.ObjectStore, "put_if", overtaken)
        assert reseal(Home.from_environment(), ("access_log",)) == 1
    assert remote.fetched(month, tmp_path / "month").read_bytes() == b"before and after"


def test_a_home_moves_to_a_store_by_backup_and_restore(remote: StoreHome, tmp_path: Path) -> None:
    folder = Home(tmp_path / "folder")
    publish(build(folder.builds / "r.duckdb", load(OWN), "r1", others={"discrepancy": [DISPUTED]}), folder, "r1")
    AccessLog(folder).write([SEEN])
    kept = backup(folder, tmp_path / "backups", None)
    moved = StoreHome(remote.client, remote.endpoint, tmp_path)
    with moved.machine("one"), at_home(RESTORE) as home:
        restore(home, kept.path, None)
    assert moved.read("warehouse/current.duckdb") == folder.current.read_bytes()
    with moved.machine("two"), at_home(LOOK) as home:
        assert current_release(home) == "r1"
        AccessLog(home).write([SEEN])
    with moved.machine("three"), at_home(LOOKS) as home:
        assert len(AccessLog(home).of_person(["P1"])) == 2
        assert AccessLog(home).verify() == []


def test_errors_of_the_store_say_what_to_do(remote: StoreHome, tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        silent = replace(remote, endpoint=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        told = silent.renkou("one", "events")
    assert told.returncode == 1
    assert "the store cannot be reached" in told.stderr
    assert "look at AWS_ENDPOINT_URL" in told.stderr
    with remote.machine("one"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("RENKOU_HOME", "s3://nowhere/renkou")
        with pytest.raises(object_store.StoreError, match="there is no bucket nowhere; make it"), at_home(RELEASE):
            pass
    with remote.machine("without a key"), pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        with pytest.raises(object_store.StoreError, match="set AWS_ACCESS_KEY_ID"), at_home(RELEASE):
            pass
        patch.setenv("RENKOU_HOME", "gs://county")
        with pytest.raises(WrongUseError, match="s3://bucket/prefix"), at_home(RELEASE):
            pass
