"""Taking in a batch: checked against its control files, landed, normalised, and entered in the ledger."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.model import Contracts, Dataset
from transforms.normalise import LandedFile, normalise_batch
from transforms.take_in.controls import check_controls, check_rows
from transforms.take_in.deliveries import Delivery
from transforms.take_in.ledger import (
    MANIFEST,
    BatchReport,
    FileReport,
    from_manifest,
    ledger,
    rows_file,
    write_manifest,
)
from transforms.take_in.reading import BatchRefused, Landed, land_file
from warehouse.durable import put_in_place
from warehouse.home import Home


def _folder(home: Home, found: Delivery) -> Path:
    return home.landed / found.dataset.department / found.dataset.name / f"{found.batch_date:%Y%m%d}" / found.digest


def is_taken_in(home: Home, found: Delivery) -> bool:
    """Whether what lies in the landing folder now is also what was taken in last for that day."""
    folder = _folder(home, found)
    arrived = [from_manifest(path) for path in folder.parent.glob(f"*/{MANIFEST}")]
    return bool(arrived) and max(arrived, key=lambda report: report.taken_in_at).folder == folder


def take_in_delivery(home: Home, contracts: Contracts, found: Delivery) -> BatchReport:
    """Land and normalise one batch whole, or refuse it whole; idempotent, and safe against being killed at any point."""
    folder = _folder(home, found)
    if is_taken_in(home, found):
        return from_manifest(folder / MANIFEST)
    if (folder / MANIFEST).exists():
        return _arrived_again(from_manifest(folder / MANIFEST))
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    report = _taken_in(home, contracts, found, partial)
    write_manifest(report, partial)
    put_in_place(partial, folder)
    return replace(report, folder=folder)


def _arrived_again(report: BatchReport) -> BatchReport:
    """Bytes that were taken in before, and have now come back in the place of others."""
    again = replace(report, taken_in_at=_after_all(report.folder.parent))
    write_manifest(again, report.folder)
    return again


def _clock() -> datetime:
    return datetime.now(UTC)


def _after_all(attempts: Path) -> str:
    """Now, and later than every attempt for the day before: a clock that was set back does not make the newest the oldest."""
    arrived = [datetime.fromisoformat(from_manifest(path).taken_in_at) for path in attempts.glob(f"*/{MANIFEST}")]
    latest = max(arrived, default=datetime.min.replace(tzinfo=UTC))
    return max(_clock(), latest + timedelta(microseconds=bool(arrived))).isoformat(timespec="microseconds")


def _taken_in(home: Home, contracts: Contracts, found: Delivery, folder: Path) -> BatchReport:
    report = BatchReport(
        department=found.dataset.department,
        dataset=found.dataset.name,
        batch_date=found.batch_date,
        status="accepted",
        reason="",
        files=tuple(FileReport(path.name, sha, part) for part, (path, sha) in enumerate(found.files)),
        taken_in_at=_after_all(folder.parent),
        folder=folder,
        beside=tuple(path.name for path in found.beside),
    )
    if earlier := _same_bytes(home, found):
        return replace(report, status="duplicate", reason=f"the same bytes were taken in as {earlier}")
    try:
        check_controls(found)
        landed = [_land(path, part, found, folder) for part, (path, _) in enumerate(found.files)]
        return _normalised(report, landed, found, contracts)
    except BatchRefused as refusal:
        for leftover in folder.glob("*.parquet"):
            leftover.unlink()
        return replace(report, status="refused", reason=str(refusal))


def _same_bytes(home: Home, found: Delivery) -> str | None:
    """The batch of the same dataset that already brought exactly these files, if there is one."""
    if not any(path.stat().st_size for path, _ in found.files):
        return None  # two days without changes are two deliveries
    bytes_now = {sha for _, sha in found.files}
    for before in ledger(home):
        if (
            before.dataset_id == found.dataset.id
            and before.status == "accepted"
            and before.batch_date != found.batch_date
            and bytes_now == {f.sha256 for f in before.files}
        ):
            return before.reference
    return None


def _landed_file(folder: Path, part: int) -> LandedFile:
    return LandedFile(part, rows_file(folder, part), folder / f"faults_{part}.parquet")


def _land(path: Path, part: int, found: Delivery, folder: Path) -> Landed:
    to = _landed_file(folder, part)
    landed = land_file(path, found.dataset.delivered, to.rows, to.faults)
    check_rows(path, landed.rows)
    return landed


def _normalised(report: BatchReport, landed: list[Landed], found: Delivery, contracts: Contracts) -> BatchReport:
    files = [
        replace(_landed_file(report.folder, f.part), not_delivered=was.not_delivered)
        for f, was in zip(report.files, landed, strict=True)
    ]
    counts = normalise_batch(files, found.dataset, contracts, found.batch_date, report.normalised, report.quarantine)
    return replace(
        report,
        reason=_differs(found.dataset.delivered, landed),
        files=tuple(
            replace(
                f,
                rows=was.rows,
                accepted=counts[f.part].accepted,
                quarantined=counts[f.part].quarantined,
                encoding=was.encoding,
                not_delivered=was.not_delivered,
                new_columns=was.new_columns,
                notes=(*was.notes, *counts[f.part].notes),
            )
            for f, was in zip(report.files, landed, strict=True)
        ),
    )


def _differs(dataset: Dataset, landed: list[Landed]) -> str:
    """How the columns of the first file that differs do so; empty when none does."""
    for file in landed:
        missing, new = [dataset.column(name).header for name in file.not_delivered], file.new_columns
        told = "; ".join(f"{what} {', '.join(names)}" for what, names in (("missing", missing), ("new", new)) if names)
        if told:
            return f"has other columns than agreed ({file.differs_at}: {told})"
    return ""
