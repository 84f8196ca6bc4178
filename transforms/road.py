"""The stages of the road, from a delivery to an extract: the same functions for a hand at the console (``run``) and for the DAGs.

A build is of one day: all batches up to that day. Between the stages it lies in ``builds/``, and its notes beside it.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from contracts.model import Contracts
from transforms import release
from transforms.declarations import declare, prepare_declarations
from transforms.events import event_build
from transforms.freshness import write_freshness
from transforms.history import history_build, numbers_borne
from transforms.link import link_build, prepare_comparisons
from transforms.prepare import prepare_build
from transforms.quality import quality_build
from transforms.questions import approved_stops
from transforms.reconcile import reconcile_build
from transforms.review import prepare_decisions
from transforms.take_in.batches import is_taken_in, take_in_delivery
from transforms.take_in.deliveries import deliveries, delivery
from transforms.take_in.ledger import BatchReport, ledger
from transforms.take_in.verdicts import is_gated, judged, why_kept_out, write_gate
from transforms.unify import unify_build
from transforms.withhold import withhold
from warehouse.approvals import approvals
from warehouse.connection import open_database
from warehouse.durable import write_text
from warehouse.extract import extract
from warehouse.extract import is_due as extract_is_due
from warehouse.faults import NotFoundError
from warehouse.home import Home
from warehouse.publish import publish as publish_file
from warehouse.publish import published

Outcome = TypeVar("Outcome")

STAGES = ("prepare", "link", "unify", "reconcile", "validate", "publish")


@dataclass(frozen=True)
class GateReport:
    """What the gates said of a build; ``stops`` are the sentences of the checks that refuse it."""

    passed: bool
    stops: tuple[str, ...]
    gates: tuple[dict[str, Any], ...]


# --- taking in --------------------------------------------------------------------------------------------------


def waiting_batches(
    home: Home, contracts: Contracts, landing: Path, department: str | None = None, as_of: date | None = None
) -> list[str]:
    """References (``department/dataset/yyyymmdd``) of batches not yet taken in, or changed since, in order of date."""
    return [d.reference for d in deliveries(landing, contracts, department, as_of) if not is_taken_in(home, d)]


def take_in(home: Home, contracts: Contracts, landing: Path, reference: str) -> BatchReport:
    """Land and normalise one batch, and answer the verdict on it. Bad data is no error here: it makes a refused or a held batch, or
    quarantined rows.
    """
    return verdicts_on(home, contracts, [land(home, contracts, landing, reference)])[0]


def land(home: Home, contracts: Contracts, landing: Path, reference: str) -> BatchReport:
    """Land and normalise one batch; the verdict on it is still to come (``verdicts_on``)."""
    department, name, day = reference.split("/")
    found = delivery(contracts.dataset(f"{department}/{name}"), date.fromisoformat(day), landing / reference, contracts)
    return take_in_delivery(home, contracts, found)


def verdicts_on(home: Home, contracts: Contracts, attempts: list[BatchReport]) -> list[BatchReport]:
    """What is thought of the batches that were just landed; one that does not count for its day stands as it was landed."""
    known = {batch.folder: batch for batch in batches_known(home, contracts)}
    return [known.get(attempt.folder) or _not_counted(attempt) for attempt in attempts]


def _not_counted(attempt: BatchReport) -> BatchReport:
    told = "; an earlier reading of that day counts on, by the contract of then"
    return replace(attempt, reason=attempt.reason.removesuffix(told) + told) if attempt.status == "accepted" and attempt.reason else attempt


def batches_known(home: Home, contracts: Contracts) -> list[BatchReport]:
    """The ledger with the verdict on each batch."""
    return judged(ledger(home), contracts, approvals(home))


# --- building ---------------------------------------------------------------------------------------------------


def days_to_build(home: Home, contracts: Contracts, as_of: date | None = None) -> list[date]:
    """Days whose release is missing, oldest first. Where none is, the published day, if its release would now come out otherwise (a late
    batch, a contract changed or taken away, a decision, a submission); a day that is missing takes that in, and what was published
    before it stands.
    """
    batches = batches_known(home, contracts)
    days = sorted({b.batch_date for b in batches if as_of is None or b.batch_date <= as_of})
    last = release.last_release(home)
    if last is None:
        return days
    if missing := [day for day in days if day > last.as_of]:
        return missing
    if as_of is not None and as_of < last.as_of:
        return []
    return [last.as_of] if last.inputs != release.inputs_of(home, batches, contracts, last.as_of) else []


def release_file_of(home: Home, day: date) -> Path:
    """The release of a day while it is built."""
    return home.builds / f"{day:%Y%m%d}.release.duckdb"


def _notes_file(home: Home, day: date) -> Path:
    return home.builds / f"{day:%Y%m%d}.json"


def _note(home: Home, day: date, **found: Any) -> None:
    path = _notes_file(home, day)
    notes = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    write_text(path, json.dumps(notes | found, ensure_ascii=False, indent=1, default=str))


def _notes(home: Home, day: date) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_notes_file(home, day).read_text(encoding="utf-8"))
    return content


def _clocked(stage: Callable[[Home, Contracts, date], Outcome]) -> Callable[[Home, Contracts, date], Outcome]:
    """A stage whose seconds stand in the notes of its build, whoever calls it. Raises NotFoundError where there is no build to go on
    with.
    """

    @functools.wraps(stage)
    def clocked(home: Home, contracts: Contracts, day: date) -> Outcome:
        if stage.__name__ != STAGES[0] and not _notes_file(home, day).exists():
            what = f"there is no build of {day} to go on with: it was published, or thrown away"
            raise NotFoundError(f"{what}; begin again with {STAGES[0]} (in Airflow, clear it with what follows)")
        began = time.perf_counter()
        outcome = stage(home, contracts, day)
        taken = _notes(home, day).get("seconds", {}) | {stage.__name__: round(time.perf_counter() - began, 3)}
        _note(home, day, seconds=taken)
        return outcome

    return clocked


@_clocked
def prepare(home: Home, contracts: Contracts, day: date) -> None:
    """Open the build of ``day`` anew from the batches that the batch gate lets in; what a killed build left is thrown away.

    Raises NotFoundError for a day before the published release, in whose place its release would be read.
    """
    if (last := release.last_release(home)) and day < last.as_of:
        raise NotFoundError(f"{last.release_id} is published, and {day} lies before it: what came late is in the newest day's release")
    _gate_batches(home, contracts, day)
    build = home.build_file(day)
    home.builds.mkdir(parents=True, exist_ok=True)
    _clear_builds(home, day)
    batches = batches_known(home, contracts)
    read = [b for b in batches if b.status == "accepted" and b.batch_date <= day]
    _note(home, day, reads=[str(b.folder.relative_to(home.landed)) for b in read])
    with open_database(build) as connection:
        release.take_over(connection, home, day)
        prepare_build(connection, contracts, batches, day)
        prepare_decisions(connection, home)
        prepare_declarations(connection, home, contracts)
        write_freshness(connection, contracts, batches, day)
        release_id = release.next_release_id(connection, day)
    _note(home, day, release_id=release_id, inputs=release.inputs_of(home, batches, contracts, day))


def _clear_builds(home: Home, day: date) -> None:
    """Throw away what is left of builds up to ``day``; one that was stopped before it is not waited for any more."""
    for spent in home.builds.glob("[0-9]*.*"):
        if spent.is_file() and spent.name[:8] <= f"{day:%Y%m%d}":
            spent.unlink()


def clear_published(home: Home) -> None:
    """Throw away what a run left that was killed between publishing and clearing."""
    last = release.last_release(home)
    # a run that a full disk ended may have left notes without a number
    if last and _notes_file(home, last.as_of).exists() and _notes(home, last.as_of).get("release_id") == last.release_id:
        _clear_builds(home, last.as_of)


@_clocked
def link(home: Home, contracts: Contracts, day: date) -> None:
    """Which records speak of the same person."""
    with open_database(home.build_file(day)) as connection:
        link_build(connection, contracts, _notes(home, day)["release_id"])


@_clocked
def unify(home: Home, contracts: Contracts, day: date) -> None:
    """One source per datum, what it was before, and what happened."""
    release_file = release_file_of(home, day)
    release_id = _notes(home, day)["release_id"]
    release_file.unlink(missing_ok=True)
    with open_database(home.build_file(day)) as connection, release.release_beside(connection, release_file):
        prepare_comparisons(connection)
        unify_build(connection, contracts)
        declare(connection, contracts)
        withhold(connection, contracts, day)
        with release.release_before(connection, home) as has_before:
            history_build(connection, contracts, day, release_id, has_before)
            numbers_borne(connection)
            event_build(connection, contracts, day, release_id, has_before)


@_clocked
def reconcile(home: Home, contracts: Contracts, day: date) -> None:
    """Where the sources disagree, and what the departments are like; then complete the release file."""
    notes = _notes(home, day)
    release_file = release_file_of(home, day)
    with open_database(home.build_file(day)) as connection:
        prepare_comparisons(connection)
        with release.release_beside(connection, release_file):
            reconcile_build(connection, contracts, day, notes["release_id"])
            quality_build(connection, contracts, day, notes["release_id"])
        release.assemble(connection, release_file, contracts, notes["release_id"], day, notes["inputs"])


@_clocked
def validate(home: Home, contracts: Contracts, day: date) -> GateReport:
    """The gates of the build, and of the release after the one before."""
    from expectations.gates import check_build, check_release  # noqa: PLC0415

    database = release_file_of(home, day)
    before = release.last_release(home)
    used = [
        _batch_file(b)
        for b in batches_known(home, contracts)
        if b.status == "accepted" and b.batch_date <= day and (before is None or b.batch_date > before.as_of)
    ]
    results = [
        check_build(database, contracts, home.data_docs, as_of=day, batches=used),
        check_release(database, published(home) if before else None, contracts, home.data_docs),
    ]
    borne = approved_stops(home, day, _notes(home, day)["inputs"])
    stops = tuple(
        f"{r.gate} {r.subject}: {c.rule}: {c.sentence_en}"
        for r in results
        for c in r.stops
        if not (r.gate == "release" and c.rule in borne)
    )
    report = GateReport(not stops, stops, tuple(r.to_json() for r in results))
    _note(home, day, gates=report.gates, stops=stops, borne=sorted(borne))
    return report


def _gate_batches(home: Home, contracts: Contracts, day: date) -> None:
    """Ask the batch gate about every batch up to ``day`` that it has not seen; a batch that it stops is refused, alone."""
    from expectations.gates import check_batches  # noqa: PLC0415

    waiting = [b for b in batches_known(home, contracts) if b.status == "accepted" and b.batch_date <= day and not is_gated(b)]
    results = check_batches([_batch_file(b) for b in waiting], contracts, home.data_docs)
    for batch, result in zip(waiting, results, strict=True):
        stops = [f"{check.rule}: {check.sentence_en}; see {home.data_docs / 'batch'}" for check in result.stops]
        told = [why_kept_out(batch)] if stops and batch.quarantined else []
        write_gate(batch, result.to_json(), stops + told)


def _batch_file(batch: BatchReport) -> Any:
    from expectations.gates import BatchFile  # noqa: PLC0415

    return BatchFile(
        batch.dataset_id, batch.batch_date, (batch.normalised,), batch.rows, batch.accepted, batch.quarantined
    )


def publish(home: Home, contracts: Contracts, day: date) -> str:
    """Move the checked release into place; readers of the one before are not disturbed. Answers the release id.

    Killed after the move and called again, it answers the release that is out.
    """
    from warehouse.orders import send_orders  # noqa: PLC0415

    last = release.last_release(home)
    if not _notes_file(home, day).exists() and last and last.as_of == day:
        return last.release_id
    release_id: str = _notes(home, day)["release_id"]
    home.reports.mkdir(parents=True, exist_ok=True)
    write_text(home.reports / f"{release_id}.json", _notes_file(home, day).read_text(encoding="utf-8"))
    send_orders(release_file_of(home, day), contracts, home, release_id)
    publish_file(release_file_of(home, day), home, release_id)
    _clear_builds(home, day)
    return release_id


def deliver(home: Home, contracts: Contracts, subscriber: str) -> Path:
    """One subscriber's Parquet extract of the published release; answers its folder."""
    return extract(published(home), contracts, subscriber, home).folder


def is_due(home: Home, contracts: Contracts, subscriber: str) -> bool:
    """Whether the published release is due to a subscriber by the cadence of its contract."""
    return extract_is_due(published(home), contracts, subscriber, home)
