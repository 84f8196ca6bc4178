"""Questions for people: a batch that is held, a release that its gate stopped; with the figures side by side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.model import Contracts, Dataset
from transforms import release
from transforms.take_in.ledger import BatchReport, ledger
from transforms.take_in.verdicts import bytes_digest, doubts, is_decided, judged
from warehouse.approvals import Answer, Decision, approvals, decide
from warehouse.connection import open_read_only
from warehouse.faults import NotFoundError
from warehouse.home import Home
from warehouse.publish import published

COMPARED = ("person", "person_record", "discrepancy", "quarantine", "relation", "event")


@dataclass(frozen=True)
class Question:
    """What is asked: ``figures`` are rows of name, before and now. Counts and names of files only, nothing of a person."""

    subject: str
    of: str
    sentence: str
    about: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]


def questions(home: Home, contracts: Contracts) -> list[Question]:
    """Everything that waits for a person's decision."""
    return [*_held(home, contracts), *_stopped(home)]


def answer(home: Home, contracts: Contracts, subject: str, said: Answer) -> Decision:
    """Decide on one question. Raises NotFoundError when nothing of that name waits."""
    asked = {q.subject: q for q in questions(home, contracts)}
    if subject not in asked:
        waiting = ", ".join(asked) or "nothing"
        raise NotFoundError(f"{subject} does not wait for a decision; waiting: {waiting}")
    found = asked[subject]
    return decide(home, found.subject, found.of, found.about, said)


def approved_stops(home: Home, day: date, inputs: str) -> frozenset[str]:
    """Rules of the release gate that a person has put up with for exactly this build."""
    found = approvals(home).get((_release_subject(day), inputs))
    return frozenset(found.about) if found and found.verdict == "approved" else frozenset()


# --- held batches ------------------------------------------------------------------------------------------------


def _held(home: Home, contracts: Contracts) -> Iterator[Question]:
    decided = approvals(home)
    last: dict[str, BatchReport] = {}
    for batch in judged(ledger(home), contracts, decided):
        if batch.status == "held":
            dataset, before = contracts.dataset(batch.dataset_id), last.get(batch.dataset_id)
            about = doubts(dataset, batch, before)
            if not is_decided(about, batch, decided):
                figures = (*_batch_figures(before, batch), *_column_figures(dataset, batch))
                yield Question(batch.reference, bytes_digest(batch), batch.reason, tuple(about), figures)
        if batch.status == "accepted":
            last[batch.dataset_id] = batch


def _batch_figures(before: BatchReport | None, now: BatchReport) -> tuple[tuple[str, str, str], ...]:
    def told(batch: BatchReport | None) -> list[str]:
        if batch is None:
            return ["–"] * 5
        files = ", ".join(f.name for f in batch.files)
        return [f"{batch.batch_date}", files, f"{batch.rows:,}", f"{batch.accepted:,}", f"{batch.quarantined:,}"]

    names = ("批次 batch", "文件 file", "行数 rows", "入库 accepted", "隔离 quarantined")
    return tuple(zip(names, told(before), told(now), strict=True))


def _column_figures(dataset: Dataset, now: BatchReport) -> Iterator[tuple[str, str, str]]:
    """The columns that were agreed beside those that came, when they differ."""
    if not now.not_delivered and not now.new_columns:
        return
    agreed = [c for c in dataset.delivered.columns if c.not_taken is None]
    came = len(agreed) - len(now.not_delivered) + len(now.new_columns)
    missing = [f"{c.header} ({c.name})" for c in agreed if c.name in now.not_delivered]
    yield ("列数 columns: agreed, delivered", str(len(agreed)), str(came))
    yield ("缺少的列 missing", ", ".join(missing) or "–", "–")
    yield ("新增的列 new", "–", ", ".join(now.new_columns) or "–")


# --- stopped releases --------------------------------------------------------------------------------------------


def _stopped(home: Home) -> Iterator[Question]:
    decided = approvals(home)
    for path in sorted(home.builds.glob("[0-9]*.json")):
        notes = json.loads(path.read_text(encoding="utf-8"))
        subject = _release_subject(date.fromisoformat(f"{path.stem[:4]}-{path.stem[4:6]}-{path.stem[6:8]}"))
        if not notes.get("stops") or (subject, notes["inputs"]) in decided:
            continue
        failed = [c | {"gate": g["gate"]} for g in notes["gates"] for c in g["failed"] if c["severity"] == "stop"]
        if any(c["gate"] != "release" for c in failed):
            continue  # a build that is not sound is mended and not approved
        about = tuple(sorted({c["rule"] for c in failed}))
        figures = (*_release_figures(home, path.with_suffix(".release.duckdb")), *(_check_figure(c) for c in failed))
        yield Question(subject, notes["inputs"], "; ".join(notes["stops"]), about, figures)


def _release_subject(day: date) -> str:
    return f"release/{day:%Y%m%d}"


def _check_figure(check: dict[str, Any]) -> tuple[str, str, str]:
    observed = check["observed"]
    return (f"{check['sentence']} {check['rule']}", "–", f"{observed:.4g}" if isinstance(observed, float) else str(observed))


def _release_figures(home: Home, build: Path) -> tuple[tuple[str, str, str], ...]:
    before = _counts(published(home)) if release.last_release(home) else {}
    now = _counts(build) if build.exists() else {}
    return tuple((name, before.get(name, "–"), now.get(name, "–")) for name in COMPARED)


def _counts(database: Path) -> dict[str, str]:
    with open_read_only(database) as connection:
        return {t: f"{connection.table(t).count('*').fetchall()[0][0]:,}" for t in COMPARED}


def key(question: Question) -> str:
    """A short name of a question, the same as long as it asks the same."""
    return hashlib.sha256(f"{question.subject} {question.of}".encode()).hexdigest()[:16]
