from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.load import load_all
from tests.dags.conftest import ROOT, parsed

WRITERS = {"choose_day", "prepare", "link", "unify", "reconcile", "validate", "publish", "look_ahead"}


def tasks(bag: Any) -> list[Any]:
    return [task for dag in bag.dags.values() for task in dag.tasks]


def test_the_repository_is_a_bundle_without_import_errors(bag: Any) -> None:
    assert bag.import_errors == {}


def test_only_the_files_that_define_dags_are_parsed(bag: Any) -> None:
    assert {stat.file for stat in bag.dagbag_stats} == {
        "dags/pull.py",
        "dags/build.py",
        "dags/decide.py",
        "dags/deliver.py",
        "dags/review.py",
    }


def test_each_department_of_the_contracts_has_its_pull(bag: Any) -> None:
    departments = load_all().departments
    assert set(bag.dags) == {"build", "decide", "deliver", "review", *(f"pull_{department}" for department in departments)}


def test_a_new_department_is_a_contract_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_all().datasets[0]
    told = dataset.source.read_text(encoding="utf-8")
    folder = tmp_path / "inbound" / "water"
    folder.mkdir(parents=True)
    (folder / dataset.source.name).write_text(told.replace(dataset.department, "water"), encoding="utf-8")
    monkeypatch.setenv("RENKOU_CONTRACTS", str(tmp_path))
    more = parsed()
    assert "pull_water" in more.dags
    started_by = {asset.name for asset in more.dags["build"].timetable.asset_condition.objects}
    assert "landed_water" in started_by


def test_what_writes_the_warehouse_shares_one_slot(bag: Any) -> None:
    in_pool = {task.task_id for task in tasks(bag) if task.pool == "renkou_writer"}
    assert in_pool == WRITERS


def test_every_dag_runs_once_at_a_time_and_makes_up_for_nothing(bag: Any) -> None:
    for dag in bag.dags.values():
        at_once = 16 if dag.dag_id == "decide" else 1  # a question that waits must not hold up the next one
        assert (dag.max_active_runs, dag.catchup, dag.start_date) == (at_once, False, None), dag.dag_id


def test_every_task_is_tried_again_with_growing_waits_and_ends(bag: Any) -> None:
    for task in tasks(bag):
        assert task.retries == 3, task.task_id
        assert task.retry_exponential_backoff == 2, task.task_id
        waits = getattr(task, "partial_kwargs", vars(task)).get("response_timeout")
        ends = waits or task.execution_timeout
        assert ends <= timedelta(hours=12), task.task_id


def test_no_task_depends_on_a_run_before(bag: Any) -> None:
    for task in tasks(bag):
        assert not task.depends_on_past, task.task_id
        assert not task.wait_for_downstream, task.task_id


def test_names_are_lower_case_words(bag: Any) -> None:
    for name in [*bag.dags, *(task.task_id for task in tasks(bag))]:
        assert name.replace("_", "a").replace(".", "a").isalpha(), name
        assert name == name.lower(), name


def test_every_dag_says_in_both_languages_what_to_do(bag: Any) -> None:
    for dag in bag.dags.values():
        headings = [line for line in dag.doc_md.splitlines() if line.startswith("### ")]
        assert len(headings) == 2, dag.dag_id
        assert headings[0].isascii(), dag.dag_id
        assert not headings[1].isascii(), dag.dag_id


def test_every_dag_has_an_owner_and_is_found_by_tag(bag: Any) -> None:
    for dag in bag.dags.values():
        assert dag.owner != "airflow", dag.dag_id
        assert "renkou" in dag.tags, dag.dag_id


def test_assets_are_files_that_lineage_keeps(bag: Any) -> None:
    for task in tasks(bag):
        assert all(asset.uri.startswith("file://") for asset in task.outlets), task.task_id


def test_the_bundle_does_not_reach_beyond_dags() -> None:
    assert (ROOT / ".airflowignore").read_text(encoding="utf-8").splitlines()[2] == "*"
