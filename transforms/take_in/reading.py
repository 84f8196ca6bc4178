"""The file readers: one delivered data file becomes Parquet of its rows as they came and of its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Reading, rows_schema
from transforms.take_in.archives import UNPACK, agreed_member, is_archive, layout_named, unpacked
from transforms.take_in.csv_file import read_csv
from transforms.take_in.encoding import ahead
from transforms.take_in.json_lines import read_json_lines
from transforms.take_in.not_rows import NotRows
from transforms.take_in.parquet_file import read_parquet
from transforms.take_in.workbook import read_workbook

__all__ = ["BatchRefused", "Landed", "check_name", "land_file", "layout_of"]

ROW_GROUP = 100_000
ARCHIVES = {".rar", ".7z", ".tar", ".tgz"}

FAULTS = pa.schema(
    [
        pa.field("sheet", pa.string()),
        pa.field("line", pa.int32()),
        pa.field("record_key", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("possible_keys", pa.list_(pa.string())),
    ]
)

READERS: dict[str, Callable[[Path, Dataset, FileLayout], Reading]] = {
    "csv": read_csv,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
    "xlsx": read_workbook,
}


@dataclass(frozen=True)
class Landed:
    """What landed, in data rows of the file; ``rows == readable + unreadable``.

    ``not_delivered`` names taken columns that did not come, ``new_columns`` headers that were not agreed, ``differs_at`` is
    where that was seen first. ``notes`` tell the lines that are no rows.
    """

    rows: int
    readable: int
    unreadable: int
    encoding: str
    not_delivered: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    differs_at: str = ""
    notes: tuple[str, ...] = ()


def land_file(path: Path, dataset: Dataset, rows_to: Path, faults_to: Path) -> Landed:
    """Read one data file, or the one that is in a zip archive, into two Parquet files.

    ``rows_to`` receives the readable rows, ``faults_to`` the others, each with its line. Raises BatchRefused
    when the file as a whole is not what was agreed; then neither Parquet file is left behind.
    """
    if not is_archive(path, dataset):
        return _landed(path, dataset, rows_to, faults_to)
    with unpacked(path, dataset, rows_to.parent) as member:
        return _landed(member, dataset, rows_to, faults_to)


def _landed(path: Path, dataset: Dataset, rows_to: Path, faults_to: Path) -> Landed:
    layout = layout_of(path, dataset)
    reading = READERS[layout.format](path, dataset, layout)
    readable = unreadable = 0
    not_rows = NotRows()
    with _parquet(rows_to, rows_schema(dataset)) as rows, _parquet(faults_to, FAULTS) as faults:
        for piece in ahead(reading.pieces):
            readable += piece.rows.num_rows
            unreadable += len(piece.faults)
            not_rows.note(piece.not_rows)
            if piece.rows.num_rows:
                rows.write_table(piece.rows, row_group_size=ROW_GROUP)
            if piece.faults:
                found = [asdict(fault) for fault in piece.faults]
                faults.write_table(pa.Table.from_pylist(found, schema=FAULTS), row_group_size=ROW_GROUP)
    drift = reading.drift
    return Landed(
        readable + unreadable,
        readable,
        unreadable,
        reading.encoding,
        not_delivered=tuple(c.name for c in dataset.taken if c.name in drift.not_delivered),
        new_columns=tuple(drift.new),
        differs_at=drift.place,
        notes=tuple(not_rows.told()),
    )


def check_name(path: Path, dataset: Dataset) -> None:
    """Raises BatchRefused for a file whose name, or that of what is in a zip archive, is none that was agreed."""
    if is_archive(path, dataset):
        agreed_member(path, dataset)
    else:
        layout_of(path, dataset)


def layout_of(path: Path, dataset: Dataset) -> FileLayout:
    """The agreed kind of file that a name stands for. Raises BatchRefused."""
    if layout := layout_named(path.name, dataset):
        return layout
    agreed = ", ".join(layout.files for layout in dataset.delivery.layouts)
    remedy = UNPACK if path.suffix.lower() in ARCHIVES else "ask the department to name the file as agreed"
    raise BatchRefused(f"the name is none of those agreed for {dataset.id} ({agreed})", path.name, remedy=remedy)


@contextmanager
def _parquet(target: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file that appears only when it is whole."""
    part = target.with_name(target.name + ".part")
    try:
        with pq.ParquetWriter(part, schema, compression="zstd", compression_level=1) as writer:
            yield writer
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
