"""Delivering every subscriber's extract of a release, beside DuckDB alone writing the same rows as zstd Parquet into the same folders."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.stages import processor_seconds
from contracts.load import load_all
from generate.county import generate
from warehouse.connection import scratch
from warehouse.extract import MANIFEST, extract, subscribers
from warehouse.home import Home
from warehouse.quoting import identifier

SIZES = (200_000,)


@dataclass(frozen=True)
class Measured:
    """One extract: processor seconds of the delivery, and of DuckDB alone."""

    subscriber: str
    rows: int
    size: int
    delivery: float
    floor: float


def measure(console: Console, persons: int) -> None:
    """Make a county, publish its first day, and deliver it to everybody."""
    with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
        generate(persons, 7, Path(folder) / "county", days=1)
        home = Path(folder) / "home"
        command = [sys.executable, "-m", "bench.stages", str(Path(folder) / "county" / "landing"), str(home)]
        subprocess.run(command, check=True, capture_output=True)
        console.print(shown(persons, deliveries(Home(home))))


def deliveries(home: Home) -> list[Measured]:
    """Deliver the published release of ``home`` to every subscriber anew."""
    contracts = load_all()
    found = []
    with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
        to = Home(Path(folder))
        for subscriber in subscribers(contracts):
            began = processor_seconds()
            told = extract(home.current.resolve(), contracts, subscriber, to)
            used = processor_seconds() - began
            size = sum(file.stat().st_size for file in told.folder.rglob("*.parquet"))
            found.append(Measured(subscriber, told.rows, size, used, _floor(told.folder, to.root / "floor" / subscriber)))
    return found


def _floor(delivered: Path, to: Path) -> float:
    """Processor seconds that DuckDB takes to write what was delivered; reading it does not count."""
    manifest = json.loads((delivered / MANIFEST).read_text(encoding="utf-8"))
    files = [str(delivered / file["path"]) for file in manifest["files"]]
    places = ", ".join(identifier(name) for name in manifest["partition_by"])
    partitioned = f", PARTITION_BY ({places}), WRITE_PARTITION_COLUMNS false" if places else ""
    to.mkdir(parents=True)
    with scratch(to / ".spill") as connection:
        how = "union_by_name = true, hive_partitioning = true, hive_types_autocast = false"
        connection.execute(f"CREATE TABLE delivered AS FROM read_parquet({files}, {how})")
        began = processor_seconds()
        target = to / "parts" if places else to / "part-0.parquet"
        connection.execute(f"COPY delivered TO '{target}' (FORMAT parquet, COMPRESSION zstd{partitioned})")
        return processor_seconds() - began


def shown(persons: int, found: list[Measured]) -> Table:
    """The extracts as a table, and all of them together."""
    table = Table(title=f"{persons:,} persons")
    for heading in ("subscriber", "rows", "MiB", "delivery, CPU s", "DuckDB alone, CPU s", "times"):
        table.add_column(heading, justify="left" if heading == "subscriber" else "right")
    total = Measured("all", *(sum(getattr(each, name) for each in found) for name in ("rows", "size", "delivery", "floor")))
    for each in (*found, total):
        figures = (f"{each.rows:,}", f"{each.size / 2**20:.1f}", f"{each.delivery:.2f}", f"{each.floor:.2f}")
        table.add_row(each.subscriber, *figures, f"{each.delivery / max(each.floor, 0.001):.1f}")
    return table
