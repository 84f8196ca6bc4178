"""One run of the whole road in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.load import load_all
from transforms.road import run
from warehouse.home import Home


def processor_seconds() -> float:
    """What this process and its finished children have used of all processors, in seconds."""
    return sum(os.times()[:4])


class Record:
    """Keeps each stage's seconds, of the clock and of the processors, and the peak memory so far, in bytes."""

    def __init__(self) -> None:
        self.stages: list[dict[str, Any]] = []
        self.used = processor_seconds()

    def stage(self, name: str) -> None:
        pass

    def progress(self, done: int, total: int, unit: str) -> None:
        pass

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        used, self.used = processor_seconds() - self.used, processor_seconds()
        self.stages.append({"stage": name.partition(" ")[0], "seconds": seconds, "cpu": used, "peak": peak, **figures})


if __name__ == "__main__":
    record = Record()
    run(Home(Path(sys.argv[2])), load_all(), Path(sys.argv[1]), listener=record)
    print(json.dumps(record.stages, default=str))
