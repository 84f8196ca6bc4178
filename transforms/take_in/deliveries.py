"""Batches as they lie in a landing folder: found, and known by their bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from contracts.model import Contracts, Dataset
from transforms.take_in.archives import layout_named
from warehouse.clock import today

# How far a batch may lie ahead of the others of its dataset, and of the clock, which may be set wrong.
AHEAD = timedelta(days=366)

CONTROL = ".ctl"
FILES_A_BATCH = 1_000
"""A batch of more files is refused: the number of a row tells its file by its place in the batch, below this."""

# What a file manager or an office program leaves beside files, and what is hidden.
NO_DELIVERY = re.compile(r"\.|~\$|Thumbs\.db$|desktop\.ini$", re.IGNORECASE)

# How programs that copy call what is not yet whole.
COMING = {".part", ".partial", ".tmp", ".filepart", ".crdownload", ".download"}
# What may hold a register under another name than was agreed; a name without an ending may too.
TABLES = {"", ".ctl", ".csv", ".tsv", ".dat", ".xls", ".xlsx", ".xlsm", ".xlsb", ".et", ".ods", ".json", ".jsonl", ".ndjson", ".xml"}
TABLES |= {".parquet", ".dbf", ".mdb", ".accdb", ".db", ".sql", ".dmp"}
TABLES |= {".gz", ".bz2", ".xz", ".zst", ".zip", ".rar", ".7z", ".tar", ".tgz"}


@dataclass(frozen=True)
class Delivery:
    """A batch as it lies in the landing folder. ``digest`` changes with any byte of it and with the contracts.

    The digest of a file that cannot be read is empty. ``coming`` are files that are still being copied, ``beside`` those that lie
    beside the data and are none, as a note or a letter: they are not read.
    """

    dataset: Dataset
    batch_date: date
    files: tuple[tuple[Path, str], ...]
    controls: tuple[Path, ...]
    digest: str
    coming: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.dataset.id}/{self.batch_date:%Y%m%d}"


def deliveries(
    landing: Path, contracts: Contracts, department: str | None = None, as_of: date | None = None
) -> Iterator[Delivery]:
    """Every batch in ``landing`` up to ``as_of`` in order of date, then of dataset."""
    wanted = [d for d in contracts.datasets if department in (None, d.department)]
    found = [
        (day, dataset.id, dataset, folder)
        for dataset in wanted
        for day, folder in _batch_folders(landing / dataset.department / dataset.name)
        if as_of is None or day <= as_of
    ]
    for day, _, dataset, folder in sorted(found, key=lambda item: item[:2]):
        yield delivery(dataset, day, folder, contracts)


def unknown_folders(landing: Path, contracts: Contracts) -> list[Path]:
    """What is not read: deliveries that no contract speaks of, batches not named by a day (yyyymmdd), files outside of any batch."""
    known = {(d.department, d.name) for d in contracts.datasets}
    found = [p for p in sorted(landing.glob("*/*")) if not any(map(NO_DELIVERY.match, (p.name, p.parent.name)))]
    strangers = [p for p in found if (p.parent.name, p.name) not in known]
    return strangers + [batch for p in found if p not in strangers for batch in _undated(p)]


def _undated(folder: Path) -> list[Path]:
    """What lies beside the batches of a dataset; the folder itself where it may not be looked into."""
    dated = {path for _, path in _batch_folders(folder)}
    try:
        return [p for p in sorted(folder.iterdir()) if not NO_DELIVERY.match(p.name) and p not in dated]
    except OSError:
        return [folder]


def _batch_folders(folder: Path) -> list[tuple[date, Path]]:
    """The folders of batches with their days, without a day so far ahead of the rest that its name is mistyped: a release of such a day
    would be the newest for good.
    """
    dated = [(day, path) for path in sorted(folder.glob("[0-9]" * 8)) if (day := day_of(path.name))]
    others = [day for day, _ in dated[-2:-1] or dated]
    latest = max([today(), *others]) + AHEAD
    return [(day, path) for day, path in dated if day <= latest]


def day_of(digits: str) -> date | None:
    """The day that eight digits name, if they name one."""
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def delivery(dataset: Dataset, day: date, folder: Path, contracts: Contracts) -> Delivery:
    """What lies in one batch folder now."""
    present = _present(folder)
    coming = tuple(p for p in present if p.suffix.lower() in COMING and not p.with_suffix("").exists())
    beside = tuple(p for p in present if p not in coming and _lies_beside(p, dataset, present))
    hashed = [(path, _sha256(path)) for path in present if path not in coming + beside]
    digest = hashlib.sha256(contracts.intake_version.encode())
    for name, sha in [(path.name, sha) for path, sha in hashed] + [(path.name, "coming") for path in coming]:
        digest.update(f"{name} {sha}\n".encode())
    data = tuple((p, sha) for p, sha in hashed if p.suffix.lower() != CONTROL)
    controls = tuple(p for p, _ in hashed if p.suffix.lower() == CONTROL)
    return Delivery(dataset, day, data, controls, digest.hexdigest()[:16], coming, beside)


def _lies_beside(path: Path, dataset: Dataset, present: list[Path]) -> bool:
    """Whether a file is none of the batch's data: of another kind than any table, beside a file that was agreed."""
    own = {Path(layout.files).suffix for layout in dataset.delivery.layouts}
    if path.suffix.lower() in (TABLES | own) - COMING or layout_named(path.name, dataset):
        return False
    return any(layout_named(other.name, dataset) for other in present)


def _present(folder: Path) -> list[Path]:
    """The files of a batch folder, or the folder itself where it may not be looked into."""
    try:
        return sorted(p for p in folder.iterdir() if p.is_file() and not NO_DELIVERY.match(p.name))
    except OSError:
        return [folder]


def _sha256(path: Path) -> str:
    """The digest of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
