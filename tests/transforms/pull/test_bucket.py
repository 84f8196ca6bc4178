"""An S3-compatible store that hangs, drips, cuts off and lies about its lengths."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Contracts
from tests.support.landing import Landing
from tests.support.servers import TOKEN, moody
from tests.transforms.pull.conftest import Pull
from transforms.pull import Connection
from transforms.pull.arrival import RECEIPT

DATASET = "police/resident"
SOURCE = {"kind": "s3", "bucket": "deliveries", "path": "moody/{day}"}
FOR_GOOD = 10_000


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def offered_bytes(tmp_path: Path, own_contracts: Contracts) -> dict[str, bytes]:
    """One day of a register."""
    path = Landing(tmp_path / "offered", own_contracts).put(DATASET, [{"resident_no": "1", "name": "某某"}], date(2026, 11, 20))
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


@pytest.fixture
def connection(store: tuple[Connection, Any], faults: list[str], offered_bytes: dict[str, bytes]) -> Iterator[Connection]:
    for name, content in offered_bytes.items():
        store[1].put_object(Bucket="deliveries", Key=f"moody/20261120/{name}", Body=content)
    with moody(store[0], faults) as connection:
        yield connection


def landed(tmp_path: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (tmp_path / "landing" / DATASET).glob("20261120/*") if p.name != RECEIPT}


@pytest.mark.parametrize("fault", ["hang", "drip", "cut", "lie"])
def test_a_fault_that_passes_is_outlived_and_one_that_stays_is_told_in_time(
    fault: str, faults: list[str], connection: Connection, offered_bytes: dict[str, bytes], bring: Pull, tmp_path: Path
) -> None:
    faults[:] = [fault] * FOR_GOOD
    (failed,) = bring(DATASET, SOURCE, connection)
    assert (failed.subject, failed.status) == (DATASET, "failed")
    assert "connection s3_test: " in failed.reason
    assert TOKEN not in failed.reason
    assert landed(tmp_path) == {}

    faults[:] = [fault]
    (pulled,) = bring(DATASET, SOURCE, connection)
    assert pulled.status == "landed", pulled.reason
    assert landed(tmp_path) == offered_bytes
