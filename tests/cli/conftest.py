from __future__ import annotations

from pathlib import Path

import pytest

from contracts.layout import OWN
from contracts.load import load
from tests.support.small_county import small_county
from tests.warehouse.small_release import BORNE, DISPUTED, build
from warehouse.home import Home
from warehouse.publish import publish

__all__ = ["small_county"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home without a release."""
    monkeypatch.setenv("RENKOU_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RENKOU_DEBUG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("RENKOU_CONTRACTS", raising=False)
    return Home.from_environment()


@pytest.fixture
def served(home: Home) -> Home:
    """A home with one published release."""
    told = {"number": BORNE, "department": "hr", "dataset": "insured"}
    borne = [told | {"person_id": who, "record_key": f"r-{who}"} for who in ("p1", "p2")]
    database = build(home.builds / "r1.duckdb", load(OWN), "r1", others={"discrepancy": [DISPUTED], "number_borne": borne})
    publish(database, home, "r1", keep=2)
    return home
