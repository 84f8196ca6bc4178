"""Fixtures that several rooms share; what is costly is made once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.model import Contracts
from generate.rates import Rates
from tests.support.county import Travelled, agreed, made
from tests.support.truth import Scored, scored
from transforms import road
from warehouse.home import Home

PERSONS = 1500


@pytest.fixture(scope="session")
def own_contracts() -> Contracts:
    return agreed()


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of a small county in which every kind of fault is common."""
    return made(tmp_path_factory.mktemp("county"), PERSONS, seed=7, days=3, rates=Rates.harsh())


@pytest.fixture(scope="session")
def travelled(county: Path, own_contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Travelled:
    """The county taken in, built, validated and published in one run."""
    home = Home(tmp_path_factory.mktemp("travelled") / "home")
    return Travelled(county, home, road.run(home, own_contracts, county / "landing"))


@pytest.fixture(scope="session")
def found(travelled: Travelled, own_contracts: Contracts) -> Iterator[Scored]:
    """The published county beside its truth."""
    with scored(travelled.root, travelled.home.current, travelled.home.landed, own_contracts) as both:
        yield both
