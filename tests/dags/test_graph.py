from __future__ import annotations

import os
from typing import Any

import yaml

from tests.dags.graph import COMMITTED, described


def test_the_wiring_is_the_one_that_was_reviewed(bag: Any) -> None:
    """``RENKOU_UPDATE_GRAPH=1 pytest tests/dags`` writes the file anew, to be reviewed as a diff."""
    now = described(bag)
    if os.environ.get("RENKOU_UPDATE_GRAPH"):
        COMMITTED.write_text(yaml.safe_dump(now, sort_keys=False), encoding="utf-8")
    assert now == yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
