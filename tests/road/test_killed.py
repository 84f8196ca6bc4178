"""kill -9 at any moment, then the same command again: the same warehouse as without the kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.county import made, travel_ungated
from tests.support.release import contents, differing
from transforms.road import STAGES
from warehouse.home import Home
from warehouse.publish import current_release

ROOT = Path(__file__).resolve().parents[2]

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


@pytest.fixture(scope="module")
def small_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("small_county"), 300, seed=3, days=1) / "landing"


@pytest.fixture(scope="module")
def undisturbed(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that nobody killed."""
    home = Home(tmp_path_factory.mktemp("undisturbed") / "home")
    travel_ungated(home, small_county)
    return home


def renkou(home: Home, module: Sequence[str], landing: Path) -> subprocess.CompletedProcess[str]:
    """``renkou run``, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", *module, "run", "--landing", str(landing)],
        cwd=ROOT,
        env=os.environ | {"RENKOU_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_stage_is_cut_off() -> None:
    assert {stage for stage, _ in CUTS} == {"take_in", *STAGES}


def test_a_run_that_was_killed_at_every_stage_ends_like_one_that_was_not(
    small_county: Path, undisturbed: Home, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    for stage, step in CUTS:
        killed = renkou(home, ("tests.support.cut_off", stage, str(step)), small_county)
        assert killed.returncode == -signal.SIGKILL, f"{stage} {step}: {killed.stderr}"
        assert f'"stage": "{stage}' not in killed.stderr, "the stage had ended before the cut"
        assert current_release(home) is None
    ended = renkou(home, ("cli.main",), small_county)
    assert ended.returncode == 0, ended.stderr
    assert differing(undisturbed.current, home.current) == {}
    assert contents(undisturbed.current)["person"][0] > 250


def test_no_rubbish_is_left_of_the_killed_runs(small_county: Path, undisturbed: Home) -> None:
    left = [path for path in undisturbed.builds.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []
    assert list(undisturbed.root.rglob("*.partial")) == []
