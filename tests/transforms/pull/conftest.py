"""One server of each kind, and contracts that are pulled from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from contracts.model import Contracts, Source
from tests.support.servers import postgres, s3, sftp
from transforms.pull import Connection, Patience, Pulled
from transforms.pull.road import pull

HASTE = Patience(silence=0.5, tries=3, longest_wait=0.02, slowest=1000)
Pull = Callable[..., list[Pulled]]


def pulled_from(contracts: Contracts, dataset_id: str, source: dict[str, Any]) -> Contracts:
    """The contracts with one dataset alone that is pulled, from there."""
    typed: Any = TypeAdapter(Source).validate_python({"connection": "test"} | source)
    datasets = tuple(
        d.model_copy(update={"pulled_from": typed if d.id == dataset_id else None}) for d in contracts.datasets
    )
    return contracts.model_copy(update={"datasets": datasets})


@pytest.fixture
def bring(tmp_path: Path, own_contracts: Contracts) -> Pull:
    def bring(dataset_id: str, source: dict[str, Any], connection: Connection | None, patience: Patience = HASTE) -> list[Pulled]:
        contracts = pulled_from(own_contracts, dataset_id, source)
        return pull(tmp_path / "landing", contracts, lambda _: connection, patience=patience)

    return bring


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a department's file server shows."""
    return tmp_path_factory.mktemp("offered")


@pytest.fixture(scope="module")
def sftp_server(offered: Path) -> Iterator[Connection]:
    with sftp(offered) as connection:
        yield connection


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Connection, Any]]:
    with s3("deliveries") as served:
        yield served


@pytest.fixture(scope="module")
def database() -> Iterator[Connection]:
    with postgres() as connection:
        yield connection
