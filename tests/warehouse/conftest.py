from __future__ import annotations

from pathlib import Path

import pytest

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from tests.warehouse.small_release import DISPUTED, build
from warehouse.extract import Delivery, extract
from warehouse.home import Home


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load(OWN)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def database(contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small release; the man's ethnicity is disputed."""
    path = tmp_path_factory.mktemp("release") / "r1.duckdb"
    return build(path, contracts, "r1", others={"discrepancy": [DISPUTED]})


@pytest.fixture
def first(database: Path, contracts: Contracts, home: Home) -> Delivery:
    return extract(database, contracts, "hr", home)
