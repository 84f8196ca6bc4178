"""A county small enough to be built many times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.county import made, once, travel_ungated
from warehouse.home import Home


@pytest.fixture(scope="session")
def small_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One day's deliveries, with their truth."""
    return once(tmp_path_factory, "small_county", lambda root: made(root, 300, seed=3, days=1))[0]


@pytest.fixture(scope="session")
def undisturbed(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the small county's first release; tests that change it take a copy."""
    folder, _ = once(
        tmp_path_factory,
        "undisturbed",
        lambda folder: travel_ungated(Home(folder / "home"), small_county / "landing"),
    )
    return Home(folder / "home")
