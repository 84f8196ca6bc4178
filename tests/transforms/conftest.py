from __future__ import annotations

from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.support.landing import Landing
from warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def landing(tmp_path: Path, own_contracts: Contracts) -> Landing:
    return Landing(tmp_path / "landing", own_contracts)
