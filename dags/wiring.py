"""What the DAGs have in common: assets, pool, retries, documents."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from contracts.load import load_all
from contracts.model import Contracts
from dags.alerts import alerts
from warehouse.at_home import Work
from warehouse.at_home import at_home as at
from warehouse.home import Home

GROUP = "renkou"

# One build or warehouse file has one writer: every task that writes there takes the pool's only slot.
WRITER_POOL = "renkou_writer"

# How long a task waits for another that writes the same part of a home on a store.
PATIENCE = timedelta(hours=1)


def agreed() -> Contracts:
    """The contracts; ``load_all`` keeps them, so that they are read once a process."""
    return load_all()


def home() -> Home:
    return Home.from_environment()


def at_home(work: Work) -> AbstractContextManager[Home]:
    """The home for a task's work: one on a store is brought up to date first, and written back afterwards."""
    return at(work, PATIENCE)


def landing() -> Path:
    """The folder into which the departments deliver."""
    return home().landing


def connection(connection_id: str) -> Any:
    """Airflow's connection of that name as the pulls understand it, or None when it is not set up."""
    from transforms.pull.connections import from_text  # noqa: PLC0415

    try:
        found = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        return None
    return from_text(connection_id, found.as_json())


def pull_dag_id(department: str) -> str:
    return f"pull_{department}"


def landed_asset(department: str) -> Asset:
    """Changes when batches of the department were taken in."""
    # file:// and not duckdb://, which OpenLineage drops without a word
    return Asset(f"landed_{department}", uri=_uri(home().landed / department), group=GROUP)


def release_asset() -> Asset:
    """Changes when a release was published."""
    return Asset("release", uri=_uri(home().current), group=GROUP)


def days_waiting_asset() -> Asset:
    """Changes when a build ended and a later day still waits for its own."""
    return Asset("days_waiting", uri=_uri(home().builds), group=GROUP)


def questions_asset() -> Asset:
    """Changes when something may wait for a person's decision."""
    return Asset("questions", uri=_uri(home().approvals), group=GROUP)


def _uri(path: Path) -> str:
    address = home().address(path)
    return address if "://" in address else Path(address).as_uri()


def dag_settings(document: str, *tags: str) -> dict[str, Any]:
    """What every DAG here says of itself."""
    return {
        # no start_date: with one, a DAG runs as soon as it is unpaused, for the last hour that it missed
        "catchup": False,
        "max_active_runs": 1,
        "tags": [GROUP, *tags],
        "doc_md": (Path(__file__).parent / "docs" / f"{document}.md").read_text(encoding="utf-8"),
    }


def task_settings(owner: str, longest: timedelta) -> dict[str, Any]:
    """Three retries, each after twice the wait of the one before."""
    return {
        "owner": owner,
        "retries": 3,
        "retry_delay": timedelta(seconds=int(os.environ.get("RENKOU_RETRY_SECONDS", "120"))),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": longest,
        "on_failure_callback": alerts(),
    }
