"""A reader always opens the last good release, whatever happens to the one who publishes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.disk import disk
from warehouse.faults import NotFoundError, RenkouError
from warehouse.home import Home
from warehouse.publish import current_release, publish, published, releases

# Runs publish and kills itself with SIGKILL just before the n-th step that changes the file system.
KILLED = """
import pathlib, sys
from tests.support.killed import Killed
from warehouse import publish
watched = Killed(int(sys.argv[4])).watched
for name in ("replace", "rename", "unlink", "symlink_to", "chmod", "mkdir"):
    setattr(pathlib.Path, name, watched(getattr(pathlib.Path, name)))
publish.sync = watched(publish.sync)
publish.publish(pathlib.Path(sys.argv[1]), publish.Home(pathlib.Path(sys.argv[2])), sys.argv[3], keep=2)
"""


def built(home: Home, name: str) -> Path:
    home.builds.mkdir(parents=True, exist_ok=True)
    path = home.builds / f"{name}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE release AS SELECT '{name}' AS release_id")
        connection.execute("CHECKPOINT")
    return path


def served(home: Home) -> str:
    with duckdb.connect(str(home.current), read_only=True) as connection:
        row = connection.execute("SELECT release_id FROM release").fetchone()
    assert row is not None
    return str(row[0])


def test_a_build_becomes_the_current_release(home: Home) -> None:
    publish(built(home, "r1"), home, "r1", keep=3)

    assert (served(home), current_release(home), releases(home)) == ("r1", "r1", ("r1",))
    assert published(home) == home.warehouse / "release_r1.duckdb"


def test_nothing_published_says_what_to_do(home: Home) -> None:
    assert current_release(home) is None
    with pytest.raises(NotFoundError, match="renkou run"):
        published(home)


def test_older_releases_are_kept_to_a_bound(home: Home) -> None:
    for name in ("r1", "r2", "r3", "r4"):
        publish(built(home, name), home, name, keep=3)

    assert releases(home) == ("r4", "r3", "r2")


def test_the_last_release_stays_even_when_none_is_to_be_kept(home: Home) -> None:
    for name in ("r1", "r2", "r3"):
        publish(built(home, name), home, name, keep=0)

    assert releases(home) == ("r3", "r2")


def test_a_reader_keeps_the_release_that_it_opened_and_the_next_connect_gets_the_new_one(home: Home) -> None:
    publish(built(home, "r1"), home, "r1", keep=2)
    with duckdb.connect(str(home.current), read_only=True) as old:
        for name in ("r2", "r3", "r4"):
            publish(built(home, name), home, name, keep=2)
        assert not (home.warehouse / "release_r1.duckdb").exists()
        assert old.execute("SELECT release_id FROM release").fetchone() == ("r1",)
        assert served(home) == "r4"


def test_publishing_twice_changes_nothing(home: Home) -> None:
    build = built(home, "r1")
    publish(build, home, "r1", keep=2)
    publish(build, home, "r1", keep=2)

    assert (served(home), releases(home)) == ("r1", ("r1",))


def test_the_home_may_be_moved(home: Home, tmp_path: Path) -> None:
    publish(built(home, "r1"), home, "r1", keep=2)
    moved = Home(home.root.rename(tmp_path / "elsewhere"))

    assert served(moved) == "r1"


def test_a_build_left_open_is_refused(home: Home) -> None:
    publish(built(home, "r1"), home, "r1", keep=2)
    build = built(home, "r2")
    build.with_name("r2.duckdb.wal").touch()

    with pytest.raises(RenkouError, match="write-ahead log"):
        publish(build, home, "r2", keep=2)
    assert served(home) == "r1"


@pytest.mark.parametrize("release_id", ["../r2", "", ".hidden", "a/b"])
def test_a_release_id_cannot_leave_the_folder(home: Home, release_id: str) -> None:
    with pytest.raises(RenkouError, match="release id"):
        publish(built(home, "r2"), home, release_id, keep=2)


def test_a_release_that_does_not_fit_leaves_the_one_before_and_goes_in_once_there_is_room(home: Home) -> None:
    with disk(home.warehouse, "4m") as small:
        publish(built(home, "r1"), home, "r1")
        build = built(home, "r2")
        small.fill()
        with pytest.raises(OSError, match="No space left"):
            publish(build, home, "r2")
        assert (served(home), releases(home), list(home.warehouse.glob("*.partial"))) == ("r1", ("r1",), [])
        small.empty()
        publish(build, home, "r2")
        assert (served(home), releases(home)) == ("r2", ("r2", "r1"))


def test_no_build_says_so(home: Home) -> None:
    with pytest.raises(RenkouError, match="no such build"):
        publish(home.builds / "none.duckdb", home, "r1", keep=2)


def test_killed_between_any_two_steps_a_release_stays_and_a_second_call_heals(tmp_path: Path) -> None:
    for step in range(50):
        home = Home(tmp_path / str(step))
        for name in ("r1", "r2"):
            publish(built(home, name), home, name, keep=2)
        build = built(home, "r3")
        ended = _publish_and_be_killed(build, home, step)
        assert served(home) in {"r2", "r3"}

        publish(build, home, "r3", keep=2)
        assert (served(home), releases(home)) == ("r3", ("r3", "r2"))
        assert not list(home.warehouse.glob(".*.partial"))
        if ended == 0:
            break
    assert step > 5


def _publish_and_be_killed(build: Path, home: Home, step: int) -> int:
    arguments = [sys.executable, "-c", KILLED, str(build), str(home.root), "r3", str(step)]
    ended = subprocess.run(arguments, check=False).returncode
    assert ended in {0, -signal.SIGKILL}
    return ended
