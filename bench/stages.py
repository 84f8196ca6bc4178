"""``python -m bench.stages LANDING HOME [ASIDE]``: one run of the whole road in a process of its own, so that its peak memory is its own.

With ``ASIDE``, a folder to be made, the end of the run once more without rules.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.checks.sql import tables_named
from contracts.load import load_all
from contracts.model import Contracts
from transforms import road
from transforms.run import run
from warehouse.home import Home

# What comes after the last stage that knows no rule.
AFTER_UNIFY = (road.reconcile, road.validate, road.publish)


def processor_seconds() -> float:
    """What this process and its finished children have used of all processors, in seconds."""
    return sum(os.times()[:4])


def peak_memory() -> int:
    """The most memory that this process has had, in bytes; getrusage counts what its parent had when it began."""
    return 1024 * int(re.findall(r"^VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)[0])


class Record:
    """Keeps each stage's seconds, of the clock and of the processors, and the peak memory so far, in bytes.

    When ``unify`` has ended, ``home`` is copied to ``aside``, if it is given, for a run that goes on from there otherwise.
    """

    def __init__(self, home: Home, aside: Path | None) -> None:
        self.home, self.aside = home, aside
        self.day = date.min
        self.stages: list[dict[str, Any]] = []
        self.used = processor_seconds()

    def stage(self, name: str) -> None:
        pass

    def progress(self, done: int, total: int, unit: str) -> None:
        pass

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None:
        stage, _, day = name.partition(" ")
        peak = peak_memory()
        self.stages.append({"stage": stage, "seconds": seconds, "cpu": processor_seconds() - self.used, "peak": peak, **figures})
        if stage == "unify" and self.aside:
            self.day = date.fromisoformat(day)
            shutil.copytree(self.home.root, self.aside)
        self.used = processor_seconds()


def without_rules(contracts: Contracts) -> Contracts:
    """The same contracts with no rule of contradiction and no value held against its owner's."""
    shown = [view for view in contracts.rule_views if view.published_as]
    needed = {view.table for view in shown}
    for _ in contracts.rule_views:
        needed |= {table for view in contracts.rule_views if view.table in needed for table in tables_named(view.sql)}
    data = tuple(datum.model_copy(update={"checked_by": ()}) for datum in contracts.catalogue.data)
    return contracts.model_copy(
        update={
            "rules": (),
            "rule_views": tuple(view for view in contracts.rule_views if view.table in needed),
            "catalogue": contracts.catalogue.model_copy(update={"data": data}),
        }
    )


def _end_without_rules(aside: Path, day: date) -> float:
    """Processor seconds of the stages after ``unify``."""
    began = processor_seconds()
    for step in AFTER_UNIFY:
        step(Home(aside), without_rules(load_all()), day)
    shutil.rmtree(aside)
    return processor_seconds() - began


if __name__ == "__main__":
    landing, home, *rest = map(Path, sys.argv[1:])
    record = Record(Home(home), rest[0] if rest else None)
    run(record.home, load_all(), landing, listener=record)
    without = _end_without_rules(record.aside, record.day) if record.aside else None
    print(json.dumps({"stages": record.stages, "without_rules": without}, default=str))
