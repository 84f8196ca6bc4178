"""Batches of a landing folder: found, checked against their control files, landed, normalised, and kept in the ledger.

The ledger is the folder ``landed/``: one folder a batch, complete once it carries its ``manifest.json``. What a batch
holds decides the folder's name, so the same bytes are taken in once, whenever and under whatever name they come.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from contracts.model import Contracts, Dataset
from transforms.normalise import LandedFile, normalise_batch
from transforms.take_in.reading import BatchRefused, Landed, land_file
from warehouse.approvals import Decision
from warehouse.durable import write_text
from warehouse.home import Home

Status = Literal["accepted", "refused", "held", "duplicate"]
COPY_FIRST = "wait until the copy is complete, then run again"
DELIVER_AGAIN = "ask the department to deliver again"
MANIFEST = "manifest.json"
GATE = "gate.json"
NORMALISED = "normalised.parquet"
QUARANTINE = "quarantine.parquet"


@dataclass(frozen=True)
class FileReport:
    """One data file of a batch; ``rows = accepted + quarantined``. ``part`` numbers its Parquet files in the folder."""

    name: str
    sha256: str
    part: int
    rows: int = 0
    accepted: int = 0
    quarantined: int = 0
    encoding: str = ""


@dataclass(frozen=True)
class BatchReport:
    """One delivery as the ledger knows it; ``reason`` says why it is not accepted, for the person at the console."""

    department: str
    dataset: str
    batch_date: date
    status: Status
    reason: str
    files: tuple[FileReport, ...]
    taken_in_at: str
    folder: Path

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
    def normalised(self) -> Path:
        """Accepted rows of all files in standard form."""
        return self.folder / NORMALISED

    @property
    def quarantine(self) -> Path:
        """Rows kept out, with their reasons."""
        return self.folder / QUARANTINE


@dataclass(frozen=True)
class Delivery:
    """A batch as it lies in the landing folder. ``digest`` changes with any byte of it and with the contracts."""

    dataset: Dataset
    batch_date: date
    files: tuple[tuple[Path, str], ...]
    controls: tuple[Path, ...]
    digest: str

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
    """Folders that are not read: of deliveries that no contract speaks of, and batches not named by a day (yyyymmdd)."""
    known = {(d.department, d.name) for d in contracts.datasets}
    folders = [p for p in sorted(landing.glob("*/*")) if p.is_dir() and not p.name.startswith(".")]
    strangers = [p for p in folders if (p.parent.name, p.name) not in known]
    undated = [batch for p in folders if p not in strangers for batch in _undated(p)]
    return strangers + undated


def _undated(folder: Path) -> list[Path]:
    dated = {path for _, path in _batch_folders(folder)}
    return [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(".") and p not in dated]


def _batch_folders(folder: Path) -> list[tuple[date, Path]]:
    dated = []
    for path in sorted(folder.glob("[0-9]" * 8)):
        try:
            dated.append((datetime.strptime(path.name, "%Y%m%d").replace(tzinfo=UTC).date(), path))
        except ValueError:
            continue
    return dated


def delivery(dataset: Dataset, day: date, folder: Path, contracts: Contracts) -> Delivery:
    """What lies in one batch folder now."""
    present = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    hashed = [(p, _sha256(p)) for p in present]
    digest = hashlib.sha256(contracts.intake_version.encode())
    for path, sha in hashed:
        digest.update(f"{path.name} {sha}\n".encode())
    data = tuple((p, sha) for p, sha in hashed if p.suffix != ".ctl")
    controls = tuple(p for p in present if p.suffix == ".ctl")
    return Delivery(dataset, day, data, controls, digest.hexdigest()[:16])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the ledger ------------------------------------------------------------------------------------------------


def ledger(home: Home) -> list[BatchReport]:
    """Every batch taken in, refused ones too, in order of date and dataset. Of several deliveries for one day the newest
    that was accepted counts: a correction that is broken leaves the batch before in use.
    """
    counts: dict[tuple[date, str], BatchReport] = {}
    for path in home.landed.glob(f"*/*/*/*/{MANIFEST}"):
        report = _from_manifest(path)
        key = (report.batch_date, report.dataset_id)
        if key not in counts or _precedence(counts[key]) < _precedence(report):
            counts[key] = report
    return [counts[key] for key in sorted(counts)]


def _precedence(report: BatchReport) -> tuple[bool, str]:
    return report.status == "accepted", report.taken_in_at


def _from_manifest(path: Path) -> BatchReport:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    content["batch_date"] = date.fromisoformat(content["batch_date"])
    content["files"] = tuple(FileReport(**f) for f in content["files"])
    return BatchReport(**content, folder=path.parent)


def _write_manifest(report: BatchReport, folder: Path) -> None:
    content = asdict(report)
    del content["folder"]
    content["batch_date"] = report.batch_date.isoformat()
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    partial.replace(folder / MANIFEST)


def _folder(home: Home, found: Delivery) -> Path:
    return home.landed / found.dataset.department / found.dataset.name / f"{found.batch_date:%Y%m%d}" / found.digest


def is_taken_in(home: Home, found: Delivery) -> bool:
    """Whether what lies in the landing folder now is also what was taken in last for that day."""
    folder = _folder(home, found)
    arrived = [_from_manifest(path) for path in folder.parent.glob(f"*/{MANIFEST}")]
    return bool(arrived) and max(arrived, key=lambda report: report.taken_in_at).folder == folder


# --- taking in -------------------------------------------------------------------------------------------------


def take_in_delivery(home: Home, contracts: Contracts, found: Delivery) -> BatchReport:
    """Land and normalise one batch whole, or refuse it whole; idempotent, and safe against being killed at any point."""
    folder = _folder(home, found)
    if is_taken_in(home, found):
        return _from_manifest(folder / MANIFEST)
    if (folder / MANIFEST).exists():
        return _arrived_again(_from_manifest(folder / MANIFEST))
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    report = _taken_in(home, contracts, found, partial)
    _write_manifest(report, partial)
    partial.replace(folder)
    return replace(report, folder=folder)


def _arrived_again(report: BatchReport) -> BatchReport:
    """Bytes that were taken in before, and have now come back in the place of others."""
    again = replace(report, taken_in_at=_after_all(report.folder.parent))
    _write_manifest(again, report.folder)
    return again


def _clock() -> datetime:
    return datetime.now(UTC)


def _after_all(attempts: Path) -> str:
    """Now, and later than every attempt for the day before: a clock that was set back does not make the newest the oldest."""
    arrived = [datetime.fromisoformat(_from_manifest(path).taken_in_at) for path in attempts.glob(f"*/{MANIFEST}")]
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
    )
    if earlier := _same_bytes(home, found):
        return replace(report, status="duplicate", reason=f"the same bytes were taken in as {earlier}")
    try:
        _check_controls(found)
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
    return LandedFile(part, folder / f"rows_{part}.parquet", folder / f"faults_{part}.parquet")


def _land(path: Path, part: int, found: Delivery, folder: Path) -> Landed:
    to = _landed_file(folder, part)
    landed = land_file(path, found.dataset, to.rows, to.faults)
    _check_rows(path, landed.rows)
    return landed


def _normalised(report: BatchReport, landed: list[Landed], found: Delivery, contracts: Contracts) -> BatchReport:
    files = [_landed_file(report.folder, f.part) for f in report.files]
    counts = normalise_batch(files, found.dataset, contracts, found.batch_date, report.normalised, report.quarantine)
    return replace(
        report,
        files=tuple(
            replace(f, rows=was.rows, accepted=counts[f.part].accepted, quarantined=counts[f.part].quarantined, encoding=was.encoding)
            for f, was in zip(report.files, landed, strict=True)
        ),
    )


# --- control files ---------------------------------------------------------------------------------------------


def _control(path: Path) -> dict[str, Any] | None:
    control = path.with_name(path.name + ".ctl")
    if not control.exists():
        return None
    try:
        content = json.loads(control.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        raise BatchRefused("the control file is not JSON", file=control.name, line=1, remedy=DELIVER_AGAIN) from None
    if not isinstance(content, dict):
        raise BatchRefused("the control file is no JSON object", file=control.name, line=1, remedy=DELIVER_AGAIN)
    return content


def _check_controls(found: Delivery) -> None:
    if not found.files:
        raise BatchRefused("the batch folder holds no data file", file=found.reference, remedy=DELIVER_AGAIN)
    for control in found.controls:
        if not control.with_suffix("").exists():
            raise BatchRefused("its data file has not come", file=control.name, remedy=COPY_FIRST)
    for path, sha in found.files:
        _check_control(path, sha, found)


def _check_control(path: Path, sha: str, found: Delivery) -> None:
    control = _control(path)
    if control is None:
        if found.dataset.delivery.control == "required":
            raise BatchRefused("its control file has not come", file=path.name, remedy=COPY_FIRST)
        return
    expected = {"file": path.name, "sha256": sha, "extract_date": found.batch_date.isoformat()}
    for field, now in expected.items():
        if field in control and str(control[field]).lower() != now.lower():
            raise BatchRefused(
                f"the control file's {field} disagrees with the data file",
                file=path.name,
                remedy="the copy is cut off or mixed up: ask the department to deliver again",
            )


def _check_rows(path: Path, rows: int) -> None:
    control = _control(path) or {}
    if "rows" in control and str(control["rows"]).strip() != str(rows):
        raise BatchRefused(
            f"the control file says {control['rows']} rows, the file has {rows}",
            file=path.name,
            remedy="the copy is cut off or mixed up: ask the department to deliver again",
        )


# --- which batches a build may use ------------------------------------------------------------------------------


def judged(
    reports: list[BatchReport], contracts: Contracts, decided: Mapping[tuple[str, str], Decision]
) -> list[BatchReport]:
    """The ledger with ``refused`` said of batches that the gate stopped, and ``held`` of every full batch that shrank or
    grew beyond its bound and that nobody has approved, in order of date.
    """
    last: dict[str, BatchReport] = {}
    known = {d.id: d for d in contracts.datasets}
    verdicts = []
    for report in map(_gated, reports):
        dataset = known.get(report.dataset_id)
        verdict = report
        if dataset and report.status == "accepted":
            reason = _after_decision(_held(dataset, report, last.get(dataset.id)), report, decided)
            verdict = replace(report, status="held", reason=reason) if reason else report
            if not reason:
                last[dataset.id] = report
        verdicts.append(verdict)
    return verdicts


def bytes_digest(batch: BatchReport) -> str:
    """What the batch brought, whatever contracts it was read by."""
    return hashlib.sha256(" ".join(sorted(f.sha256 for f in batch.files)).encode()).hexdigest()[:16]


def _after_decision(reason: str, batch: BatchReport, decided: Mapping[tuple[str, str], Decision]) -> str:
    decision = decided.get((batch.reference, bytes_digest(batch))) if reason else None
    if decision is None:
        return reason
    return "" if decision.verdict == "approved" else f"{reason}; {decision.who} rejected it on {decision.at[:10]}"


def is_gated(batch: BatchReport) -> bool:
    """Whether the batch gate has looked at the batch."""
    return (batch.folder / GATE).exists()


def write_gate(batch: BatchReport, result: dict[str, Any], stops: list[str]) -> None:
    """Keep beside the batch what the gate said of it; ``stops`` are the sentences that refuse it."""
    write_text(batch.folder / GATE, json.dumps({"stops": stops, "result": result}, ensure_ascii=False, default=str))


def _gated(batch: BatchReport) -> BatchReport:
    if batch.status != "accepted" or not is_gated(batch):
        return batch
    stops = json.loads((batch.folder / GATE).read_text(encoding="utf-8"))["stops"]
    return replace(batch, status="refused", reason="; ".join(stops)) if stops else batch


def _held(dataset: Dataset, now: BatchReport, before: BatchReport | None) -> str:
    bounds = dataset.delivery.bounds
    if dataset.delivery.mode != "full" or before is None or not before.rows:
        return ""
    change = now.rows - before.rows
    share = change / before.rows
    if abs(change) < bounds.at_least or -bounds.shrink <= share <= bounds.grow:
        return ""
    word = "grew" if change > 0 else "shrank"
    return (
        f"{now.reference} {word} by {abs(share):.0%}, from {before.rows} rows to {now.rows};"
        " ask the department whether this is right, then have it deliver again, or decide with `renkou approve`"
    )
