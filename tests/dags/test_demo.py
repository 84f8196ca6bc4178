"""The demo's Airflow and its words, without starting any."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.demo import county
from cli.demo.__main__ import WRONG_USE
from cli.demo.engine import ROOT, Airflow, EngineError, _locked
from cli.demo.watch import RunFailedError, Watch
from cli.demo.words import closing
from contracts.model import Contracts
from tests.support.county import Travelled
from tests.support.release import rows
from warehouse.home import Home


def test_settings_of_another_airflow_do_not_leak_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "SomeoneElses")
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "someone else's")
    environment = Airflow(tmp_path, tmp_path / "landing").environment
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW__CORE__FERNET_KEY" not in environment
    assert environment["AIRFLOW_HOME"] == str(tmp_path / "airflow")


def test_the_page_is_for_this_machine_only(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path, tmp_path / "landing")
    assert airflow.environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert airflow.url.startswith("http://127.0.0.1:")


def test_two_airflows_on_one_folder_are_refused(tmp_path: Path) -> None:
    _locked(tmp_path / "running.lock")
    with pytest.raises(EngineError, match="stop it first"):
        _locked(tmp_path / "running.lock")


def test_deliveries_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "landing" / "police").mkdir(parents=True)
    assert "already" in county.deliver(tmp_path / "landing", 10, 1)
    assert [path.name for path in tmp_path.rglob("*")] == ["landing", "police"]


def test_the_stack_takes_no_home_in_which_another_county_lives(tmp_path: Path) -> None:
    (tmp_path / "landing" / "police").mkdir(parents=True)
    command = [sys.executable, "-m", "cli.demo", "--stack"]
    done = subprocess.run(command, env=os.environ | {"RENKOU_HOME": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == WRONG_USE
    assert done.stderr.startswith(f"{tmp_path}: holds another county already")
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


class Told:
    """An Airflow that answers with what it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, Any] = {"runs": [], "tasks": []}

    def alive(self) -> None: ...

    def call(self, _method: str, path: str) -> Any:
        if "taskInstances" in path:
            asked = parse_qs(urlsplit(path).query).get("state")
            return {"task_instances": [task for task in self.answers["tasks"] if not asked or task["state"] in asked]}
        if "queuedEvents" in path:
            return None
        return {"dag_runs": self.answers["runs"]}


def test_a_task_that_failed_for_good_ends_the_demo_with_its_log(tmp_path: Path) -> None:
    airflow = Told(tmp_path)
    watch = Watch(airflow, print, 10)  # type: ignore[arg-type]
    task = {"dag_id": "build", "dag_run_id": "r1", "task_id": "link", "map_index": -1, "state": "failed"}
    log = tmp_path / "logs" / "dag_id=build" / "run_id=r1" / "task_id=link" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    raised = {
        "exc_type": "OSError",
        "exc_value": "disk is full",
        "frames": [{"filename": "a.py", "lineno": 3}],
    }
    lines = [
        {"level": "info", "event": "::group::"},
        {"level": "error", "event": "x", "error_detail": [raised]},
    ]
    log.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    airflow.answers["tasks"] = [task]
    with pytest.raises(
        RunFailedError, match=r"build failed in link\.\n(?s:.)*OSError: disk is full \(a.py:3\)"
    ):
        watch.until_quiet(["build"])


def test_runs_of_an_earlier_demo_are_not_told_again(tmp_path: Path) -> None:
    airflow = Told(tmp_path)
    airflow.answers["runs"] = [{"dag_id": "build", "dag_run_id": "old", "state": "failed", "duration": 1}]
    said: list[str] = []
    Watch(airflow, said.append, 10).until_quiet(["build"])  # type: ignore[arg-type]
    assert said == []


def test_a_run_that_asks_people_is_told_and_not_waited_for(tmp_path: Path) -> None:
    airflow, said = Told(tmp_path), list[str]()
    watch = Watch(airflow, said.append, 10)  # type: ignore[arg-type]
    airflow.answers["runs"] = [{"dag_id": "review", "dag_run_id": "r1", "state": "running", "duration": None}]
    airflow.answers["tasks"] = [
        {"dag_id": "review", "dag_run_id": "r1", "task_id": name, "map_index": -1, "state": state}
        for name, state in (("doubts", "success"), ("ask", "awaiting_input"), ("keep", None))
    ]
    watch.until_quiet(["build"])
    assert said == ["review                 waits for a person: Required Actions on Airflow's page"]


def test_a_run_that_asks_and_works_besides_is_waited_for(tmp_path: Path) -> None:
    airflow = Told(tmp_path)
    watch = Watch(airflow, print, 0.1)  # type: ignore[arg-type]
    airflow.answers["runs"] = [{"dag_id": "review", "dag_run_id": "r1", "state": "running", "duration": None}]
    airflow.answers["tasks"] = [
        {"dag_id": "review", "dag_run_id": "r1", "task_id": "ask", "map_index": place, "state": state}
        for place, state in enumerate(("awaiting_input", "running"))
    ]
    with pytest.raises(EngineError, match="out of time while review ran"):
        watch.until_quiet(["build"])


def test_the_form_that_is_shown_is_one_that_its_person_would_hand_in(
    travelled: Travelled, own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "warehouse").symlink_to(travelled.home.warehouse)
    monkeypatch.setenv("RENKOU_HOME", str(tmp_path))
    told = closing(Home(tmp_path), own_contracts, "the page")
    who = told.partition("renkou explain ")[2].split()[0]
    assert "Form after_death" in told
    assert rows(travelled.home.current, f"SELECT death_date IS NULL FROM person WHERE person_id = '{who}'") == [(False,)]
