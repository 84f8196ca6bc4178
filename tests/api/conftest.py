"""A home with a small release published in it, and the API over it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from fastapi.testclient import TestClient

from api.app import create
from contracts.layout import OWN
from contracts.load import load
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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, contracts: Contracts) -> Iterator[tuple[str, str]]:
    """A real server with the small release: its address and a key for everything."""
    folder = tmp_path_factory.mktemp("served")
    home = Home(folder / "home")
    publish(build(folder / "r1.duckdb", contracts, "r1", others={"discrepancy": [DISPUTED]}), home, "r1")
    server = uvicorn.Server(uvicorn.Config(create(home), port=0, log_level="warning"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", made_key(home)[1]
    server.should_exit = True
    thread.join()
