"""Parquet, as a pull from a database writes it: every column as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from contracts.model import Dataset, FileLayout
from transforms.take_in import BatchRefused, Drift, Piece, Reading, rows_table, squeezed

ROWS = 100_000


def read_parquet(path: Path, dataset: Dataset, layout: FileLayout) -> Reading:
    """Rows numbered from 1. Raises BatchRefused when the file is no whole Parquet file or lacks columns that every row needs."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise BatchRefused("not a whole Parquet file", path.name, remedy="have it pulled or delivered again") from None
    drift = Drift()
    found = {squeezed(name): name for name in file.schema_arrow.names}
    drift.meet(list(map(squeezed, file.schema_arrow.names)), dataset, path.name, 1)
    return Reading("utf-8", _pieces(file, dataset, found), drift)


def _pieces(file: pq.ParquetFile, dataset: Dataset, found: dict[str, str]) -> Iterator[Piece]:
    there = {c.name: found[squeezed(c.header)] for c in dataset.taken if squeezed(c.header) in found}
    with file:
        line = 1
        for batch in file.iter_batches(ROWS, columns=list(set(there.values()))):
            lines = pa.array(range(line, line + batch.num_rows), pa.int32())
            line += batch.num_rows
            yield Piece(rows_table(dataset, None, lines, {name: _text(batch.column(header)) for name, header in there.items()}))


def _text(column: pa.Array) -> pa.Array:
    """The column as text; an empty text is no value, as in a delimited file."""
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
