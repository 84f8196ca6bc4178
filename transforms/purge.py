"""Purge: what departments delivered is deleted when the contract's retention has passed, with a proof that stays.

Deleted are the bytes as delivered (in the landing folder, corrections put aside too) of batches that were taken in. What records
are built from stays in ``landed/`` for as long as it is in use; attempts that a later delivery for the same day has replaced go too,
unless a build that is being made still reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contracts.model import Contracts, Dataset
from transforms.pull.arrival import RECEIPT, day_of, sha256
from transforms.take_in.ledger import ledger
from warehouse.durable import one_at_a_time, remove_folder, write_text
from warehouse.home import Home


@dataclass(frozen=True)
class Purged:
    """One folder that goes: what it was, by which contract, and its files with their digests."""

    reference: str
    contract: str
    retention: str
    folder: str
    files: tuple[tuple[str, int, str], ...]


def expired(home: Home, contracts: Contracts, landing: Path, today: date) -> list[tuple[Path, Purged]]:
    """Folders whose retention has passed on ``today``, with what is in them; nothing is deleted."""
    taken_in = {(b.dataset_id, b.batch_date): b for b in ledger(home)}
    read = _being_read(home)
    found = []
    for dataset in contracts.datasets:
        if dataset.retention is None:
            continue
        last = dataset.retention.before(today)
        for day, folder in _folders(landing / dataset.department / dataset.name):
            if day < last and (dataset.id, day) in taken_in:
                found.append((folder, _told(dataset, day, folder, landing)))
        for day, folder in _replaced(home, dataset, taken_in):
            if day < last and str(folder.relative_to(home.landed)) not in read:
                found.append((folder, _told(dataset, day, folder, home.root)))
    return found


def purge(home: Home, contracts: Contracts, landing: Path, today: date) -> Path | None:
    """Delete what has expired; answers the proof, or None when there was nothing.

    The proof is written before anything goes, each names the digest of the proof before, and it says at the end that all of it is gone.
    A purge that was cut off is ended by the next.
    """
    with one_at_a_time(home.builds):
        going = expired(home, contracts, landing, today)
        if not going:
            return None
        proof = _proof(home, [told for _, told in going])
        for folder, _ in going:
            _leave_receipt(folder)
            remove_folder(folder)
        content = json.loads(proof.read_text(encoding="utf-8"))
        gone = all(not folder.exists() for folder, _ in going)
        write_text(proof, json.dumps(content | {"is_gone": gone, "ended_at": _now()}, ensure_ascii=False, indent=1))
        proof.chmod(0o440)
        return proof


def _folders(place: Path) -> Iterator[tuple[date, Path]]:
    """Batches in a dataset's landing folder, and the corrected ones put aside (``.<day>.<number>``)."""
    digits = "[0-9]" * 8
    for folder in sorted([*place.glob(digits), *place.glob(f".{digits}.[0-9]*")]):
        if folder.is_dir():
            yield day_of(folder.name.lstrip(".")[:8]), folder


def _replaced(home: Home, dataset: Dataset, taken_in: dict[Any, Any]) -> Iterator[tuple[date, Path]]:
    for folder in sorted((home.landed / dataset.department / dataset.name).glob("*/*")):
        day = day_of(folder.parent.name)
        counts = taken_in.get((dataset.id, day))
        if counts is not None and folder.is_dir() and folder != counts.folder and not folder.name.startswith("."):
            yield day, folder


def _being_read(home: Home) -> set[str]:
    """Folders in ``landed/`` that builds read which are not published yet."""
    notes = [json.loads(path.read_text(encoding="utf-8")) for path in home.builds.glob("*.json")]
    return {folder for note in notes for folder in note.get("reads", ())}


def _told(dataset: Dataset, day: date, folder: Path, root: Path) -> Purged:
    files = tuple((p.name, p.stat().st_size, sha256(p)) for p in sorted(folder.iterdir()) if p.is_file())
    name = f"{dataset.id}/{day:%Y%m%d}"
    kept = dataset.retention.shown if dataset.retention else ""
    return Purged(name, f"{dataset.id} {dataset.version}", kept, str(folder.relative_to(root)), files)


def _leave_receipt(folder: Path) -> None:
    """The receipt of a pull stays: a source that still offers the day is not pulled again."""
    receipt = folder / RECEIPT
    if receipt.exists() and not folder.name.startswith("."):
        write_text(folder.with_name(f".{folder.name}.purged.json"), receipt.read_text(encoding="utf-8"))


def _proof(home: Home, going: list[Purged]) -> Path:
    folder = home.root / "purges"
    folder.mkdir(parents=True, exist_ok=True)
    before = max(folder.glob("*.json"), default=None)
    content = {
        "began_at": _now(),
        "before": hashlib.sha256(before.read_bytes()).hexdigest() if before else None,
        "purged": [asdict(p) for p in going],
    }
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json"
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1))
    return path


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
