"""A whole run: what has come is taken in, and every day that is not yet released is built, in order.

So three days at once leave the same warehouse as day by day.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

from contracts.model import Contracts
from transforms import road
from transforms.orders import WHY_NOT
from transforms.release import last_release
from transforms.take_in.deliveries import unknown_folders
from transforms.take_in.ledger import BatchReport
from warehouse.connection import open_read_only
from warehouse.durable import one_at_a_time
from warehouse.home import Home
from warehouse.publish import published


class Listener(Protocol):
    """Who is told how far a run has come; ``seconds`` are wall-clock, ``figures`` a stage's own counts."""

    def stage(self, name: str) -> None: ...

    def progress(self, done: int, total: int, unit: str) -> None: ...

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None: ...


@dataclass
class RunReport:
    """What a run did. ``status``: published, unchanged (nothing new had come) or refused (a gate stopped a release)."""

    status: Literal["published", "unchanged", "refused"] = "unchanged"
    release_id: str | None = None
    batches: list[BatchReport] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    answers_kept_out: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, without anything personal."""
        return {
            "status": self.status,
            "release_id": self.release_id,
            "stops": self.stops,
            "unknown_folders": self.unknown,
            "answers_kept_out": self.answers_kept_out,
            "batches": [
                {
                    "reference": b.reference,
                    "status": b.status,
                    "reason": b.reason,
                    "rows": b.rows,
                    "accepted": b.accepted,
                    "quarantined": b.quarantined,
                    "notes": list(b.notes),
                }
                for b in self.batches
            ],
            "releases": self.releases,
        }


def run(
    home: Home, contracts: Contracts, landing: Path, as_of: date | None = None, listener: Listener | None = None
) -> RunReport:
    """Take in, build, validate and publish everything in ``landing`` up to ``as_of``. Safe to repeat, also when killed."""
    told = listener or _Silent()
    report = RunReport(unknown=[str(p.relative_to(landing)) for p in unknown_folders(landing, contracts)])
    with one_at_a_time(home.builds):
        road.clear_published(home)
        _take_in_all(home, contracts, landing, as_of, report, told)
        home.keep()
        for day in road.days_to_build(home, contracts, as_of):
            if not _build_day(home, contracts, day, report, told):
                report.status = "refused"
                break
            report.status = "published"
            home.keep()
        report.batches = road.verdicts_on(home, contracts, report.batches)  # as the batch gate has left them
    last = last_release(home)
    report.release_id = last.release_id if last else None
    if report.status == "published":
        report.answers_kept_out = _answers_kept_out(home, contracts, report.batches)
    return report


def _answers_kept_out(home: Home, contracts: Contracts, batches: list[BatchReport]) -> dict[str, int]:
    """How many answers to work orders of each batch cannot be used, which the build alone can say."""
    answering = {dataset.id for dataset in contracts.datasets if dataset.answers}
    came = [batch.reference for batch in batches if batch.dataset_id in answering and batch.status == "accepted"]
    if not came:
        return {}
    with open_read_only(published(home)) as connection:
        return dict(
            connection.execute(
                "SELECT department || '/' || dataset || '/' || strftime(batch_date, '%Y%m%d') AS reference, count(*) FROM quarantine"
                " WHERE reference IN (SELECT unnest(?)) AND split_part(reason, ':', 1) IN (SELECT unnest(?)) GROUP BY ALL ORDER BY ALL",
                [came, list(WHY_NOT)],
            ).fetchall()
        )


def _take_in_all(
    home: Home, contracts: Contracts, landing: Path, as_of: date | None, report: RunReport, told: Listener
) -> None:
    with _timed("take_in", told) as figures:
        waiting = road.waiting_batches(home, contracts, landing, as_of=as_of)
        attempts = []
        for done, reference in enumerate(waiting):
            told.progress(done, len(waiting), "batches")
            attempts.append(road.land(home, contracts, landing, reference))
        report.batches = road.verdicts_on(home, contracts, attempts)
        figures |= {
            "batches": len(report.batches),
            "not_accepted": sum(b.status != "accepted" for b in report.batches),
            "rows": sum(b.rows for b in report.batches),
            "quarantined": sum(b.quarantined for b in report.batches),
        }


def _build_day(home: Home, contracts: Contracts, day: date, report: RunReport, told: Listener) -> bool:
    """Build one day; false when a gate stopped it."""
    for name in road.STAGES:
        with _timed(f"{name} {day}", told):
            outcome = getattr(road, name)(home, contracts, day)
        if isinstance(outcome, road.GateReport) and not outcome.passed:
            report.stops += outcome.stops
            return False
    noted = json.loads((home.reports / f"{outcome}.json").read_text(encoding="utf-8"))
    report.releases.append({"release_id": outcome, "as_of": day.isoformat(), "seconds": noted["seconds"]})
    return True


@contextmanager
def _timed(name: str, told: Listener) -> Iterator[dict[str, Any]]:
    told.stage(name)
    began = time.perf_counter()
    figures: dict[str, Any] = {}
    yield figures
    told.finished(name, time.perf_counter() - began, figures)


class _Silent:
    def stage(self, name: str) -> None:
        pass

    def progress(self, done: int, total: int, unit: str) -> None:
        pass

    def finished(self, name: str, seconds: float, figures: Mapping[str, Any]) -> None:
        pass
