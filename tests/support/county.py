"""A generated county and the road taken with it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from generate.county import generate
from generate.rates import Rates
from transforms import road
from transforms.road import GateReport
from transforms.run import RunReport, run
from warehouse.durable import one_at_a_time
from warehouse.home import Home

DAYS = (date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22))


@dataclass(frozen=True)
class Travelled:
    """A county, the home it was taken into, and what the run said."""

    root: Path
    home: Home
    report: RunReport

    @property
    def landing(self) -> Path:
        return self.root / "landing"


def agreed() -> Contracts:
    """The project's own contracts, whatever the environment says."""
    return load(OWN)


def made(root: Path, persons: int, seed: int, days: int, rates: Rates | None = None) -> Path:
    """A county below ``root``: ``landing`` and ``truth``."""
    generate(persons, seed, root, days=days, rates=rates or Rates())
    return root


def passing(_home: Home, _contracts: Contracts, _day: date) -> GateReport:
    """A gate that lets everything through: Great Expectations takes longer than all other stages together."""
    return GateReport(passed=True, stops=(), gates=())


def travel_ungated(home: Home, landing: Path, *days: date | None) -> RunReport:
    """Run the road, once for each day, without the gates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road, "_gate_batches", lambda *_: None)
        patch.setattr(road, "validate", passing)
        for day in days or (None,):
            report = run(home, agreed(), landing, as_of=day)
            assert report.status != "refused"
    return report


def travel(home: Home, landing: Path) -> RunReport:
    """Run the road at once over all days; the gates are asked on the last of them."""
    asked = road.validate

    def on_the_last_day(home: Home, contracts: Contracts, day: date) -> GateReport:
        return (asked if day == DAYS[-1] else passing)(home, contracts, day)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road, "validate", on_the_last_day)
        return run(home, agreed(), landing)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> tuple[Path, Any]:
    """A folder made once a session, also when several processes share the tests, with what making it answered."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    answer = folder / "made.pickle"
    with one_at_a_time(folder):
        if not answer.exists():
            answer.write_bytes(pickle.dumps(make(folder)))
        return folder, pickle.loads(answer.read_bytes())
