"""What the next delivery tells of the one before; delivered whole or not at all, and when it is due."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from contracts.model import Contracts
from tests.warehouse.delivered import changed, delivered, later, manifest, of, whole
from tests.warehouse.small_release import PEOPLE, build
from warehouse.extract import Delivery, extract, is_due
from warehouse.home import Home


def test_the_next_release_tells_what_changed(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    second = extract(later(contracts, tmp_path), contracts, "hr", home)
    changes = pd.read_parquet(second.folder / "changes")

    assert (second.since, second.changes) == ("r1", {"I": 1, "U": 1, "D": 1})
    assert dict(zip(changes["person_id"], changes["op"], strict=True)) == {"p2": "U", "p3": "D", "p6": "I"}
    assert _applied(whole(first.folder), changes) == whole(second.folder)
    assert changes.set_index("person_id").loc["p2", "hukou_county"] == "330103"
    assert changes.set_index("person_id").loc["p2", "hukou_region"] == "330103009"
    assert changes.set_index("person_id").loc["p3"].drop("op").isna().all()


def _applied(before: dict[str, Any], changes: pd.DataFrame) -> dict[str, Any]:
    gone = {person: row for person, row in before.items() if person not in set(changes["person_id"])}
    come = changes[changes["op"] != "D"].drop(columns="op").to_dict("records")
    return gone | {row["person_id"]: {name: None if pd.isna(value) else value for name, value in row.items()} for row in come}


def test_the_same_release_again_does_nothing(
    first: Delivery, database: Path, contracts: Contracts, home: Home
) -> None:
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = extract(database, contracts, "hr", home)

    assert not again.delivered
    assert again.rows == first.rows
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_the_same_release_makes_the_same_bytes(
    first: Delivery, database: Path, contracts: Contracts, tmp_path: Path
) -> None:
    other = extract(database, contracts, "hr", Home(tmp_path / "other"))

    assert manifest(other.folder)["files"] == manifest(first.folder)["files"]


def test_a_column_added_to_the_contract_is_a_change_where_it_has_a_value(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    hr = of(contracts, "hr")
    wider = contracts.model_copy(
        update={"subscriptions": (hr.model_copy(update={"columns": (*hr.columns, "phone", "insurances")}),)}
    )
    database = build(tmp_path / "r2.duckdb", contracts, "r2")
    second = extract(database, wider, "hr", home)

    assert second.changes == {"I": 0, "U": 3, "D": 0}


def test_a_column_that_is_of_another_type_now_is_a_change_of_all_who_have_it(
    contracts: Contracts, home: Home, database: Path, tmp_path: Path
) -> None:
    hr = of(contracts, "hr")
    columns = (*hr.columns, "band")
    as_word = changed(contracts, "hr", columns=columns, expressions={**hr.expressions, "band": "'high'"})
    first = extract(database, as_word, "hr", home)
    as_number = changed(contracts, "hr", columns=columns, expressions={**hr.expressions, "band": "2"})
    second = extract(build(tmp_path / "r2.duckdb", contracts, "r2"), as_number, "hr", home)

    assert second.changes == {"I": 0, "U": first.rows, "D": 0}


def test_a_subscription_that_is_encrypted_from_now_on_or_no_longer_goes_on(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    sealed = changed(contracts, "hr", encrypted=True)
    second = extract(later(contracts, tmp_path), sealed, "hr", home)
    assert (second.since, second.changes) == ("r1", {"I": 1, "U": 1, "D": 1})
    third = extract(build(tmp_path / "r3.duckdb", contracts, "r3"), sealed, "hr", home)
    assert (third.since, third.changes) == ("r2", {"I": 1, "U": 1, "D": 1})
    fourth = extract(build(tmp_path / "r4.duckdb", contracts, "r4"), contracts, "hr", home)
    assert (fourth.since, sorted(whole(fourth.folder))) == (None, sorted(whole(first.folder)))
    assert "is to be taken whole" in (fourth.folder / "README.md").read_text(encoding="utf-8")


def test_an_encrypted_delivery_of_nobody_has_a_guide(contracts: Contracts, home: Home, database: Path) -> None:
    assert extract(database, changed(contracts, "hr", encrypted=True, where="false"), "hr", home).files == 0


def test_who_applies_changes_is_told_to_which_delivery_they_belong_and_of_other_columns(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    hr = of(contracts, "hr")
    guide = (extract(later(contracts, tmp_path), contracts, "hr", home).folder / "README.md").read_text(encoding="utf-8")
    assert "stands as r1 comes up to date so" in guide
    assert "take this delivery whole" not in guide
    kept = tuple(name for name in hr.columns if name != "id_number")
    other = changed(contracts, "hr", columns=(*kept, "phone"), expressions={**hr.expressions, "sex": "1"})
    third = extract(build(tmp_path / "r3.duckdb", contracts, "r3"), other, "hr", home)
    assert manifest(third.folder)["changes"]["columns"] == {"new": ["phone"], "gone": ["id_number"], "of_another_type": ["sex"]}
    guide = (third.folder / "README.md").read_text(encoding="utf-8")
    assert "not those of r2** (new: phone; no longer: id_number; of another type: sex): take this delivery whole" in guide


def test_old_deliveries_are_kept_to_a_bound(contracts: Contracts, home: Home, tmp_path: Path) -> None:
    for number in range(4):
        database = build(tmp_path / f"{number}.duckdb", contracts, f"r{number}")
        extract(database, contracts, "hr", home, keep=2)

    kept = sorted(path.parent.name for path in (home.extracts / "hr").glob("*/manifest.json"))
    assert kept == ["r2", "r3"]


# Delivers and kills itself with SIGKILL just before the n-th file is on the disk, or before the last rename.
KILLED = """
import pathlib, sys
from contracts.layout import OWN
from contracts.load import load
from tests.support.killed import Killed
from warehouse import durable, extract, parquet
from warehouse.home import Home
watched = Killed(int(sys.argv[3])).watched
for room in (durable, extract, parquet):
    room.sync = watched(room.sync)
pathlib.Path.rename = watched(pathlib.Path.rename)
pathlib.Path.replace = watched(pathlib.Path.replace)
extract.extract(pathlib.Path(sys.argv[1]), load(OWN), "hr", Home(pathlib.Path(sys.argv[2])))
"""


@pytest.mark.parametrize("step", [0, 5, 8, 10])
def test_killed_half_way_nothing_half_is_seen_and_the_next_call_heals(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path, step: int
) -> None:
    database = later(contracts, tmp_path)
    arguments = [sys.executable, "-c", KILLED, str(database), str(home.root), str(step)]
    ended = subprocess.run(arguments, check=False).returncode
    own = home.extracts / "hr"

    assert ended == -signal.SIGKILL
    named = (own / "current").read_text()
    assert named == "r1" or (own / "r2" / "manifest.json").exists()
    if (own / "r2").exists():
        assert manifest(own / "r2")["changes"]["since"] == "r1"

    second = extract(database, contracts, "hr", home)
    assert (second.since, second.changes) == ("r1", {"I": 1, "U": 1, "D": 1})
    assert (own / "current").read_text() == "r2"
    assert not [path for path in own.iterdir() if path.name.endswith((".partial", ".removed"))]
    assert sorted(delivered(second.folder)) == ["p1", "p2", "p5", "p6"]


@pytest.mark.parametrize(
    ("cadence", "day", "due"),
    [
        ("daily", date(2026, 11, 23), True),
        ("weekly", date(2026, 11, 28), False),
        ("weekly", date(2026, 11, 29), True),
        ("monthly", date(2026, 11, 30), False),
        ("monthly", date(2026, 12, 1), True),
        ("quarterly", date(2026, 12, 31), False),
        ("quarterly", date(2027, 1, 1), True),
        ("half_yearly", date(2027, 1, 1), True),
        ("yearly", date(2026, 12, 31), False),
        ("yearly", date(2027, 1, 1), True),
    ],
)
def test_an_extract_is_due_by_its_cadence(
    contracts: Contracts, home: Home, cadence: str, day: date, due: bool
) -> None:
    database = build(home.root / "r1.duckdb", contracts, "r1", PEOPLE)
    paced = changed(contracts, "hr", cadence=cadence)
    assert is_due(database, paced, "hr", home)
    extract(database, paced, "hr", home)
    assert not is_due(database, paced, "hr", home)
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE release SET release_id = 'r2', as_of = ?", [day])
    assert is_due(database, paced, "hr", home) is due
