"""Three gates: what a batch brought, what a build made of it, and whether it may follow the release before.

A check that stops refuses the batch or the release; a note is for a person to read. Great Expectations
evaluates them all; its Data Docs are written to ``docs/<gate>`` and hold counts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from contracts.model import Contracts, Dataset
from expectations.result import Check, Gate, GateResult, Severity
from expectations.rulebook import Asked, GateRule, Subject, ask, columns_of, data_of, load_rules
from expectations.workspace import (
    BatchFile,
    agree,
    agree_years,
    attach,
    columns_of_table,
    count_origins,
    gather_measures,
    newest_day,
    share_of_new_datasets,
    view_accepted,
    view_batch,
    view_tables,
    view_together,
    workspace,
)

if TYPE_CHECKING:
    from expectations.evaluate import Evaluation

__all__ = [
    "BatchFile",
    "Check",
    "Gate",
    "GateResult",
    "Severity",
    "check_batches",
    "check_build",
    "check_release",
]


def check_batches(batches: Sequence[BatchFile], contracts: Contracts, docs: Path) -> list[GateResult]:
    """Whether each normalised batch holds what its contract promises: one result a batch, in their order."""
    from expectations.evaluate import Evaluation  # noqa: PLC0415

    if not batches:
        return []
    with workspace(docs) as connection:
        gate = _BatchGate(connection, contracts, batches)
        evaluation = Evaluation(connection)
        measured = gate.measured(evaluation)
        rows = gate.rows(evaluation)
        evaluation.write_docs(docs / "batch")
    return [
        GateResult("batch", batch.subject, _of_table((*measured[i], *rows[i]), gate.dataset(batch).table))
        for i, batch in enumerate(batches)
    ]


def check_build(
    database: Path,
    contracts: Contracts,
    docs: Path,
    *,
    as_of: date | None = None,
    batches: Sequence[BatchFile] = (),
) -> GateResult:
    """Whether a finished build, closed by its writer, is sound in itself.

    ``as_of`` defaults to the day of its newest batch. With ``batches`` every accepted row is looked for.
    """
    data = data_of(contracts)
    names = [datum.name for datum in data]
    with workspace(docs) as connection:
        tables = view_tables(connection, database)
        tables |= agree(connection, contracts) | count_origins(connection, tables) | view_accepted(connection, batches, contracts)
        tables |= agree_years(connection, contracts, tables)
        day = as_of or newest_day(connection, tables)
        words = {"as_of": day.isoformat(), "data": names, "person_columns": ["person_id", *names]}
        return _answered(connection, "build", database.stem, ask(_rules("build"), data, words, tables), docs)


def check_release(database: Path, previous: Path | None, contracts: Contracts, docs: Path) -> GateResult:
    """Whether a build may follow the release before it: nothing large vanishes or changes at once."""
    if previous is None:
        return GateResult("release", database.stem, (_FIRST_RELEASE,))
    subject = f"{database.stem} after {previous.stem}"
    with workspace(docs) as connection:
        tables = view_tables(connection, database)
        tables |= {f"previous.{table}" for table in attach(connection, previous, "previous")}
        if _is_mostly_new(connection, tables):
            return GateResult("release", subject, (_NEW_REGISTERS,))
        # A datum that the catalogue has gained since cannot be compared.
        before = columns_of_table(connection, "previous.person")
        data = [datum for datum in data_of(contracts) if datum.name in before]
        asked = ask(_rules("release"), data, {}, tables)
        return _answered(connection, "release", subject, asked, docs)


_FIRST_RELEASE = Check(
    rule="release_before",
    table="release",
    column=None,
    severity="note",
    passed=False,
    observed=0,
    sentence="没有上一个发布版本可供比对，本次发布未作前后比较。",
    sentence_en="There is no release before this one, so nothing was compared.",
)


_NEW_REGISTERS = replace(
    _FIRST_RELEASE,
    sentence="本次发布的来源记录半数以上来自上一版本尚未包含的数据集，上一版本不足为据，未作前后比较。",
    sentence_en="More than half of the source records are of datasets that the release before had nothing of, so nothing was compared.",
)


def _is_mostly_new(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> bool:
    """Whether a release before that had only the first departments' deliveries is no measure for this one."""
    return {"person_record", "previous.person_record"} <= tables and share_of_new_datasets(connection) > 0.5


def _answered(
    connection: duckdb.DuckDBPyConnection, gate: Gate, subject: str, asked: Sequence[Asked], docs: Path
) -> GateResult:
    from expectations.evaluate import Evaluation  # noqa: PLC0415

    gather_measures(connection, asked)
    evaluation = Evaluation(connection)
    checks = evaluation.checks(subject, asked)
    evaluation.write_docs(docs / gate)
    return GateResult(gate, subject, checks)


class _BatchGate:
    """Batches of one dataset are read together; only where something is wrong are they read one by one."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, contracts: Contracts, batches: Sequence[BatchFile]
    ) -> None:
        self._connection = connection
        self._contracts = contracts
        self._batches = batches
        self._views = [self._view(number, batch) for number, batch in enumerate(batches)]

    def _view(self, number: int, batch: BatchFile) -> str:
        dataset = self.dataset(batch)
        name = f"{dataset.table}__{batch.batch_date:%Y%m%d}_{number}"
        return view_batch(self._connection, name, batch, dataset)

    def dataset(self, batch: BatchFile) -> Dataset:
        return self._contracts.dataset(batch.dataset)

    def measured(self, evaluation: Evaluation) -> list[tuple[Check, ...]]:
        """Shares and differences, each batch for itself."""
        asked = [self._asked(i, measures=True) for i in range(len(self._batches))]
        flat = [a for one in asked for a in one]
        gather_measures(self._connection, flat)
        checks = iter(evaluation.checks("measures", flat))
        return [tuple(next(checks) for _ in one) for one in asked]

    def rows(self, evaluation: Evaluation) -> list[tuple[Check, ...]]:
        """Checks of single rows."""
        answers: dict[int, tuple[Check, ...]] = {}
        ordered = sorted(range(len(self._batches)), key=lambda i: self._batches[i].dataset)
        for _, group in groupby(ordered, key=lambda i: self._batches[i].dataset):
            answers |= self._rows_of_dataset(evaluation, list(group))
        return [answers[i] for i in range(len(self._batches))]

    def _rows_of_dataset(self, evaluation: Evaluation, members: list[int]) -> dict[int, tuple[Check, ...]]:
        if len(members) > 1:
            name = self.dataset(self._batches[members[0]]).table
            view = view_together(self._connection, name, [self._views[i] for i in members])
            together = evaluation.checks(view, self._asked(members[0], measures=False, table=view))
            if all(check.passed for check in together):
                return dict.fromkeys(members, together)
        return {i: evaluation.checks(self._views[i], self._asked(i, measures=False)) for i in members}

    def _asked(self, number: int, *, measures: bool, table: str | None = None) -> list[Asked]:
        batch = self._batches[number]
        rules = [rule for rule in _rules("batch") if (rule.measure is not None) == measures]
        words = _facts(batch, self.dataset(batch), table or self._views[number])
        return ask(rules, self._columns(batch), words, set())

    def _columns(self, batch: BatchFile) -> list[Subject]:
        return columns_of(self.dataset(batch), self._contracts)


def _facts(batch: BatchFile, dataset: Dataset, view: str) -> dict[str, str]:
    return {
        "batch": view,
        "batch_date": batch.batch_date.isoformat(),
        "rows": str(batch.rows),
        "accepted": str(batch.accepted),
        "quarantined": str(batch.quarantined),
        "quarantine_bound": str(dataset.delivery.quarantine_bound),
    }


def _rules(gate: Gate) -> list[GateRule]:
    return [rule for rule in load_rules() if rule.gate == gate]


def _of_table(checks: tuple[Check, ...], table: str) -> tuple[Check, ...]:
    return tuple(replace(check, table=table) for check in checks)
