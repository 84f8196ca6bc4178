"""An SFTP server that hangs, drips, cuts off and lies about its lengths."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.landing import Landing
from tests.support.servers import TOKEN, Moods, sftp
from tests.transforms.pull.conftest import Pull
from transforms.pull import Connection
from transforms.pull.arrival import RECEIPT

DATASET = "police/resident"
SOURCE = {"kind": "sftp", "path": f"{DATASET}/{{day}}", "settled": 0}
FOR_GOOD = 10_000
ROWS = 3_000


@pytest.fixture
def moods() -> Moods:
    return Moods()


@pytest.fixture
def server(moods: Moods, tmp_path: Path, own_contracts: Contracts) -> Iterator[Connection]:
    """One day of a register on a server of many moods."""
    rows = [{"resident_no": str(n), "name": "某某"} for n in range(ROWS)]
    Landing(tmp_path / "offered", own_contracts).put(DATASET, rows, date(2026, 11, 20))
    with sftp(tmp_path / "offered", moods) as connection:
        yield connection


def landed_whole(tmp_path: Path) -> bool:
    """Whether the day lies there as the department offers it."""
    there, here = tmp_path / "offered" / DATASET / "20261120", tmp_path / "landing" / DATASET / "20261120"
    return {p.name: p.read_bytes() for p in there.iterdir()} == {p.name: p.read_bytes() for p in here.iterdir() if p.name != RECEIPT}


@pytest.mark.parametrize("fault", ["hang", "drip", "cut", "empty"])
def test_a_fault_that_passes_is_outlived(fault: str, moods: Moods, server: Connection, bring: Pull, tmp_path: Path) -> None:
    moods.faults = ["", fault]
    (pulled,) = bring(DATASET, SOURCE, server)
    assert pulled.status == "landed", pulled.reason
    assert landed_whole(tmp_path)


@pytest.mark.timeout(120)  # reading on at the pace of a server that drips would take hours
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("hang", "no more came within"),
        ("drip", "no more came within"),
        ("cut", "the connection broke"),
        ("empty", "0 bytes came of"),
        ("tells half", "bytes came of"),
        ("tells twice", "bytes came of"),
        ("does not list", "no more came within"),
    ],
)
def test_one_that_stays_is_told_in_time_lands_nothing_and_the_next_pull_heals(
    fault: str, words: str, moods: Moods, server: Connection, bring: Pull, tmp_path: Path
) -> None:
    moods.faults = [fault] * FOR_GOOD if " " not in fault else []
    moods.told = {"tells half": 0.5, "tells twice": 2.0}.get(fault, 1.0)
    moods.lists_slowly = fault == "does not list"
    (failed,) = bring(DATASET, SOURCE, server)
    assert (failed.subject, failed.status) == (DATASET, "failed")
    assert words in failed.reason
    assert TOKEN not in failed.reason
    assert not (tmp_path / "landing" / DATASET / "20261120").exists()

    moods.faults, moods.told, moods.lists_slowly = [], 1.0, False
    assert [p.status for p in bring(DATASET, SOURCE, server)] == ["landed"]
    assert landed_whole(tmp_path)
