"""A generated county and the road taken with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from contracts.load import OWN, load
from contracts.model import Contracts
from generate.county import generate
from generate.rates import Rates
from transforms import road
from transforms.road import GateReport, RunReport
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
        patch.setattr(road, "validate", passing)
        for day in days or (None,):
            report = road.run(home, agreed(), landing, as_of=day)
            assert report.status != "refused"
    return report


Travel = Callable[..., RunReport]
