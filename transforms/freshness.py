"""How fresh a release is: what each dataset should have delivered by a day, and what is used instead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from contracts.model import RHYTHMS, Contracts, Dataset
from transforms.take_in.ledger import BatchReport
from warehouse.clock import COUNTY

COLUMNS = "department VARCHAR, dataset VARCHAR, batch_date DATE, is_stale BOOLEAN, waiting_on DATE, waiting_status VARCHAR"


def deadline(dataset: Dataset, day: date) -> datetime | None:
    """When the batch of ``day`` must be there, as the contract's SLA says (ODCS ``latency``); None without one."""
    if dataset.latency_hours is None:
        return None
    return datetime.combine(day, time(), COUNTY) + timedelta(hours=dataset.latency_hours)


def awaited(landing: Path, contracts: Contracts, department: str, now: datetime) -> list[str]:
    """Datasets whose batch of yesterday has not come and need not have come yet."""
    yesterday = now.astimezone(COUNTY).date() - timedelta(days=1)
    return [
        dataset.id
        for dataset in contracts.datasets
        if dataset.department == department
        and dataset.delivery.cadence == "daily"
        and (due := deadline(dataset, yesterday)) is not None
        and now < due
        and _newest(landing / dataset.department / dataset.name) < f"{yesterday:%Y%m%d}"
    ]


def _newest(folder: Path) -> str:
    return max((path.name for path in folder.glob("[0-9]" * 8)), default="")


def write_freshness(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, batches: Iterable[BatchReport], day: date
) -> None:
    """The table ``freshness``: one row per dataset, with the batch that stands for it on ``day``; it is stale once the next was due.

    A newer batch that is held or refused is named in ``waiting_on``; the last good one stands for it. A register that comes again as it
    was, byte for byte, is a duplicate, and has been told again in time.
    """
    known = [b for b in batches if b.batch_date <= day]
    connection.execute(f"CREATE OR REPLACE TABLE freshness ({COLUMNS})")
    for dataset in (d for d in contracts.datasets if d.answers is None):
        own = [b for b in known if b.dataset_id == dataset.id and b.status != "duplicate"]
        newest = max((b for b in own if b.status == "accepted"), key=lambda b: b.batch_date, default=None)
        used = newest.batch_date if newest else None
        waiting = max((b for b in own if used is None or b.batch_date > used), key=lambda b: b.batch_date, default=None)
        told = max((b.batch_date for b in known if newest and _is_as_it_was(b, newest)), default=used)
        is_stale = told is None or day - told > timedelta(days=RHYTHMS[dataset.delivery.cadence].days)
        row = [dataset.department, dataset.name, used, is_stale]
        row += [waiting.batch_date, waiting.status] if waiting else [None, None]
        connection.execute("INSERT INTO freshness VALUES (?, ?, ?, ?, ?, ?)", row)


def _is_as_it_was(batch: BatchReport, used: BatchReport) -> bool:
    """Whether a batch brought once more what stands, or is that itself."""
    same_bytes = {f.sha256 for f in batch.files} == {f.sha256 for f in used.files}
    return batch.dataset_id == used.dataset_id and batch.batch_date >= used.batch_date and same_bytes
