"""One nightly run in a process of its own, met by a fault."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal

from cli.progress import Lines
from tests.support.county import agreed, passing
from transforms import road
from transforms.run import run
from transforms.take_in import batches
from warehouse.home import Home

Fault = Literal["none", "killed", "disk_full", "log_full", "clock_back"]
STEPS = frozenset({"open", "os.rename", "os.remove"})
FAILED = 1

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def begin(home: Home, landing: Path, fault: Fault, measure: int = 0) -> ForkServerProcess:
    """Start a run. ``measure``: the step at which it is killed, or the bytes that a file may have on the full disk."""
    process = FORKS.Process(target=_run, args=(home.root, landing, fault, measure))
    process.start()
    return process


def ended(process: ForkServerProcess) -> int | None:
    """Its exit status, negative for a signal."""
    process.join(1200)
    return process.exitcode


def _run(home: Path, landing: Path, fault: Fault, measure: int) -> None:
    # the gates of Great Expectations take longer than all else, and have their own tests
    road.validate = passing
    road._gate_batches = lambda *_: None
    log = Path("/dev/full" if fault == "log_full" else os.devnull).open("w")  # noqa: SIM115 - as long as the process
    sys.stdout = sys.stderr = log
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where DuckDB draws its bars
    if fault == "killed":
        _die_at(measure)
    elif fault == "disk_full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (measure, resource.RLIM_INFINITY))
    elif fault == "clock_back":
        batches._clock = lambda: datetime(2020, 1, 1, tzinfo=UTC)
    try:
        status = 0 if run(Home(home), agreed(), landing, listener=Lines(log)).status != "refused" else 3
    except Exception:  # noqa: BLE001 - what the command line does
        status = FAILED
    os._exit(status)


def _die_at(step: int) -> None:
    left = [step]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and ".py" not in str(arguments[0]) and not isinstance(arguments[0], int):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(audit)
