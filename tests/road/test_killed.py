"""kill -9 at any moment, then the same command again: the same warehouse as without the kill."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.support.command import renkou
from tests.support.release import contents, differing, files_of
from transforms.road import STAGES
from warehouse.home import Home
from warehouse.publish import current_release

# Where each run is cut off: the stage, and which opening or moving of a file within it. A run begins where the ledger
# and the last release stand, so each cut meets what the cuts before it left behind.
CUTS = (
    ("take_in", 40),
    ("take_in", 90),
    ("prepare", 2),
    ("link", 4),
    ("unify", 2),
    ("reconcile", 3),
    ("validate", 5),
    ("publish", 4),
)


def test_every_stage_is_cut_off() -> None:
    assert {stage for stage, _ in CUTS} == {"take_in", *STAGES}


def test_a_run_that_was_killed_at_every_stage_ends_like_one_that_was_not(
    small_county: Path, undisturbed: Home, tmp_path: Path
) -> None:
    home, landing = Home(tmp_path / "home"), small_county / "landing"
    for stage, step in CUTS:
        killed = renkou(home, landing, "tests.support.cut_off", stage, str(step))
        assert killed.returncode == -signal.SIGKILL, f"{stage} {step}: {killed.stderr}"
        assert f'"stage": "{stage}' not in killed.stderr, "the stage had ended before the cut"
        assert current_release(home) is None
    ended = renkou(home, landing)
    assert ended.returncode == 0, ended.stderr
    assert differing(undisturbed.current, home.current) == {}
    assert contents(undisturbed.current)["person"][0] > 250
    assert files_of(home.builds) == {}
    assert list(home.landed.rglob("*.partial")) == []
