"""The same deliveries leave the same warehouse: again, in another home, a day at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.county import DAYS, Travelled, travel_ungated
from tests.support.release import contents, differing, files_of, rows
from transforms import release, road
from transforms.run import run
from warehouse.faults import NotFoundError
from warehouse.home import Home
from warehouse.publish import releases


@pytest.fixture(scope="module")
def day_by_day(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Another home: the same county, a run a day, with two threads."""
    home = Home(tmp_path_factory.mktemp("day_by_day") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RENKOU_THREADS", "2")
        travel_ungated(home, county / "landing", *DAYS)
    return home


def test_a_second_run_finds_nothing_new_and_writes_nothing(
    travelled: Travelled, own_contracts: Contracts
) -> None:
    before = files_of(travelled.home.root)
    report = run(travelled.home, own_contracts, travelled.landing)
    assert (report.status, report.batches, report.releases) == ("unchanged", [], [])
    assert report.release_id == travelled.report.release_id
    assert files_of(travelled.home.root) == before


@pytest.fixture
def again(undisturbed: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(undisturbed.root, tmp_path / "home", symlinks=True)))


def test_a_correction_that_is_cut_off_is_told_and_the_first_delivery_stays_in_use(
    again: Home, small_county: Path, own_contracts: Contracts, tmp_path: Path
) -> None:
    landing = Path(shutil.copytree(small_county / "landing", tmp_path / "landing"))
    (file,) = landing.glob("police/resident/*/*.csv")
    file.write_bytes(file.read_bytes()[:-1000])
    report = run(again, own_contracts, landing)
    assert report.status == "unchanged"
    assert [(batch.reference, batch.status) for batch in report.batches] == [("police/resident/20261120", "refused")]
    assert {batch.status for batch in road.batches_known(again, own_contracts)} == {"accepted"}


def test_what_a_full_disk_left_of_the_next_build_stops_no_run(again: Home, small_county: Path, own_contracts: Contracts) -> None:
    again.builds.mkdir(exist_ok=True)
    (again.builds / f"{DAYS[0]:%Y%m%d}.json").write_text('{"reads": []}')
    assert run(again, own_contracts, small_county / "landing").status == "unchanged"


def test_an_earlier_day_is_no_reason_to_build(travelled: Travelled, own_contracts: Contracts) -> None:
    assert road.days_to_build(travelled.home, own_contracts, as_of=DAYS[0]) == []


def test_a_published_day_whose_contract_was_taken_away_is_built_again_though_nothing_is_left_of_that_day(
    undisturbed: Home, own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    lonely = DAYS[0] + timedelta(days=1)
    monkeypatch.setattr(release, "last_release", lambda _: release.Released("20261121-01", lonely, "with another contract"))
    assert road.days_to_build(undisturbed, own_contracts) == [lonely]
    assert road.days_to_build(undisturbed, own_contracts, as_of=DAYS[0]) == []


@pytest.mark.parametrize("day", DAYS)
def test_day_by_day_leaves_the_same_releases_as_all_days_at_once(
    day: date, travelled: Travelled, day_by_day: Home
) -> None:
    assert releases(day_by_day) == releases(travelled.home)
    name = f"release_{day:%Y%m%d}-01.duckdb"
    assert differing(travelled.home.warehouse / name, day_by_day.warehouse / name) == {}


def test_the_newest_release_lists_all_before_it(travelled: Travelled) -> None:
    listed = rows(travelled.home.current, "SELECT release_id, as_of FROM release ORDER BY release_id")
    assert listed == [(f"{day:%Y%m%d}-01", day) for day in DAYS]


def test_a_person_keeps_its_id(travelled: Travelled) -> None:
    """A record that was there the day before is in the person it was in, or a change says why not."""
    first = travelled.home.warehouse / f"release_{DAYS[0]:%Y%m%d}-01.duckdb"
    before = set(rows(first, "SELECT department, dataset, role, record_key, person_id FROM person_record"))
    now = set(
        rows(travelled.home.current, "SELECT department, dataset, role, record_key, person_id FROM person_record")
    )
    explained = {
        person
        for pair in rows(
            travelled.home.current,
            "SELECT person_id, other_person_id FROM person_change WHERE kind IN ('merged', 'split')",
        )
        for person in pair
    }
    assert {row for row in before - now if row[-1] not in explained} == set()


@pytest.mark.parametrize("stage", [road.link, road.unify, road.reconcile, road.validate])
def test_a_stage_of_a_build_that_was_published_says_where_to_begin_and_leaves_nothing(
    stage: Callable[..., None], own_contracts: Contracts, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match=r"no build of 2026-11-20 .*begin again with prepare"):
        stage(Home(tmp_path), own_contracts, DAYS[0])
    assert list(tmp_path.iterdir()) == []


def test_a_day_before_the_published_release_is_not_built_again(travelled: Travelled, own_contracts: Contracts) -> None:
    """As where an older run's tasks are cleared by hand: readers would get the older day."""
    with pytest.raises(NotFoundError, match="is published, and 2026-11-20 lies before it"):
        road.prepare(travelled.home, own_contracts, DAYS[0])


def test_hashes_tell_releases_apart(travelled: Travelled) -> None:
    first = travelled.home.warehouse / f"release_{DAYS[0]:%Y%m%d}-01.duckdb"
    here, there = contents(first), contents(travelled.home.current)
    assert {table for table in here if here[table] != there[table]} >= {"person", "person_record", "batch", "release"}
