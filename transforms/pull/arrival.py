"""A batch on its way into the landing folder: it lies in a hidden folder until every byte has been verified.

``<day>`` appears with its receipt in one step. Bytes that a source corrects later do not overwrite those that came first:
the folder before is kept hidden beside the new one, as ``.<day>.<number>``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contracts.model import Dataset, period
from transforms.pull import PullError
from warehouse.durable import sync, write_text

RECEIPT = ".receipt.json"
PROGRESS = ".progress.json"


@dataclass(frozen=True)
class Landing:
    """One dataset's folder in the landing folder."""

    folder: Path
    dataset: Dataset

    @classmethod
    def of(cls, landing: Path, dataset: Dataset) -> Landing:
        return cls(landing / dataset.department / dataset.name, dataset)

    def receipts(self) -> Iterator[dict[str, Any]]:
        """What was pulled, oldest day first; a purged day keeps its receipt under ``.<day>.purged.json``."""
        kept = {path.parent.name: path for path in self.folder.glob(f"{'[0-9]' * 8}/{RECEIPT}")}
        purged = {path.name[1:9]: path for path in self.folder.glob(".*.purged.json")}
        for _, path in sorted((purged | kept).items()):
            yield json.loads(path.read_text(encoding="utf-8"))

    def receipt(self, day: date) -> dict[str, Any] | None:
        return next((r for r in self.receipts() if r["day"] == day.isoformat()), None)

    def is_delivered_by_hand(self, day: date) -> bool:
        folder = self.folder / f"{day:%Y%m%d}"
        return folder.exists() and not (folder / RECEIPT).exists()

    def last_day(self) -> date | None:
        days = [date.fromisoformat(r["day"]) for r in self.receipts()]
        return max(days, default=None)

    def marked(self) -> list[dict[str, Any]]:
        """The receipts that tell a watermark, newest day first."""
        return [r for r in self.receipts() if r.get("watermark")][::-1]

    def is_due(self, today: date) -> bool:
        """Whether the day, week, month, ... of the contract's cadence has no batch yet."""
        last, cadence = self.last_day(), self.dataset.delivery.cadence
        return last is None or period(last, cadence) != period(today, cadence)

    def file_name(self, day: date, form: str) -> str:
        """The name of a data file of that format, as agreed."""
        layout = next(layout for layout in self.dataset.delivery.layouts if layout.format == form)
        return layout.files.replace("*", f"{day:%Y%m%d}")


@dataclass(frozen=True)
class Arrival:
    """One batch while it comes; what is there after a cut is gone on with."""

    landing: Landing
    day: date

    @property
    def partial(self) -> Path:
        return self.landing.folder / f".{self.day:%Y%m%d}.partial"

    @property
    def reference(self) -> str:
        return f"{self.landing.dataset.id}/{self.day:%Y%m%d}"

    def progress(self) -> dict[str, Any]:
        path = self.partial / PROGRESS
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def note(self, progress: dict[str, Any]) -> None:
        self.partial.mkdir(parents=True, exist_ok=True)
        write_text(self.partial / PROGRESS, json.dumps(progress, ensure_ascii=False))

    def begin_again(self) -> None:
        shutil.rmtree(self.partial, ignore_errors=True)
        self.partial.mkdir(parents=True)

    def write_control(self, file: Path, rows: int) -> None:
        """The control file of what was read from a database or an API: rows and digest as they were written."""
        told = {"file": file.name, "rows": rows, "sha256": sha256(file), "extract_date": self.day.isoformat()}
        write_text(file.with_name(file.name + ".ctl"), json.dumps(told))

    def land(self, connection_id: str, names: list[str], **told: Any) -> int:
        """Put the batch, whole and with its receipt, in its place. Answers its bytes."""
        for stray in self.partial.iterdir():
            if stray.name not in names:
                stray.unlink()
        files = [_entry(self.partial / name) for name in sorted(names)]
        receipt = {
            "reference": self.reference,
            "day": self.day.isoformat(),
            "connection": connection_id,
            "pulled_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": [asdict(f) for f in files],
            **told,
        }
        write_text(self.partial / RECEIPT, json.dumps(receipt, ensure_ascii=False, indent=1))
        sync(self.partial)
        self._put_in_place()
        return sum(f.bytes for f in files)

    def heal(self) -> bool:
        """Finish a landing that was cut off between its last two steps."""
        if (self.partial / RECEIPT).exists():
            self._put_in_place()
            return True
        return False

    def _put_in_place(self) -> None:
        place = self.landing.folder / f"{self.day:%Y%m%d}"
        if place.exists():
            number = len(list(self.landing.folder.glob(f".{place.name}.[0-9]*"))) + 1
            place.rename(place.with_name(f".{place.name}.{number}"))
        self.partial.rename(place)
        sync(place.parent)


@dataclass(frozen=True)
class Entry:
    name: str
    bytes: int
    sha256: str


def _entry(path: Path) -> Entry:
    sync(path)
    path.chmod(0o440)
    return Entry(path.name, path.stat().st_size, sha256(path))


def sha256(path: Path) -> str:
    """The digest of a file, in hexadecimal digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def day_of(text: str) -> date:
    """The day that ``yyyymmdd`` names. Raises PullError."""
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise PullError(f"{text} is no day (yyyymmdd)") from None


def append_from(path: Path, offset: int) -> Any:
    """The file opened to be written on from ``offset``; what lies behind it is cut off."""
    handle = path.open("r+b" if path.exists() else "w+b")
    handle.truncate(offset)
    handle.seek(0, os.SEEK_END)
    return handle
