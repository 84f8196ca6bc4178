"""A home with a small release published in it, and the API over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create
from contracts.load import OWN, load
from contracts.model import Contracts
from tests.warehouse.small_release import DISPUTED, build
from warehouse.home import Home
from warehouse.keys import ALL, FormSystem, KeyRing
from warehouse.publish import publish


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return load(OWN)


@pytest.fixture
def home(tmp_path: Path, contracts: Contracts) -> Home:
    home = Home(tmp_path / "home")
    publish(build(tmp_path / "r1.duckdb", contracts, "r1", others={"discrepancy": [DISPUTED]}), home, "r1")
    return home


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    with TestClient(create(home), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def key(home: Home) -> Callable[..., dict[str, str]]:
    """Make a key; answers the header that carries it."""

    def make(**limits: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {made_key(home, **limits)[1]}"}

    return make


def made_key(home: Home, **limits: object) -> tuple[FormSystem, str]:
    now = datetime.now(UTC)
    agreed: dict[str, object] = {
        "key_id": "",
        "name": "社保经办大厅",
        "digest": "",
        "forms": (ALL,),
        "purposes": (ALL,),
        "regions": (ALL,),
        "rate": 100_000,
        "made_at": now.isoformat(),
        "expires_at": (now + timedelta(days=1)).isoformat(),
    }
    return KeyRing(home).add(FormSystem(**(agreed | limits)))  # type: ignore[arg-type]
