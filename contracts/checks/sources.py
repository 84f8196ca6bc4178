"""Checks of where a dataset is pulled from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding
from contracts.model import PagesSource, ViewSource

WRITES = {"postgresql": "parquet", "http": "jsonl"}
WORD = re.compile(r"[a-z][a-z0-9_]*")


def sources_write_an_agreed_file(agreed: Agreement) -> Iterator[Finding]:
    """What is read from a database or an API becomes a file of its own kind, whose name the delivery must agree to."""
    for dataset in agreed.contracts.datasets:
        source = dataset.pulled_from
        form = WRITES.get(source.kind) if source else None
        if source and form and form not in {layout.format for layout in dataset.delivery.layouts}:
            what = f"a source of kind {source.kind} writes {form}, which no layout agrees to"
            remedy = f"add to delivery.layouts: {{files: ..., format: {form}}}"
            yield Finding("error", agreed.shown(dataset.source), "source.kind", what, remedy)


def connections_have_plain_names(agreed: Agreement) -> Iterator[Finding]:
    """A connection's name is part of a variable's name (AIRFLOW_CONN_<NAME>)."""
    for dataset in agreed.contracts.datasets:
        if dataset.pulled_from and not WORD.fullmatch(dataset.pulled_from.connection):
            what = f"{dataset.pulled_from.connection!r} is no name of a connection"
            remedy = "small letters, digits and _ only"
            yield Finding("error", agreed.shown(dataset.source), "source.connection", what, remedy)


def watermarks_are_columns(agreed: Agreement) -> Iterator[Finding]:
    """A watermark is one of the view's own columns; a delta from a view or an API says what is new by one."""
    for dataset in agreed.contracts.datasets:
        source, file = dataset.pulled_from, agreed.shown(dataset.source)
        if not isinstance(source, ViewSource):
            continue
        headers = {c.header for c in dataset.columns}
        if source.watermark and source.watermark not in headers:
            what = f"names column {source.watermark}, which the view does not have"
            yield Finding("error", file, "source.watermark", what, f"name one of {', '.join(sorted(headers))}")
        if dataset.delivery.mode == "delta" and not source.watermark:
            what = "a delta from a view needs a watermark"
            yield Finding("error", file, "source.watermark", what, "name the column of the time of change")


def paths_of_pages_are_absolute(agreed: Agreement) -> Iterator[Finding]:
    """The host is the connection's; the contract says the path, from the root."""
    for dataset in agreed.contracts.datasets:
        source = dataset.pulled_from
        if isinstance(source, PagesSource) and not source.path.startswith("/"):
            what = f"{source.path!r} does not begin with /"
            yield Finding("error", agreed.shown(dataset.source), "source.path", what, "write /... without the host")


CHECKS: tuple[Check, ...] = (
    sources_write_an_agreed_file,
    connections_have_plain_names,
    watermarks_are_columns,
    paths_of_pages_are_absolute,
)
