"""Deliveries made by hand, in whatever form a dataset's contract asks for."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import xlsxwriter

from contracts.model import Contracts, Dataset, FileLayout
from transforms.take_in.batches import take_in_delivery
from transforms.take_in.deliveries import delivery
from transforms.take_in.ledger import BatchReport
from warehouse.home import Home

Row = dict[str, Any]
DAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Landing:
    """A landing folder; rows are told by the contract's property names, what is not told is empty."""

    root: Path
    contracts: Contracts

    def put(
        self, dataset_id: str, rows: Sequence[Row], day: date = DAY, part: str = "", control: Row | None = None
    ) -> Path:
        """Write one data file of a batch, with its control file where the contract asks for one.

        ``control`` is said instead of what is true.
        """
        dataset = self.contracts.dataset(dataset_id)
        layout = dataset.delivery.layouts[0]
        path = self.folder(dataset_id, day) / layout.files.replace("*", f"{day:%Y%m%d}{part}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content(dataset, layout, rows))
        if dataset.delivery.control == "required":
            self.control(path, len(rows), day, **control or {})
        return path

    def folder(self, dataset_id: str, day: date = DAY) -> Path:
        return self.root / dataset_id / f"{day:%Y%m%d}"

    def control(self, path: Path, rows: int, day: date = DAY, /, **otherwise: Any) -> Path:
        """Write the control file of a data file as it lies there now."""
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        told = {"file": path.name, "rows": rows, "sha256": sha, "extract_date": day.isoformat()} | otherwise
        written = path.with_name(path.name + ".ctl")
        written.write_text(json.dumps({k: v for k, v in told.items() if v is not None}), encoding="utf-8")
        return written

    def take_in(self, home: Home, dataset_id: str, day: date = DAY) -> BatchReport:
        dataset = self.contracts.dataset(dataset_id)
        found = delivery(dataset, day, self.folder(dataset_id, day), self.contracts)
        return take_in_delivery(home, self.contracts, found)


def accepted(report: BatchReport) -> list[Row]:
    """Rows of an accepted batch, in standard form."""
    return _rows(report, "normalised")


def quarantined(report: BatchReport) -> list[Row]:
    return _rows(report, "quarantine")


def _rows(report: BatchReport, kind: str) -> list[Row]:
    files = sorted(report.folder.glob(f"{kind}*.parquet"))
    found = [row for file in files for row in pq.read_table(file).to_pylist()]
    return sorted(found, key=lambda row: (row.get("part") or 0, row["sheet"] or "", row["line"]))


# --- files ------------------------------------------------------------------------------------------------------


def _content(dataset: Dataset, layout: FileLayout, rows: Sequence[Row]) -> bytes:
    if layout.format == "xlsx":
        return workbook(dataset, layout, rows)
    lines = json_lines(dataset, rows) if layout.format == "jsonl" else table(dataset, layout, rows)
    content = "".join(f"{line}\n" for line in lines).encode(layout.encoding)
    return gzip.compress(content, mtime=0) if layout.compression == "gzip" else content


def table(dataset: Dataset, layout: FileLayout, rows: Sequence[Row]) -> list[str]:
    """Lines of a delimited file, the header first."""
    cells = [[text(row.get(column.name)) for column in dataset.columns] for row in rows]
    return [layout.delimiter.join(line) for line in ([c.header for c in dataset.columns], *cells)]


def json_lines(dataset: Dataset, rows: Sequence[Row]) -> list[str]:
    """One object a line; a dotted header is an object within, null when nothing is told of it."""
    return [json.dumps(_object(dataset, row), ensure_ascii=False) for row in rows]


def _object(dataset: Dataset, row: Row) -> Row:
    whole: Row = {}
    for column in dataset.columns:
        above, _, name = column.header.rpartition(".")
        if above:
            whole.setdefault(above, {})
            whole[above][name] = row.get(column.name)
        else:
            whole[name] = row.get(column.name)
    return whole


def workbook(dataset: Dataset, layout: FileLayout, rows: Sequence[Row]) -> bytes:
    """Two title rows, the header, the rows, a total; a row stands on the sheet that its ``@sheet`` column names."""
    from io import BytesIO  # noqa: PLC0415

    whole = BytesIO()
    headers = [c for c in dataset.columns if not c.is_sheet_name]
    by_sheet = next((c.name for c in dataset.columns if c.is_sheet_name), None)
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        for name in layout.sheets or ("Sheet1",):
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, dataset.title)
            sheet.write_string(1, 0, "填报单位")
            own = [row for row in rows if by_sheet is None or row[by_sheet] == name]
            for at, cells in enumerate([[c.header for c in headers], *([text(r.get(c.name)) for c in headers] for r in own)]):
                for column, cell in enumerate(cells):
                    sheet.write_string(2 + at, column, cell)
            sheet.write_string(3 + len(own), 0, layout.totals[0])
    return whole.getvalue()


def text(value: object) -> str:
    return "" if value is None else str(value)
