"""A full disk, really, while a batch lands and a day is built (while a release is published: test_publish), and too little memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.plainly import in_words
from contracts.model import Contracts
from tests.support.county import passing
from tests.support.disk import disk
from tests.support.release import contents, differing, files_of
from transforms import road
from transforms.run import run
from warehouse.home import Home
from warehouse.publish import current_release


class Reached:
    """Remembers the stage that a run came to."""

    name = ""

    def stage(self, name: str) -> None:
        self.name = name.partition(" ")[0]

    def progress(self, done: int, total: int, unit: str) -> None: ...

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None: ...


def test_a_full_disk_loses_nothing_half_publishes_nothing_and_is_told(
    small_county: Path, undisturbed: Home, own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "validate", passing)
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    landing, home = small_county / "landing", Home(tmp_path / "disk" / "home")
    monkeypatch.setenv("RENKOU_HOME", str(home.root))

    def given_up() -> str:
        """The stage in which the run gave up, saying what to do."""
        reached = Reached()
        with pytest.raises(Exception) as fault:
            run(home, own_contracts, landing, listener=reached)
        assert "the disk is full" in in_words(fault.value)
        assert "docs/runbooks/disk-full.md" in in_words(fault.value)
        assert current_release(home) is None
        return reached.name

    with disk(tmp_path / "disk", "160k") as small:
        assert given_up() == "take_in"
        small.grow("6m")
        assert given_up() in {"prepare", "link", "unify", "reconcile"}
        small.grow("1g")
        assert run(home, own_contracts, landing).status == "published"
        assert differing(undisturbed.current, home.current) == {}
        assert contents(home.current)["person"][0] > 250
        assert files_of(home.builds) == {}
        assert list(home.landed.rglob("*.partial")) == []


def test_too_little_memory_is_told_with_its_place_and_what_to_do_and_with_more_the_run_goes_on(
    small_county: Path, undisturbed: Home, own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road, "validate", passing)
    monkeypatch.setattr(road, "_gate_batches", lambda *_: None)
    landing, home = small_county / "landing", Home(tmp_path / "home")

    monkeypatch.setenv("RENKOU_MEMORY", "12MB")
    with pytest.raises(duckdb.OutOfMemoryException) as fault:
        run(home, own_contracts, landing)
    assert re.match(r"memory ran out at \w+\.py:\d+: DuckDB may use 12MB \(RENKOU_MEMORY\)", in_words(fault.value))
    assert "docs/runbooks/run-killed.md" in in_words(fault.value)
    assert current_release(home) is None

    monkeypatch.delenv("RENKOU_MEMORY")
    assert run(home, own_contracts, landing).status == "published"
    assert differing(undisturbed.current, home.current) == {}
