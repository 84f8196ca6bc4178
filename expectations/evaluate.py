"""Evaluate what was asked with Great Expectations, and write its Data Docs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from expectations.result import NOT_EVALUATED, Check
from expectations.rulebook import Asked

_SEVERITY = {"stop": "critical", "note": "warning"}
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}


class Evaluation:
    """One data context of Great Expectations over one DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        import great_expectations  # noqa: PLC0415

        from expectations import gx_duckdb  # noqa: PLC0415

        self._pages: dict[str, dict[str, Any]] = {}
        with _silence():
            self._gx, self._duckdb = great_expectations, gx_duckdb
            self._context = great_expectations.get_context(mode="ephemeral")
            self._context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
            sources: Any = self._context.data_sources
            self._source = sources.add_duckdb(
                "renkou", connection_string="duckdb://", kwargs=gx_duckdb.connecting(connection)
            )

    def checks(self, subject: str, asked: Sequence[Asked]) -> tuple[Check, ...]:
        """The answers, in the order asked; one validation a table."""
        answers: dict[int, Check] = {}
        numbered = sorted(enumerate(asked), key=lambda pair: (pair[1].asset, pair[0]))
        with _silence():
            for asset, group in groupby(numbered, key=lambda pair: pair[1].asset):
                wanted = dict(group)
                try:
                    answers |= self._validated(subject, asset, wanted)
                except self._duckdb.TestConnectionError:
                    answers |= {number: _answer(one, False, NOT_EVALUATED) for number, one in wanted.items()}
        return tuple(answers[number] for number in range(len(asked)))

    def _validated(self, subject: str, asset: str, asked: dict[int, Asked]) -> dict[int, Check]:
        name = _page_name(subject if asset == subject else f"{subject} {asset}")
        suite = self._gx.ExpectationSuite(
            name, expectations=[self._expectation(n, a) for n, a in asked.items()]
        )
        definition = self._gx.ValidationDefinition(
            name=name, data=self._table(asset), suite=self._context.suites.add(suite)
        )
        outcome = self._context.validation_definitions.add(definition).run(result_format=_COUNTS_ONLY)
        self._pages[name] = outcome.statistics
        answers = {}
        for result in outcome.results:
            number = _number(result)
            answers[number] = _check(asked[number], result)
        return answers

    def _table(self, name: str) -> Any:
        if name not in self._source.get_asset_names():
            asset = self._source.add_table_asset(name, table_name=name)
            asset.add_batch_definition_whole_table("all")
        return self._source.get_asset(name).get_batch_definition("all")

    def _expectation(self, number: int, asked: Asked) -> Any:
        arguments = dict(asked.arguments)
        if asked.expectation == self._duckdb.ExpectNoOffendingRows.__name__:
            kind: Any = self._duckdb.ExpectNoOffendingRows
            arguments["unexpected_rows_query"] = self._duckdb.escaped(arguments["unexpected_rows_query"])
        else:
            kind = getattr(self._gx.expectations, asked.expectation)
        return kind(
            **arguments,
            severity=_SEVERITY[asked.severity],
            description=f"{asked.sentence} {asked.sentence_en}",
            meta={"number": number, "rule": asked.rule},
        )

    def write_docs(self, folder: Path) -> None:
        """The validations so far as a static site, replacing what the folder held."""
        from expectations.docs_site import write_site  # noqa: PLC0415

        with _silence():
            write_site(self._context, folder, self._pages)


@contextmanager
def _silence() -> Iterator[None]:
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


def _page_name(text: str) -> str:
    """As a folder of the Data Docs: a dot or space would make other folders or awkward addresses."""
    return text.replace(".", "_").replace(" ", "-")


def _number(result: Any) -> int:
    return int(result.expectation_config.meta["number"])


def _check(asked: Asked, result: Any) -> Check:
    if _raised(result.exception_info):
        return _answer(asked, False, NOT_EVALUATED)
    return _answer(asked, bool(result.success), _observed(result.result))


def _answer(asked: Asked, passed: bool, observed: int | float | str) -> Check:
    return Check(
        rule=asked.rule,
        table=asked.table,
        column=asked.column,
        # What cannot be evaluated is never merely noted: nobody knows what it would have said.
        severity="stop" if observed == NOT_EVALUATED else asked.severity,
        passed=passed,
        observed=observed,
        sentence=asked.sentence,
        sentence_en=asked.sentence_en,
    )


def _raised(info: dict[str, Any]) -> bool:
    """GX says it in one of two shapes: one answer, or one a metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(_raised(metric) for metric in info.values() if isinstance(metric, dict))


def _observed(result: dict[str, Any]) -> int | float:
    if "unexpected_count" in result:
        return result["unexpected_count"] or 0  # GX says None where there is no row at all
    value = result.get("observed_value")
    if isinstance(value, int | float):
        return value
    return len(result.get("details", {}).get("mismatched", {}).get("missing", ()))
