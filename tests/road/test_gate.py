"""A gate that stops: the last good release stays published, and the command says which rule and ends with 3."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.command import renkou
from tests.support.county import travel_ungated
from tests.support.landing import DAY, Landing
from tests.support.release import files_of, rows
from transforms import road
from warehouse.connection import scratch
from warehouse.home import Home
from warehouse.publish import current_release

NEXT = DAY + timedelta(days=1)
DEATHS = 30


@pytest.fixture(scope="module")
def living(small_county: Path) -> list[dict[str, object]]:
    """Some who live, as a hospital would certify that they do not."""
    with scratch() as connection:
        found = connection.execute(
            f"SELECT id_number, name, sex, birth_date FROM '{small_county / 'truth' / 'person.parquet'}'"
            f" WHERE hukou_status = '1' AND death_date IS NULL AND id_number IS NOT NULL ORDER BY true_id LIMIT {DEATHS}"
        ).fetchall()
    return [
        {
            "change": "upsert",
            "death_cert_no": f"D{at:04d}",
            "id_number": number,
            "name": name,
            "sex": sex,
            "birth_date": f"{born:%Y-%m-%d}",
            "death_date": f"{DAY:%Y-%m-%d}T08:00:00+08:00",
            "issued_at": f"{DAY:%Y-%m-%d}T09:00:00+08:00",
        }
        for at, (number, name, sex, born) in enumerate(found)
    ]


@pytest.fixture(scope="module")
def stopped(
    undisturbed: Home, living: list[dict[str, object]], own_contracts: Contracts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Home, Landing, int, str]:
    """The next day every tenth person of the county is certified dead at once, and no residence permit comes as agreed."""
    root = tmp_path_factory.mktemp("stopped")
    home = Home(Path(shutil.copytree(undisturbed.root, root / "home", symlinks=True)))
    landing = Landing(root / "landing", own_contracts)
    landing.put("health/death", living, NEXT)
    landing.put("police/residence_permit", [{"permit_no": f"P{at}", "change": "X"} for at in range(3)], NEXT)
    done = renkou(home, landing.root)
    return home, landing, done.returncode, done.stdout + done.stderr


Stopped = tuple[Home, Landing, int, str]


def test_the_command_ends_with_three(stopped: Stopped) -> None:
    _, _, status, said = stopped
    assert status == 3, said


def test_the_command_tells_a_batch_that_its_gate_refused_and_why_its_rows_are_kept_out(stopped: Stopped) -> None:
    told = next(line for line in stopped[3].splitlines() if line.startswith("refused police/residence_permit"))
    assert "3 of its 3 rows are kept out for one reason, unknown_operation: " in told
    assert "the first is line 2 of GA_JZZ_" in told


def test_the_command_names_the_rule(stopped: Stopped) -> None:
    _, _, _, said = stopped
    assert "deaths_rise" in said


def test_the_command_names_nobody(stopped: Stopped, living: list[dict[str, object]]) -> None:
    _, _, _, said = stopped
    assert not any(str(person[datum]) in said for person in living for datum in ("name", "id_number"))


def test_the_last_good_release_stays(stopped: Stopped, undisturbed: Home) -> None:
    home, *_ = stopped
    assert current_release(home) == current_release(undisturbed) == f"{DAY:%Y%m%d}-01"
    assert files_of(home.warehouse).keys() == files_of(undisturbed.warehouse).keys()
    assert rows(home.current, "SELECT count(death_date) FROM person") == rows(
        undisturbed.current, "SELECT count(death_date) FROM person"
    )


def test_what_the_gates_said_is_kept(stopped: Stopped) -> None:
    home, *_ = stopped
    notes = json.loads((home.builds / f"{NEXT:%Y%m%d}.json").read_text(encoding="utf-8"))
    assert any("deaths_rise" in stop for stop in notes["stops"])
    assert list(home.data_docs.rglob("*.html"))


def test_a_corrected_delivery_is_published_and_a_late_one_asks_for_the_day_again(
    stopped: Stopped, living: list[dict[str, object]], own_contracts: Contracts
) -> None:
    home, landing, *_ = stopped
    landing.put("health/death", living[:1], NEXT)
    report = travel_ungated(home, landing.root)
    assert report.status == "published"
    assert current_release(home) == f"{NEXT:%Y%m%d}-01"
    assert road.days_to_build(home, own_contracts) == []
    landing.put("police/residence_permit", [], DAY)
    landing.take_in(home, "police/residence_permit", DAY)
    assert road.days_to_build(home, own_contracts) == [NEXT]
