"""The ledger is the folder ``landed/``: one folder a batch, complete once it carries its ``manifest.json``.

What a batch holds decides the folder's name, so the same bytes are taken in once, whenever and under whatever name they come.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from warehouse.home import Home

Status = Literal["accepted", "refused", "held", "duplicate"]
MANIFEST = "manifest.json"
NORMALISED = "normalised.parquet"
QUARANTINE = "quarantine.parquet"


@dataclass(frozen=True)
class FileReport:
    """One data file of a batch; ``rows = accepted + quarantined``. ``part`` numbers its Parquet files in the folder.

    ``not_delivered`` names the columns that were agreed and did not come, ``new_columns`` the headers that nobody agreed, ``notes``
    tell the lines that are no rows, and what was found in its rows.
    """

    name: str
    sha256: str
    part: int
    rows: int = 0
    accepted: int = 0
    quarantined: int = 0
    encoding: str = ""
    not_delivered: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchReport:
    """One delivery as the ledger knows it; ``reason`` says why it is not accepted, or what is to be known of it; ``beside`` names
    files that lie in its folder and are not read.
    """

    department: str
    dataset: str
    batch_date: date
    status: Status
    reason: str
    files: tuple[FileReport, ...]
    taken_in_at: str
    folder: Path
    beside: tuple[str, ...] = ()

    @property
    def dataset_id(self) -> str:
        return f"{self.department}/{self.dataset}"

    @property
    def reference(self) -> str:
        return f"{self.dataset_id}/{self.batch_date:%Y%m%d}"

    @property
    def rows(self) -> int:
        return sum(f.rows for f in self.files)

    @property
    def accepted(self) -> int:
        return sum(f.accepted for f in self.files)

    @property
    def quarantined(self) -> int:
        return sum(f.quarantined for f in self.files)

    @property
    def not_delivered(self) -> tuple[str, ...]:
        """Names of the columns that at least one of its files lacks."""
        return tuple(dict.fromkeys(name for f in self.files for name in f.not_delivered))

    @property
    def new_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for f in self.files for name in f.new_columns))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of its files, whatever their verdict."""
        of_others = (f"{name}: not read: no contract calls for it, and it is of no kind that holds a table" for name in self.beside)
        return (*(f"{f.name}: {note}" for f in self.files for note in f.notes), *of_others)

    @property
    def rows_as_landed(self) -> list[Path]:
        """The rows of each file as they came, in the order of its files."""
        return [rows_file(self.folder, f.part) for f in self.files]

    @property
    def normalised(self) -> Path:
        """Accepted rows of all files in standard form."""
        return self.folder / NORMALISED

    @property
    def quarantine(self) -> Path:
        """Rows kept out, with their reasons."""
        return self.folder / QUARANTINE


def rows_file(folder: Path, part: int) -> Path:
    """Where a batch's folder keeps the rows of one file as they came."""
    return folder / f"rows_{part}.parquet"


def ledger(home: Home) -> list[BatchReport]:
    """Every batch taken in, refused ones too, in order of date and dataset. Of several deliveries for one day the newest
    that was accepted counts: a correction that is broken leaves the batch before in use.
    """
    attempts: dict[tuple[date, str], list[BatchReport]] = {}
    for path in home.landed.glob(f"*/*/*/*/{MANIFEST}"):
        report = from_manifest(path)
        attempts.setdefault((report.batch_date, report.dataset_id), []).append(report)
    return [_as_it_fits(max(attempts[key], key=_precedence), attempts[key]) for key in sorted(attempts)]


def _as_it_fits(newest: BatchReport, attempts: list[BatchReport]) -> BatchReport:
    """What counts of a day: the newest attempt, or the same bytes as the contract of then read them, where a header that is called
    otherwise in the contract of today is not found in the files of before. What the contract has got since was never agreed of them, and
    what it has no more came as agreed, so that neither is a reason to ask anybody.
    """
    if not (newest.not_delivered or newest.new_columns):
        return newest
    whole = [a for a in attempts if a.status == "accepted" and not a.not_delivered and _bytes(a) == _bytes(newest)]
    renamed = [a for a in whole if not set(newest.not_delivered).isdisjoint(_columns(a))]
    if fitting := [a for a in renamed if _columns(a) == _columns(newest)]:
        return max(fitting, key=_precedence)
    return replace(newest, reason="") if any(not a.new_columns for a in whole if a not in renamed) else newest


def _bytes(report: BatchReport) -> set[tuple[str, str]]:
    return {(f.name, f.sha256) for f in report.files}


def _columns(report: BatchReport) -> list[str]:
    names: list[str] = pq.read_schema(report.normalised).names
    return names


def _precedence(report: BatchReport) -> tuple[bool, str]:
    return report.status == "accepted", report.taken_in_at


def from_manifest(path: Path) -> BatchReport:
    """The report of one batch; ``path`` is its ``manifest.json``."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    content["batch_date"] = date.fromisoformat(content["batch_date"])
    content["beside"] = tuple(content.get("beside", ()))
    content["files"] = tuple(_file(f) for f in content["files"])
    return BatchReport(**content, folder=path.parent)


def _file(content: dict[str, Any]) -> FileReport:
    lists = {name: tuple(content.get(name, ())) for name in ("not_delivered", "new_columns", "notes")}
    return FileReport(**content | lists)


def write_manifest(report: BatchReport, folder: Path) -> None:
    """Complete a batch's folder; it counts from now on."""
    content = asdict(report)
    del content["folder"]
    content["batch_date"] = report.batch_date.isoformat()
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    partial.replace(folder / MANIFEST)
