"""``python -m bench [PERSONS ...]``: print the table for counties of these sizes (default 100,000 and 1,000,000)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.floor import copy_all, readable
from generate.county import generate

SEED = 20261120
SIZES = (100_000, 1_000_000)


def main(sizes: list[int]) -> None:
    """Generate, run and measure each size."""
    console = Console(width=100)
    for persons in sizes or SIZES:
        with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
            console.print(_table(persons, Path(folder)))


def _table(persons: int, folder: Path) -> Table:
    generate(persons, SEED, folder / "county", days=1)
    landing = folder / "county" / "landing"
    files = readable(landing, folder / "readable")
    before = copy_all(files, folder / "floor_before")
    stages = _run(landing, folder / "home")
    after = copy_all(files, folder / "floor_after")
    shutil.rmtree(folder / "home")
    return _shown(persons, stages, (before + after) / 2)


def _run(landing: Path, home: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "bench.stages", str(landing), str(home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    stages: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return stages


def _shown(persons: int, stages: list[dict[str, Any]], floor: float) -> Table:
    rows = stages[0]["rows"]
    table = Table(title=f"{persons:,} persons, {rows:,} rows; floor {floor:.1f} s")
    for heading in ("stage", "seconds", "rows/s", "peak memory", "times the floor"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for stage in stages:
        table.add_row(*_cells(stage["stage"], stage["seconds"], rows, stage["peak"], floor))
    total = sum(stage["seconds"] for stage in stages)
    table.add_section()
    table.add_row(*_cells("all", total, rows, max(stage["peak"] for stage in stages), floor))
    return table


def _cells(name: str, seconds: float, rows: int, peak: int, floor: float) -> tuple[str, ...]:
    return name, f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{peak / 2**30:.2f} GiB", f"{seconds / floor:.1f}"


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
