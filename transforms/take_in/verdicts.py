"""Which batches a build may use: the batch gate's word, and whether a batch shrank, grew or changed its columns."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from contracts.model import Contracts, Dataset
from transforms.take_in.deliveries import day_of
from transforms.take_in.ledger import BatchReport
from warehouse.approvals import Decision
from warehouse.durable import write_text

GATE = "gate.json"
EIGHT_DIGITS = re.compile(r"(?<!\d)\d{8}(?!\d)")
WHAT_TO_DO = "ask the department whether this is right, then have it deliver again, or decide with `renkou approve`"
NOT_TAKEN = "; a new column that stays and that nobody needs says `notTaken` in the contract"


def judged(
    reports: list[BatchReport], contracts: Contracts, decided: Mapping[tuple[str, str], Decision]
) -> list[BatchReport]:
    """The ledger with ``refused`` said of batches that the gate stopped, and ``held`` of every batch that changed its
    columns, or is full and shrank or grew beyond its bound, and that nobody has approved; in order of date. Batches of which no
    contract speaks any more are not in it: nothing can be said of their rows.
    """
    last: dict[str, BatchReport] = {}
    known = {d.id: d for d in contracts.datasets}
    verdicts = []
    for report in (_gated(report) for report in reports if report.dataset_id in known):
        dataset = known[report.dataset_id]
        verdict = report
        if report.status == "accepted":
            reason = _after_decision(doubts(dataset, report, last.get(dataset.id)), report, decided)
            verdict = replace(report, status="held", reason=reason) if reason else report
            if not reason:
                last[dataset.id] = report
        verdicts.append(verdict)
    return verdicts


def bytes_digest(batch: BatchReport) -> str:
    """What the batch brought, whatever contracts it was read by."""
    return hashlib.sha256(" ".join(sorted(f.sha256 for f in batch.files)).encode()).hexdigest()[:16]


def is_decided(faults: Mapping[str, str], batch: BatchReport, decided: Mapping[tuple[str, str], Decision]) -> bool:
    """Whether a person has said no to these bytes, or has put up with all of these faults."""
    decision = decided.get((batch.reference, bytes_digest(batch)))
    return decision is not None and (decision.verdict == "rejected" or set(faults) <= set(decision.about))


def _after_decision(faults: Mapping[str, str], batch: BatchReport, decided: Mapping[tuple[str, str], Decision]) -> str:
    """Why the batch is held; empty when it is not."""
    if not faults:
        return ""
    stays = NOT_TAKEN if "columns" in faults and batch.new_columns else ""
    reason = f"{batch.reference} {' and '.join(faults.values())}; {WHAT_TO_DO}{stays}"
    if not is_decided(faults, batch, decided):
        return reason
    decision = decided[batch.reference, bytes_digest(batch)]
    return "" if decision.verdict == "approved" else f"{reason}; {decision.who} rejected it on {decision.at[:10]}"


def is_gated(batch: BatchReport) -> bool:
    """Whether the batch gate has looked at the batch."""
    return (batch.folder / GATE).exists()


def why_kept_out(batch: BatchReport) -> str:
    """What most of its quarantined rows have in common and where the first of them stands; empty when it has none."""
    if not batch.quarantined:
        return ""
    kept_out = pq.read_table(batch.quarantine, columns=["part", "line", "reason"])
    reason, rows = Counter(kept_out.column("reason").to_pylist()).most_common(1)[0]
    part, line = min((row["part"], row["line"]) for row in kept_out.to_pylist() if row["reason"] == reason)
    file = next(f.name for f in batch.files if f.part == part)
    return f"{rows} of its {batch.rows} rows are kept out for one reason, {reason}; the first is line {line} of {file}"


def write_gate(batch: BatchReport, result: dict[str, Any], stops: list[str]) -> None:
    """Keep beside the batch what the gate said of it; ``stops`` are the sentences that refuse it."""
    write_text(batch.folder / GATE, json.dumps({"stops": stops, "result": result}, ensure_ascii=False, default=str))


def _gated(batch: BatchReport) -> BatchReport:
    if batch.status != "accepted" or not is_gated(batch):
        return batch
    stops = json.loads((batch.folder / GATE).read_text(encoding="utf-8"))["stops"]
    return replace(batch, status="refused", reason="; ".join(stops)) if stops else batch


def doubts(dataset: Dataset, now: BatchReport, before: BatchReport | None) -> dict[str, str]:
    """What holds a batch until a person has decided: ``columns`` other than agreed, ``bounds`` that it is beyond, another ``day`` in the
    name of a file.

    The first two are seen against the batch that was accepted before: what a person has accepted once is not asked about every night.
    """
    columns = now.reason if _has_changed_columns(now, before) else ""
    found = {"columns": columns, "bounds": _beyond(dataset, now, before), "day": _of_another_day(dataset, now)}
    return {fault: sentence for fault, sentence in found.items() if sentence}


def _of_another_day(dataset: Dataset, now: BatchReport) -> str:
    """A register of last week in this week's folder would undo what has changed since; changes of last week would not, and two days are
    a period.
    """
    for file in now.files if dataset.delivery.mode == "full" else ():
        days = [day for digits in EIGHT_DIGITS.findall(file.name) if (day := day_of(digits)) and 1990 <= day.year < 2100]
        if len(days) == 1 and days[0] != now.batch_date:
            return f"bears another day in the name of a file ({file.name})"
    return ""


def _has_changed_columns(now: BatchReport, before: BatchReport | None) -> bool:
    known = {*before.not_delivered, *before.new_columns} if before and before.reason else set()
    return not known.issuperset((*now.not_delivered, *now.new_columns))


def _beyond(dataset: Dataset, now: BatchReport, before: BatchReport | None) -> str:
    bounds = dataset.delivery.bounds
    if dataset.delivery.mode != "full" or before is None or not before.rows:
        return ""
    change = now.rows - before.rows
    share = change / before.rows
    # a register of nobody is a file without its rows, however few there were
    is_slight = now.rows and abs(change) < bounds.at_least
    if is_slight or -bounds.shrink <= share <= bounds.grow:
        return ""
    word = "grew" if change > 0 else "shrank"
    return f"{word} by {abs(share):.0%}, from {before.rows} rows to {now.rows}"
