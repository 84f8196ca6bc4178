"""The floor: DuckDB alone copying the same delivered rows to zstd Parquet. And what it costs DuckDB alone to write what a run keeps.

What DuckDB cannot read by itself (workbooks, GB18030) is turned into UTF-8 CSV first, outside the time that counts.
"""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path

from python_calamine import CalamineWorkbook

from bench.stages import processor_seconds
from warehouse.connection import open_database, scratch
from warehouse.home import Home


def readable(landing: Path, to: Path) -> list[Path]:
    """Every data file of a landing folder in a form that DuckDB reads."""
    to.mkdir(parents=True, exist_ok=True)
    files = [p for p in sorted(landing.rglob("*")) if p.is_file() and p.suffix != ".ctl"]
    return [_readable(path, to) for path in files]


def _readable(path: Path, to: Path) -> Path:
    if path.suffix == ".xlsx":
        return _from_workbook(path, to / f"{path.stem}.csv")
    if path.suffix == ".csv":
        target = to / path.name
        target.write_text(path.read_text(encoding="gb18030", errors="replace"), encoding="utf-8")
        return target
    return path


def _from_workbook(path: Path, target: Path) -> Path:
    workbook = CalamineWorkbook.from_path(path)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for sheet in workbook.sheet_names:
            writer.writerows(workbook.get_sheet_by_name(sheet).to_python()[2:])
    return target


def copy_all(files: list[Path], to: Path) -> tuple[float, float]:
    """Seconds that DuckDB takes to copy ``files`` to Parquet, of the clock and of the processors."""
    to.mkdir(parents=True, exist_ok=True)
    with scratch(to / "spill") as connection:
        began, used = time.perf_counter(), processor_seconds()
        for number, path in enumerate(files):
            connection.execute(
                f"COPY (FROM {_reader(path)}) TO '{to / f'{number}.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
            )
        return time.perf_counter() - began, processor_seconds() - used


def copy_kept(home: Home, to: Path) -> tuple[float, float]:
    """Seconds that DuckDB takes to write again what a run keeps, of the clock and of the processors: the tables of the release, and the
    landed rows as they came and in standard form. No run can cost less.
    """
    to.mkdir(parents=True, exist_ok=True)
    landed = sorted(home.landed.rglob("*.parquet"))
    with open_database(to / "copy.duckdb") as connection:
        began, used = time.perf_counter(), processor_seconds()
        connection.execute(f"ATTACH '{home.current.resolve()}' AS kept (READ_ONLY)")
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'kept'").fetchall()
        for (table,) in tables:
            connection.execute(f'CREATE TABLE "{table}" AS FROM kept."{table}"')
        connection.execute("CHECKPOINT")
        for path in landed:
            connection.execute(f"COPY (FROM '{path}') TO '{to / 'copy.parquet'}' (FORMAT parquet, COMPRESSION zstd)")
        return time.perf_counter() - began, processor_seconds() - used


def _reader(path: Path) -> str:
    if path.suffix == ".jsonl":
        return f"read_csv('{path}', columns = {{'line': 'VARCHAR'}}, delim = '\\x01', quote = '', header = false, ignore_errors = true)"
    form = "delim = ',', quote = '', header = false, skip = 1, ignore_errors = true, null_padding = true, auto_detect = false"
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(_width(path)))
    return f"read_csv('{path}', columns = {{{columns}}}, {form})"


def _width(path: Path) -> int:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as file:
        return file.readline().count(",") + 1
