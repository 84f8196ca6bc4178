"""Fixtures that several rooms share; what is costly is made once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.model import Contracts
from generate.rates import Rates
from tests.support.county import Travelled, agreed, made, once, travel
from tests.support.truth import Scored, scored
from warehouse.home import Home

PERSONS = 1500


@pytest.fixture(scope="session")
def own_contracts() -> Contracts:
    return agreed()


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of a small county in which every kind of fault is common."""
    return once(tmp_path_factory, "county", lambda root: made(root, PERSONS, seed=7, days=3, rates=Rates.harsh()))[0]


@pytest.fixture(scope="session")
def travelled(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The county taken in, built, validated and published in one run."""
    folder, report = once(
        tmp_path_factory, "travelled", lambda folder: travel(Home(folder / "home"), county / "landing")
    )
    return Travelled(county, Home(folder / "home"), report)


@pytest.fixture(scope="session")
def found(travelled: Travelled, own_contracts: Contracts) -> Iterator[Scored]:
    """The published county beside its truth."""
    with scored(travelled.root, travelled.home.current, travelled.home.landed, own_contracts) as both:
        yield both
