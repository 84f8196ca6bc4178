"""What a build tells of itself, to people and to machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from contracts.model import Contracts
from tests.support.county import Travelled
from tests.support.release import rows
from transforms import road
from transforms.run_report import STAGES, columns_of_datum, write_run_report
from warehouse.home import Home


@pytest.fixture(scope="module")
def reported(travelled: Travelled, own_contracts: Contracts, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """A home of its own on the published release: other tests watch the files of the one that was travelled."""
    home = Home(tmp_path_factory.mktemp("reported"))
    (home.root / "warehouse").symlink_to(travelled.home.warehouse)
    home.reports.mkdir()
    for path in travelled.home.reports.glob("*.json"):
        (home.reports / path.name).write_bytes(path.read_bytes())
    return home, write_run_report(home, own_contracts)


def told(home: Home) -> dict[str, object]:
    (path,) = home.reports.glob("*.run.json")
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_the_figures_are_those_of_the_release(reported: tuple[Home, Path], own_contracts: Contracts) -> None:
    home, _ = reported
    figures = told(home)
    assert figures["persons"] == rows(home.current, "SELECT count(*) FROM person")[0][0]
    linked = dict(rows(home.current, "SELECT department, count(*) FROM person_record GROUP BY department"))
    departments = figures["departments"]
    assert isinstance(departments, dict)
    assert {d: counts["linked"] for d, counts in departments.items()} == linked
    assert set(departments) == set(own_contracts.departments)


def test_the_page_has_a_plot_for_each_figure_and_nobody_in_it(reported: tuple[Home, Path]) -> None:
    home, page = reported
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 4
    personal = {value for pair in rows(home.current, "SELECT id_number, hukou_address FROM person") for value in pair}
    assert not [value for value in personal if value and value in text]


def test_every_stage_has_a_name_in_chinese(reported: tuple[Home, Path]) -> None:
    assert set(STAGES) == set(road.STAGES)
    text = reported[1].read_text(encoding="utf-8")
    assert all(f"{name} {stage}" in text for stage, name in STAGES.items() if stage in told(reported[0])["seconds"])


def test_the_same_release_is_told_in_the_same_words(reported: tuple[Home, Path], own_contracts: Contracts) -> None:
    home, page = reported
    before = page.read_bytes()
    assert write_run_report(home, own_contracts) == page
    assert page.read_bytes() == before


def test_prometheus_can_read_the_figures(reported: tuple[Home, Path]) -> None:
    home, _ = reported
    families = {f.name: f for f in text_string_to_metric_families((home.reports / "metrics.prom").read_text())}
    assert families["renkou_persons"].samples[0].value == told(home)["persons"]
    assert {s.labels["department"] for s in families["renkou_department_linked"].samples} == {"police", "civil_affairs", "hr", "health"}


def test_every_datum_with_a_source_has_its_columns_in_the_lineage(reported: tuple[Home, Path], own_contracts: Contracts) -> None:
    home, _ = reported
    event = json.loads((home.root / "lineage" / "events.jsonl").read_text(encoding="utf-8").splitlines()[0])
    fields = event["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert set(fields) == {name for name, columns in columns_of_datum(own_contracts).items() if columns}
    sources = {(Path(i["name"]).parts[-2:], i["field"]) for i in fields["id_number"]["inputFields"]}
    assert (("police", "resident"), "公民身份号码") in sources
    assert event["eventType"] == "COMPLETE"
