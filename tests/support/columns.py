"""Columns of a delivered table changed, as an office does without a word."""

from __future__ import annotations

import gzip
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from contracts.model import Dataset
from tests.support.landing import Landing


def change_columns(landing: Landing, dataset: Dataset, day: date, without: str = "", more: str = "", cell: str = "x") -> Path:
    """Leave a column, told by its property name, out of the table that lies there, or add one that says the same in every row.

    Rows with quotation marks go, as their cells cannot be told apart by commas alone.
    """
    (path,) = (p for p in landing.folder(dataset.id, day).iterdir() if p.suffix != ".ctl")
    layout = next(one for one in dataset.delivery.layouts if fnmatchcase(path.name, one.files))
    content = gzip.decompress(path.read_bytes()) if layout.compression == "gzip" else path.read_bytes()
    headers, *rows = [line.split(",") for line in content.decode(layout.encoding, "replace").splitlines() if '"' not in line]
    gone = [c.header for c in dataset.columns if c.name == without]
    kept = [at for at, header in enumerate(headers) if header.lstrip("\ufeff") not in gone]
    table = [[*(row[at] for at in kept), *[cell] * bool(more)] for row in rows if len(row) == len(headers)]
    header = [*(headers[at] for at in kept), *[more] * bool(more)]
    text = "".join(",".join(row) + "\n" for row in [header, *table]).encode(layout.encoding, "replace")
    path.write_bytes(gzip.compress(text) if layout.compression == "gzip" else text)
    landing.control(path, len(table), day)
    return path
