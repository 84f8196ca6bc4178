"""A home whose files are sealed: what lies on the disk, who can open it, and how a key is replaced."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.layout import OWN
from contracts.load import load
from tests.support.sealed import NEW, OLD, SealedHome, sealed_home
from tests.warehouse.small_release import DISPUTED, PEOPLE, build
from warehouse.access_log import Access, AccessLog
from warehouse.at_home import at_home, reseal
from warehouse.at_rest import AtRest
from warehouse.backup import backup, restore
from warehouse.faults import RenkouError
from warehouse.folder_store import FolderStore
from warehouse.home import Home
from warehouse.object_store import BusyError
from warehouse.parts import BUILD, DECIDE, EVERYTHING, LOOK, LOOKS, PULL, RELEASE, REPORT, RESTORE, TAKE_IN
from warehouse.publish import current_release, publish, published, releases
from warehouse.sealing import Keys, is_sealed
from warehouse.submissions import Submission, Submissions

SEEN = Access("rk_1", "社保经办大厅", "prefill", "retirement", "退休申请", "2026-1", ("P1",), "filled", "r1")


def publish_on(sealed: SealedHome, release_id: str) -> bytes:
    """Publish a release and answer its bytes."""
    with sealed.machine("one"), at_home(BUILD) as home:
        publish(build(home.builds / f"{release_id}.duckdb", load(OWN), release_id, others={"discrepancy": [DISPUTED]}), home, release_id)
        return home.current.read_bytes()


@pytest.fixture
def sealed(tmp_path: Path) -> SealedHome:
    """A home with the release r1."""
    home = sealed_home(tmp_path)
    publish_on(home, "r1")
    return home


def test_a_release_is_sealed_in_its_place_and_served_from_another_memory(sealed: SealedHome) -> None:
    release = publish_on(sealed, "r2")
    assert sealed.root.joinpath("warehouse/current.duckdb").readlink() == Path("release_r2.duckdb")
    assert sealed.sealed_with() == {"old"}
    assert sealed.read("warehouse/release_r2.duckdb") == release
    on_disk = b"".join(path.read_bytes() for path in sealed.files().values())
    assert not [person for person in PEOPLE.values() for value in (person["id_number"], person["name"]) if value.encode() in on_disk]
    with sealed.machine("two"), at_home(RELEASE) as home:
        assert current_release(home) == "r2"
        assert published(home).read_bytes() == release
        assert published(home).stat().st_mode & 0o777 == 0o444
        assert [path.name for path in home.warehouse.glob("release_*")] == ["release_r2.duckdb"]
        assert home.here(sealed.root / "landing") == home.landing


def test_what_did_not_change_is_not_sealed_again(sealed: SealedHome) -> None:
    before = sealed.objects()
    with sealed.machine("one"), at_home(BUILD):
        pass
    with sealed.machine("two"), at_home(BUILD):
        pass
    assert sealed.objects() == before


def test_a_writer_has_older_releases_by_name_and_the_one_that_it_needs(sealed: SealedHome) -> None:
    first = sealed.read("warehouse/release_r1.duckdb")
    publish_on(sealed, "r2")
    before = sealed.objects()
    with sealed.machine("two"), at_home(BUILD) as home:
        assert releases(home) == ("r2", "r1")
        older = home.warehouse / "release_r1.duckdb"
        assert older.stat().st_size == 0
        home.need(older)
        assert older.read_bytes() == first
    assert sealed.objects() == before
    with sealed.machine("two"), at_home(BUILD):
        assert older.stat().st_size == 0  # what was needed once does not fill the memory for ever
    with sealed.machine("three"), at_home(BUILD):
        pass
    (sealed.root / "warehouse" / "current.duckdb").unlink()
    (sealed.root / "warehouse" / "current.duckdb").symlink_to("release_r1.duckdb")
    with sealed.machine("three"), at_home(RELEASE) as home:
        assert published(home).read_bytes() == first


def test_pages_for_people_stay_open(sealed: SealedHome) -> None:
    with sealed.machine("one"), at_home(REPORT) as home:
        home.reports.mkdir()
        (home.reports / "r1.html").write_text("<html>")
    assert (sealed.root / "reports" / "r1.html").read_text() == "<html>"


def test_a_part_has_one_writer_and_a_writer_that_died_leaves_no_lock(sealed: SealedHome) -> None:
    with sealed.machine("one"), at_home(BUILD), sealed.machine("two"):
        with pytest.raises(BusyError, match=r"builds is being written by .*, process [0-9]+; wait until"), at_home(BUILD):
            pass
        with at_home(DECIDE):
            pass
        with pytest.raises(BusyError, match="builds is being written"):
            reseal(Home.from_environment(), EVERYTHING.reads)
    sealed.given(NEW, OLD)
    sealed.killed("three", "reseal", at=1)
    with sealed.machine("two"), at_home(BUILD):
        pass


def test_a_home_that_was_open_is_read_and_sealed_by_one_command(tmp_path: Path) -> None:
    sealed, plain = sealed_home(tmp_path), Home(tmp_path / "home")
    publish(build(plain.builds / "r.duckdb", load(OWN), "r1", others={"discrepancy": [DISPUTED]}), plain, "r1")
    (plain.builds / "20261120.duckdb.wal").write_bytes(b"left by a run that was killed")
    (plain.landing / "hr").mkdir(parents=True)
    for name in ("complete.csv", "arriving.csv"):
        (plain.landing / "hr" / name).write_text(name)
    hours_ago = time.time() - 7200
    os.utime(plain.landing / "hr" / "complete.csv", (hours_ago, hours_ago))
    release = plain.current.read_bytes()
    with sealed.machine("one"), at_home(RELEASE) as home:
        assert published(home).read_bytes() == release
    told = sealed.renkou("one", "reseal")
    assert told.stdout == f"{sealed.root}: 2 files sealed anew, all with old\n"
    assert sealed.read("warehouse/release_r1.duckdb") == release
    (still_open,) = [name for name, path in sealed.closed().items() if not is_sealed(path)]
    assert still_open == "landing/hr/arriving.csv"  # somebody may still be writing it
    assert not list(sealed.root.rglob("*.wal"))


def test_what_was_laid_into_the_landing_folder_by_hand_is_sealed_by_what_takes_it_in(sealed: SealedHome) -> None:
    deliveries = sealed.root / "landing" / "hr"
    deliveries.mkdir(parents=True)
    for name in ("complete.csv", "arriving.csv"):
        (deliveries / name).write_text(name)
    hours_ago = time.time() - 7200
    os.utime(deliveries / "complete.csv", (hours_ago, hours_ago))
    with sealed.machine("one"), at_home(TAKE_IN) as home:
        assert (home.landing / "hr" / "complete.csv").read_text() == "complete.csv"
    assert sealed.read("landing/hr/complete.csv") == b"complete.csv"
    assert [name for name, path in sealed.closed().items() if not is_sealed(path)] == ["landing/hr/arriving.csv"]
    with sealed.machine("one"), at_home(PULL), sealed.machine("two"), at_home(TAKE_IN) as home:
        assert {path.name for path in (home.landing / "hr").iterdir()} == {"complete.csv", "arriving.csv"}


def test_an_extract_that_was_cut_off_while_it_was_sealed_is_nowhere_named_and_comes_whole_the_next_time(sealed: SealedHome) -> None:
    sealed.killed("one", "extract", "hr", at=2)
    assert [name for name in sealed.files() if name.startswith(("extracts/hr/", "keys/"))], "several are put at a time"
    assert not sealed.root.joinpath("extracts/hr/current").exists()
    again = sealed.renkou("two", "extract", "hr")
    assert again.exit_code == 0, again.stderr
    assert sealed.read("extracts/hr/current") == b"r1"
    manifest = json.loads(sealed.read("extracts/hr/r1/manifest.json"))
    assert manifest["files"]
    for file in manifest["files"]:
        assert hashlib.sha256(sealed.read(f"extracts/hr/r1/{file['path']}")).hexdigest() == file["sha256"]
    assert sealed.sealed_with() == {"old"}


def test_a_key_is_replaced_also_by_a_command_that_was_killed_on_the_way(sealed: SealedHome) -> None:
    release = publish_on(sealed, "r2")
    with sealed.machine("one"), at_home(LOOK) as home:
        AccessLog(home).write([SEEN])
    sealed.given(NEW, OLD)
    sealed.killed("two", "reseal", at=3)
    assert sealed.read("warehouse/release_r2.duckdb") == release
    assert sealed.sealed_with() == {"old", "new"}
    healed = sealed.renkou("two", "reseal")
    assert healed.exit_code == 0, healed.stderr
    assert sealed.sealed_with() == {"new"}
    assert not list(sealed.root.rglob("*.partial"))
    sealed.given(NEW)
    assert sealed.read("warehouse/release_r2.duckdb") == release
    with sealed.machine("one"), at_home(LOOKS) as home:
        assert len(AccessLog(home).of_person(["P1"])) == 1
        assert AccessLog(home).verify() == []
    again = sealed.renkou("two", "reseal")
    assert again.stdout == f"{sealed.root}: 0 files sealed anew, all with new\n"


def test_a_look_that_comes_while_a_key_is_replaced_is_kept(sealed: SealedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"mtime": "1", "mode": "600"}
    with sealed.machine("one"):
        folder = AtRest(Home.from_environment())
        folder.put("access_log/one/202611.jsonl", b"before", told)
        sealed.given(NEW, OLD)
        plain_replaced, came = FolderStore._replaced, iter([True])

        def overtaken(self: FolderStore, *given: Any) -> Any:
            if next(came, False):
                folder.put("access_log/one/202611.jsonl", b"before and after", told)
            return plain_replaced(self, *given)

        monkeypatch.setattr(FolderStore, "_replaced", overtaken)
        with folder.writing("access_log", "resealing") as lock:
            folder.reseal("access_log", lock)
    assert sealed.read("access_log/one/202611.jsonl") == b"before and after"


def test_a_lost_key_is_told_plainly(sealed: SealedHome) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RENKOU_HOME", str(sealed.root))
        without = CliRunner().invoke(app, ["events"])
    assert (without.exit_code, without.stderr) == (1, f"renkou: {sealed.root} is sealed: set RENKOU_KEYS to the file of its keys\n")
    sealed.given(NEW)
    lost = sealed.renkou("two", "events")
    assert lost.exit_code == 1
    assert "sealed with key old, which RENKOU_KEYS does not have; put that key's line back into the file of keys" in lost.stderr
    sealed.given(OLD.replace("6f", "6e"))
    other = sealed.renkou("two", "events")
    assert other.exit_code == 1
    assert "or the key of that name is another one now" in other.stderr
    sealed.given("old:6f\n")
    assert "openssl rand -hex 16" in sealed.renkou("two", "events").stderr
    sealed.keys.unlink()
    assert "RENKOU_KEYS names the file of keys" in sealed.renkou("two", "events").stderr


def test_the_doctor_tells_which_key_seals_what(sealed: SealedHome) -> None:
    def said() -> str:
        return " ".join(sealed.renkou("two", "doctor").stdout.split())

    assert f"fine secrets: {sealed.root}: 1 files sealed with key old" in said()
    sealed.given(NEW, OLD)
    publish_on(sealed, "r2")
    (sealed.root / "landing").mkdir()
    (sealed.root / "landing" / "laid_by_hand.csv").write_text("")
    told = said()
    assert f"{sealed.root}: 1 files sealed with key old -> renkou reseal seals them with new" in told
    assert f"{sealed.root}: 1 files not sealed -> renkou reseal" in told
    assert f"fine secrets: {sealed.root}: 1 files sealed with key new" in told


def test_what_is_to_be_handed_out_is_unsealed(sealed: SealedHome, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert sealed.renkou("one", "extract", "hr").exit_code == 0
    handed = sealed.renkou("two", "unseal", "extracts/hr", "--to", str(out))
    assert handed.exit_code == 0, handed.stderr
    assert (out / "extracts/hr/current").read_text() == "r1"
    assert sealed.read("extracts/hr/current") == b"r1"
    assert "is there already" in sealed.renkou("two", "unseal", "extracts/hr", "--to", str(out)).stderr
    assert "there is nothing of that name" in sealed.renkou("two", "unseal", "extracts/nobody", "--to", str(out)).stderr
    assert sealed.renkou("two", "unseal", "secrets", "--to", str(out)).exit_code == 2


def test_a_sealed_home_is_backed_up_and_restored_sealed(sealed: SealedHome, tmp_path: Path) -> None:
    with sealed.machine("one"), at_home(EVERYTHING) as home:
        kept, release = backup(home, tmp_path / "backups", Keys.from_environment()), home.current.read_bytes()
    again = sealed_home(tmp_path / "again")
    with again.machine("one"), at_home(RESTORE) as home:
        restore(home, kept.path, Keys.from_environment())
    assert again.sealed_with() == {"old"}
    assert again.read("warehouse/current.duckdb") == release


def test_a_submission_is_kept_once(sealed: SealedHome) -> None:
    submission = Submission("S" + "0" * 24, "2026-11-22", "rk_1", "系统", "retirement", "退休申请", "1", None, "r1", "张伟", ())
    for machine in ("one", "two"):
        with sealed.machine(machine), at_home(LOOK) as home:
            assert Submissions(home).keep(submission) == submission
    assert [name for name in sealed.files() if name.startswith("submissions/")] == [f"submissions/00/{submission.submission_id}.json"]
    assert sealed.sealed_with() == {"old"}


def test_memory_that_belongs_to_another_is_not_used(sealed: SealedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    with sealed.machine("four"), pytest.raises(RenkouError, match="belongs to another user; set RENKOU_CACHE"), at_home(RELEASE):
        pass
