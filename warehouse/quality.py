"""What the departments are like, as a page for people: figures of the table ``quality``, in Chinese and English, with their trend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup

from contracts.model import RHYTHMS, Contracts
from warehouse.connection import open_read_only
from warehouse.durable import write_text
from warehouse.home import Home
from warehouse.lookup import Row, release_of, rows
from warehouse.places import division_names
from warehouse.publish import published
from warehouse.trend_lines import COLOURS, plot, small_line
from warehouse.wording import reasons

PAGES = Path(__file__).parent / "pages"
FEW = 5
"""Counts of persons below this are not shown: with a place beside them they point at somebody."""

KEPT_OUT = {
    "batches_not_accepted": ("批次未接收", "batches not accepted"),
    "rows_kept_out": ("隔离的行", "rows kept out"),
}
# One figure a release: what is drawn, from which measure, and whether it is a share.
TRENDS = (
    ("完整率 completeness, %", "completeness", True),
    ("一致率 agreement, %", "agreement", True),
    ("未结工单 orders open", "orders_open", False),
    ("逾期工单 orders overdue", "orders_overdue", False),
)


def quality_page(home: Home, contracts: Contracts) -> Path:
    """Write ``reports/<release>/quality.html`` of the published release; answers the file."""
    database = published(home)
    target = home.reports / database.stem.removeprefix("release_") / "quality.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    with open_read_only(database) as connection:
        page = _page(_Figures(connection, contracts))
    write_text(target, page)
    return target


class _Figures:
    """The figures of one release, and the words of the contracts for them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
        self.connection = connection
        self.contracts = contracts
        self.release = release_of(connection)
        self.offices = {d.department: d.office for d in contracts.datasets}
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW figure AS SELECT * FROM quality WHERE release_id = "
            f"'{self.release.release_id}'"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW figure_before AS SELECT * FROM quality WHERE release_id ="
            f" (SELECT max(release_id) FROM quality WHERE as_of < DATE '{self.release.as_of}')"
        )
        # of a day that was released twice the later release counts
        connection.execute(
            "CREATE OR REPLACE TEMP VIEW figure_by_day AS FROM quality SEMI JOIN"
            " (SELECT as_of, max(release_id) AS release_id FROM quality GROUP BY as_of) AS newest USING (as_of, release_id)"
        )
        self.days = [row["as_of"] for row in self.ask("SELECT DISTINCT as_of FROM quality ORDER BY as_of")]

    def ask(self, query: str, *values: Any) -> list[Row]:
        return rows(self.connection, query, values)

    def sums(self, by: Sequence[str], measure: str, of: str = "figure") -> dict[tuple[Any, ...], tuple[int, int]]:
        """Of each group the sums of part and whole; ``of`` the release before they are in ``figure_before``."""
        names = ", ".join(by)
        found = self.ask(f"SELECT {names}, sum(part) AS part, sum(whole) AS whole FROM {of} WHERE measure = ? GROUP BY {names}", measure)
        return {tuple(row[name] for name in by): (int(row["part"]), int(row["whole"] or 0)) for row in found}

    def trend(self, by: str, measure: str, is_share: bool) -> dict[Any, list[float | None]]:
        """Of each group the figure of every day: a share in percent, or a count; what is about fewer than ``FEW`` is not told."""
        value = f"CASE WHEN sum(whole) >= {FEW} THEN 100.0 * sum(part) / sum(whole) END" if is_share else "sum(part)"
        found = self.ask(f"SELECT {by}, as_of, {value} AS value FROM figure_by_day WHERE measure = ? GROUP BY {by}, as_of", measure)
        absent = None if is_share else 0.0
        lines: dict[Any, list[float | None]] = {row[by]: [absent] * len(self.days) for row in found}
        place = {day: number for number, day in enumerate(self.days)}
        for row in found:
            lines[row[by]][place[row["as_of"]]] = None if row["value"] is None else float(row["value"])
        return lines


def _page(figures: _Figures) -> str:
    templates = Environment(loader=FileSystemLoader(PAGES), autoescape=select_autoescape())
    return templates.get_template("quality.html").render(
        release=figures.release.release_id,
        as_of=figures.release.as_of,
        few=FEW,
        departments=_departments(figures),
        colours=dict(zip(figures.offices, itertools.cycle(COLOURS))),
        plots=[Markup(_plot(figures, *trend)) for trend in TRENDS],
        data=_data(figures),
        datasets=_datasets(figures),
        errors=_errors(figures),
        townships=_townships(figures),
    )


def _share(found: tuple[int, int] | None) -> str:
    if found is None or not found[1]:
        return "—"
    return f"{100 * found[0] / found[1]:.1f}%"


def _many(count: int) -> str:
    return f"<{FEW}" if 0 < count < FEW else f"{count:,}"


def _trend(now: int, before: int) -> str:
    """Which way a count has gone since the release before; a change of few is not told exactly."""
    change = now - before
    if not change:
        return "="
    return ("▲" if change > 0 else "▼") + _many(abs(change))


def _departments(figures: _Figures) -> list[Row]:
    of: Callable[[str], dict[tuple[Any, ...], tuple[int, int]]] = lambda measure: figures.sums(["department"], measure)  # noqa: E731
    complete, agree, timely = of("completeness"), of("agreement"), of("timeliness")
    kept, opened, overdue = of("rows_kept_out"), of("orders_open"), of("orders_overdue")
    return [
        {
            "department": name,
            "office": office,
            "completeness": _share(complete.get((name,))),
            "agreement": _share(agree.get((name,))),
            "timeliness": "{}/{}".format(*timely.get((name,), (0, 0))),
            "is_late": len({*timely.get((name,), (0, 0))}) > 1,
            "kept_out": f"{kept.get((name,), (0, 0))[0]:,}",
            "open": _many(opened.get((name,), (0, 0))[0]),
            "overdue": _many(overdue.get((name,), (0, 0))[0]),
            "is_overdue": bool(overdue.get((name,), (0, 0))[0]),
        }
        for name, office in figures.offices.items()
    ]


def _data(figures: _Figures) -> list[Row]:
    complete, agree = figures.sums(["datum"], "completeness"), figures.sums(["datum"], "agreement")
    opened, overdue = figures.sums(["datum"], "orders_open_about"), figures.sums(["datum"], "orders_overdue_about")
    before = figures.sums(["datum"], "orders_open_about", "figure_before")
    completed, agreed = figures.trend("datum", "completeness", True), figures.trend("datum", "agreement", True)
    waiting = figures.trend("datum", "orders_open_about", False)
    found = []
    for datum in figures.contracts.catalogue.data:
        owner = next((d for d in figures.contracts.datasets if d.id == datum.owner), None)
        if owner is None or (datum.name,) not in complete:
            continue
        part, whole = complete[(datum.name,)]
        yes, compared = agree.get((datum.name,), (0, 0))
        found.append(
            {
                "label": datum.label,
                "label_en": datum.label_en,
                "office": owner.office,
                "title": owner.title,
                "completeness": _share((part, whole)),
                "completeness_line": _line(completed.get(datum.name), True),
                "agreement": _share((yes, compared)),
                "agreement_line": _line(agreed.get(datum.name), True),
                "open_line": _line(waiting.get(datum.name), False),
                "compared": f"{compared:,}" if compared else "",
                "open": _many(now := opened.get((datum.name,), (0, 0))[0]),
                "overdue": _many(overdue.get((datum.name,), (0, 0))[0]),
                "trend": _trend(now, before.get((datum.name,), (0, 0))[0]) if before else "",
            }
        )
    return found


def _datasets(figures: _Figures) -> list[Row]:
    timely = figures.sums(["department", "dataset"], "timeliness")
    days = figures.sums(["department", "dataset"], "days_behind")
    return [
        {
            "title": d.title,
            "dataset": d.id,
            "office": d.office,
            "cadence": RHYTHMS[d.delivery.cadence].label,
            "days": days.get((d.department, d.name), ("—",))[0],
            "on_time": {None: "—", 0: "否 no", 1: "是 yes"}[timely.get((d.department, d.name), (None,))[0]],
        }
        for d in figures.contracts.datasets
    ]


def _errors(figures: _Figures) -> list[Row]:
    labels = {datum.name: datum.label for datum in figures.contracts.catalogue.data}
    titles = {(d.department, d.name): d.title for d in figures.contracts.datasets}
    sentences = {rule.id: (rule.sentence, rule.sentence_en) for rule in figures.contracts.rules}
    found = figures.ask(
        "SELECT measure, department, CASE WHEN datum IS NULL THEN dataset END AS dataset, datum, class, sum(part)::BIGINT AS count"
        " FROM figure WHERE measure IN ('batches_not_accepted', 'rows_kept_out', 'disputed') GROUP BY ALL"
        " ORDER BY count DESC, measure, department, dataset, datum, class"
    )
    return [
        {
            "words": words[0],
            "words_en": words[1],
            "office": figures.offices.get(row["department"], row["department"]),
            "where": labels.get(row["datum"]) or titles.get((row["department"], row["dataset"]), row["dataset"]),
            "count": _many(row["count"]) if row["measure"] == "disputed" else f"{row['count']:,}",
        }
        for row in found
        for words in [_words(row, sentences)]
    ]


def _words(row: Row, sentences: dict[str, tuple[str, str]]) -> tuple[str, str]:
    """What a class of errors is called, in Chinese and English."""
    if row["measure"] == "disputed":
        return sentences.get(row["class"], ("与数源不一致", "differs from the owner"))
    kept, kept_en = KEPT_OUT[row["measure"]]
    return f"{kept}：{reasons().get(row['class'], row['class'])}", f"{kept_en}: {row['class']}"


def _townships(figures: _Figures) -> list[Row]:
    by = ["township", "department"]
    measures = ("completeness", "agreement", "orders_open", "orders_overdue")
    complete, agree, opened, overdue = (figures.sums(by, measure) for measure in measures)
    names = sorted({township for township, _ in complete if township})
    counties = division_names(figures.contracts.divisions)
    lines = [(figures.trend("township", measure, is_share), is_share) for _, measure, is_share in TRENDS[:3]]
    return [
        {
            "township": township,
            "county": counties.get(township[:6], {}).get("county", ""),
            "lines": [_line(line.get(township), is_share) for line, is_share in lines],
            "cells": [
                {
                    "completeness": _hidden(complete.get((township, department))),
                    "agreement": _hidden(agree.get((township, department))),
                    "open": _many(opened.get((township, department), (0, 0))[0]),
                    "overdue": _many(overdue.get((township, department), (0, 0))[0]),
                }
                for department in figures.offices
            ],
        }
        for township in names
    ]


def _hidden(found: tuple[int, int] | None) -> str:
    """A share of few is not shown either."""
    return _share(found) if found and found[1] >= FEW else "—"


def _line(values: Sequence[float | None] | None, is_share: bool) -> Markup:
    """The line beside a figure; a count of few stands where ``FEW`` stands."""
    return small_line([None if v is None else v if is_share else max(v, float(FEW)) for v in values or ()], is_share)


def _plot(figures: _Figures, title: str, measure: str, is_share: bool) -> str:
    """A line a department; the page tells whose colour is whose."""
    found, absent = figures.trend("department", measure, is_share), [None if is_share else 0.0] * len(figures.days)
    return f"<strong>{title}</strong>" + plot([found.get(each, absent) for each in figures.offices], figures.days, is_share, measure)
