"""The whole road: each stage's time, rows per second and peak memory, against DuckDB's own copy of the same rows.

The last line is what DuckDB alone needs to copy what the run keeps.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.floor import copy_all, copy_kept, readable
from bench.stages import AFTER_UNIFY
from generate.county import generate
from warehouse.home import Home

SEED = 20261120


def measure(console: Console, persons: int) -> None:
    """Generate a county of one day, run it in a process of its own, print the table."""
    with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
        console.print(_table(persons, Path(folder)))


def _table(persons: int, folder: Path) -> Table:
    generate(persons, SEED, folder / "county", days=1)
    landing = folder / "county" / "landing"
    files = readable(landing, folder / "readable")
    before = copy_all(files, folder / "floor_before")
    stages, without_rules = _run(landing, folder / "home")
    after = copy_all(files, folder / "floor_after")
    kept = copy_kept(Home(folder / "home"), folder / "kept")
    floor = tuple((one + other) / 2 for one, other in zip(before, after, strict=True))
    table = _shown(persons, stages, without_rules, *floor)
    table.add_row("what it keeps, copied", f"{kept[0]:.1f}", f"{kept[0] / floor[0]:.1f}", f"{kept[1]:.1f}", f"{kept[1] / floor[1]:.1f}")
    return table


def _run(landing: Path, home: Path) -> tuple[list[dict[str, Any]], float]:
    """The figures of each stage, and the processor seconds of those with rules when there are none."""
    command = [sys.executable, "-m", "bench.stages", str(landing), str(home), str(home.with_name("without_rules"))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["stages"], told["without_rules"]


def _shown(persons: int, stages: list[dict[str, Any]], without_rules: float, floor: float, floor_cpu: float) -> Table:
    """Processor seconds stand beside those of the clock, as a machine with other work stretches only the latter."""
    rows = stages[0]["rows"]
    title = f"{persons:,} persons, {rows:,} rows; floor {floor:.1f} s, {floor_cpu:.1f} s of processors"
    table = Table(title=title, caption=f"with rules {_with_rules(stages, without_rules):.2f} times the run without them")
    for heading in ("stage", "seconds", "x floor", "cpu s", "x floor", "rows/s", "peak memory"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    whole = {
        "stage": "all",
        "seconds": sum(stage["seconds"] for stage in stages),
        "cpu": sum(stage["cpu"] for stage in stages),
        "peak": max(stage["peak"] for stage in stages),
    }
    for stage in (*stages, whole):
        if stage is whole:
            table.add_section()
        seconds, cpu = stage["seconds"], stage["cpu"]
        table.add_row(
            stage["stage"],
            f"{seconds:.1f}",
            f"{seconds / floor:.1f}",
            f"{cpu:.1f}",
            f"{cpu / floor_cpu:.1f}",
            f"{rows / seconds:,.0f}",
            f"{stage['peak'] / 2**30:.2f} GiB",
        )
    return table


def _with_rules(stages: list[dict[str, Any]], without_rules: float) -> float:
    """Processor seconds of the run over those of the same run whose last stages had neither rules nor cross-checks."""
    whole = sum(stage["cpu"] for stage in stages)
    names = {step.__name__ for step in AFTER_UNIFY}
    return float(whole / (whole - sum(stage["cpu"] for stage in stages if stage["stage"] in names) + without_rules))
