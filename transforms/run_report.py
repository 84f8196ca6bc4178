"""What a build did, for people and for machines: a page with plots, JSON, figures for Prometheus, lineage for OpenLineage.

All of it is counts, names of departments, datasets and columns, days and seconds; nothing of a person.
"""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from contracts.model import Contracts
from transforms import VERSION
from warehouse.connection import open_read_only
from warehouse.durable import write_text
from warehouse.home import Home
from warehouse.publish import published

SHOWN = 30
LABELLED = 10  # builds that are named below a plot
FIGURES = ("rows", "quarantined", "linked", "published")
LABELS = {"rows": "行数 rows in", "quarantined": "隔离 quarantined", "linked": "关联 linked", "published": "发布 published"}
STAGES = {
    "prepare": "备数",
    "link": "关联",
    "unify": "归并",
    "reconcile": "比对",
    "validate": "闸口校验",
    "publish": "发布",
}
PRODUCER = f"urn:renkou:{VERSION}"

BY_DEPARTMENT = {
    "rows": "SELECT department, sum(rows) FROM batch WHERE batch_date = $day GROUP BY department",
    "quarantined": "SELECT department, sum(quarantined) FROM batch WHERE batch_date = $day GROUP BY department",
    "linked": "SELECT department, count(*) FROM person_record WHERE $day IS NOT NULL GROUP BY department",
    "published": "SELECT department, count(*) FROM person_datum WHERE $day IS NOT NULL GROUP BY department",
}

DRIFTED = (
    "SELECT DISTINCT department || '/' || dataset AS batch, reason FROM batch"
    " WHERE batch_date = $day AND status = 'accepted' AND reason <> '' ORDER BY ALL"
)

ASIDE = (
    "SELECT department || '/' || dataset || '/' || strftime(waiting_on, '%Y%m%d') || ': ' || waiting_status FROM freshness"
    " WHERE waiting_status IS NOT NULL ORDER BY ALL"
)
IN_A_ROW = 5  # names in a row of a legend


def write_run_report(home: Home, contracts: Contracts) -> Path:
    """Report on the published release; answers the page. Writing it again changes nothing but the lineage's end."""
    told = measured(home, contracts)
    home.reports.mkdir(parents=True, exist_ok=True)
    write_text(home.reports / f"{told['release_id']}.run.json", json.dumps(told, ensure_ascii=False, indent=1))
    page = home.reports / f"{told['release_id']}.html"
    write_text(page, _page(told, _series(home)))
    _write_metrics(home, told)
    _write_lineage(home, contracts, told)
    return page


def measured(home: Home, contracts: Contracts) -> dict[str, Any]:
    """Figures of the published release, by department."""
    with open_read_only(published(home)) as connection:
        release_id, as_of, built_at = connection.execute(
            "SELECT release_id, as_of, built_at::VARCHAR FROM release ORDER BY as_of DESC, release_id DESC LIMIT 1"
        ).fetchall()[0]
        by = {name: dict(connection.execute(query, {"day": as_of}).fetchall()) for name, query in BY_DEPARTMENT.items()}
        persons, discrepancies = (connection.table(t).count("*").fetchall()[0][0] for t in ("person", "discrepancy"))
        drifted = connection.execute(DRIFTED, {"day": as_of}).fetchall()
        aside = connection.execute(ASIDE).fetchall()
        stale = connection.execute("SELECT department || '/' || dataset FROM freshness WHERE is_stale ORDER BY 1").fetchall()
    notes_file = home.reports / f"{release_id}.json"
    notes = json.loads(notes_file.read_text(encoding="utf-8")) if notes_file.exists() else {}
    failed = [check for gate in notes.get("gates", ()) for check in gate["failed"]]
    return {
        "release_id": release_id,
        "as_of": as_of.isoformat(),
        "built_at": built_at,
        "persons": persons,
        "discrepancies": discrepancies,
        "stale": [name for (name,) in stale],
        "aside": [name for (name,) in aside],
        "drifted": [f"{batch}: {reason}" for batch, reason in drifted],
        "seconds": notes.get("seconds", {}),
        "borne": notes.get("borne", []),
        "notes": [{name: check[name] for name in ("rule", "sentence", "sentence_en", "observed")} for check in failed],
        "offices": {d.department: d.office for d in contracts.datasets},
        "departments": {d: {f: int(by[f].get(d) or 0) for f in FIGURES} for d in contracts.departments},
    }


def _series(home: Home) -> list[dict[str, Any]]:
    """The reports of the last builds, oldest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in home.reports.glob("*.run.json")]
    return sorted(found, key=lambda report: report["release_id"])[-SHOWN:]


# --- the page -----------------------------------------------------------------------------------------------------


def _page(told: dict[str, Any], series: list[dict[str, Any]]) -> str:
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=select_autoescape())
    plots = {name: _plot(name, series) for name in FIGURES}
    built_at = f"{datetime.fromisoformat(told['built_at']).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    figures = {"labels": LABELS, "figures": FIGURES, "plots": plots, "stages": STAGES, "builds": len(series)}
    return environment.get_template("run_report.html").render(figures, told=told, built_at=built_at)


def _plot(name: str, series: list[dict[str, Any]]) -> str:
    """A line a department over the last builds, as SVG that says the same for the same figures."""
    import matplotlib as mpl  # noqa: PLC0415 - costs a second

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 8}
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(5.4, 2.4), layout="constrained")
    axes = figure.add_subplot()
    days = [report["release_id"][4:] for report in series]
    for department in series[-1]["departments"]:
        counts = [report["departments"].get(department, {}).get(name, 0) for report in series]
        axes.plot(days, counts, marker=".", linewidth=1, label=department)
    axes.set_xticks(days[:: 1 + len(days) // LABELLED])
    axes.tick_params(axis="x", rotation=30)
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="y", integer=True)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=min(IN_A_ROW, len(series[-1]["departments"])), frameon=False)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue().partition("<svg")[1] + drawn.getvalue().partition("<svg")[2]


# --- Prometheus ---------------------------------------------------------------------------------------------------


def _write_metrics(home: Home, told: dict[str, Any]) -> None:
    """``reports/metrics.prom`` for node_exporter's textfile collector."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile  # noqa: PLC0415

    registry = CollectorRegistry()

    def gauge(name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"renkou_{name}", words, labels, registry=registry)

    gauge("persons", "Persons in the published release").set(told["persons"])
    gauge("discrepancies", "Discrepancies in the published release").set(told["discrepancies"])
    gauge("stale_datasets", "Datasets for which an older batch stands").set(len(told["stale"]))
    built = datetime.fromisoformat(told["built_at"])
    gauge("release_built_timestamp_seconds", "When the published release was built").set(built.timestamp())
    for name in FIGURES:
        of_name = gauge(f"department_{name}", f"{name} of the published release's day", "department")
        for department, figures in told["departments"].items():
            of_name.labels(department).set(figures[name])
    stages = gauge("stage_seconds", "Seconds that a stage of the last build took", "stage")
    for stage, seconds in told["seconds"].items():
        stages.labels(stage).set(seconds)
    write_to_textfile(str(home.reports / "metrics.prom"), registry)


# --- OpenLineage --------------------------------------------------------------------------------------------------


def columns_of_datum(contracts: Contracts) -> dict[str, list[tuple[str, str, str]]]:
    """For each datum the columns that it may be published from or be compared with: dataset, header, how."""
    found: dict[str, list[tuple[str, str, str]]] = {datum.name: [] for datum in contracts.catalogue.data}
    for datum in contracts.catalogue.data:
        for name in dict.fromkeys((*datum.sources, *datum.checked_by)):
            dataset = next((d for d in contracts.datasets if d.id == name), None)
            if dataset is None:
                continue
            how = "DIRECT" if name in datum.sources else "INDIRECT"
            supplied = {p.data[datum.name].column for p in dataset.persons if datum.name in p.data}
            found[datum.name] += [(name, dataset.column(c).header, how) for c in sorted(filter(None, supplied))]
    return found


def _write_lineage(home: Home, contracts: Contracts, told: dict[str, Any]) -> None:
    """Append one COMPLETE event of the build to ``lineage/events.jsonl`` (OpenLineage 2, facet columnLineage)."""
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState  # noqa: PLC0415
    from openlineage.client.facet_v2 import column_lineage_dataset as lineage  # noqa: PLC0415
    from openlineage.client.serde import Serde  # noqa: PLC0415

    def source(dataset: str) -> tuple[str, str]:
        return "file", str(home.landed / dataset)

    fields = {
        datum: lineage.Fields(
            [
                lineage.InputField(*source(dataset), header, transformations=[lineage.Transformation(type=how)])
                for dataset, header, how in columns
            ]
        )
        for datum, columns in columns_of_datum(contracts).items()
        if columns
    }
    event = RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(str(uuid.uuid5(uuid.NAMESPACE_URL, f"renkou/{told['release_id']}"))),
        job=Job("renkou", "build"),
        inputs=[InputDataset(*source(d.id)) for d in contracts.datasets],
        outputs=[
            OutputDataset(
                "file", f"{home.current}/person", facets={"columnLineage": lineage.ColumnLineageDatasetFacet(fields, producer=PRODUCER)}
            )
        ],
        producer=PRODUCER,
    )
    path = home.root / "lineage" / "events.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as events:
        events.write(Serde.to_json(event) + "\n")
