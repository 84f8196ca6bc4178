"""The made-up county that the demo runs on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from generate.county import generate
from warehouse.home import Home

SEED = 20261120


def landing_of(home: Home) -> Path:
    """Where the DAGs look for deliveries too."""
    chosen = os.environ.get("RENKOU_LANDING")
    return Path(chosen).resolve() if chosen else home.root / "landing"


def deliver(landing: Path, persons: int, days: int) -> str:
    """Make the county, unless deliveries are there already; a sentence on what happened."""
    if landing.exists() and any(landing.iterdir()):
        return f"deliveries are there already: {landing}"
    partial = landing.with_name(f"{landing.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    generate(persons, SEED, partial, days)
    landing.parent.mkdir(parents=True, exist_ok=True)
    if landing.exists():
        landing.rmdir()
    (partial / "landing").replace(landing)
    shutil.rmtree(partial)
    return f"a county of {persons:,} made-up persons delivered for {days} days: {landing}"
