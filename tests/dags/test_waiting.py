"""What waits, for how long, and how people are asked."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from contracts.load import load_all
from transforms.freshness import awaited

NIGHT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 2:30 of the 23rd in the county
MORNING = datetime(2026, 11, 23, 0, 1, tzinfo=UTC)  # 8:01


def delivered(landing: Path, *names: str) -> Path:
    for name in names:
        (landing / name).mkdir(parents=True)
    return landing


def test_a_daily_batch_is_awaited_until_its_deadline(tmp_path: Path) -> None:
    landing = delivered(tmp_path, "police/resident/20261122", "police/residence_permit/20261121")
    assert awaited(landing, load_all(), "police", NIGHT) == ["police/residence_permit"]
    assert awaited(landing, load_all(), "police", MORNING) == []


def test_what_comes_weekly_or_monthly_is_not_waited_for(tmp_path: Path) -> None:
    assert awaited(tmp_path, load_all(), "civil_affairs", NIGHT) == []


@pytest.mark.parametrize(("run_type", "is_deferred"), [("scheduled", True), ("manual", False)])
def test_at_night_the_fetch_gives_its_worker_back_while_it_waits(
    run_type: str, is_deferred: bool, bag: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENKOU_LANDING", str(tmp_path))
    monkeypatch.setattr("transforms.freshness.awaited", lambda *_: ["police/resident"])
    monkeypatch.setattr("dags.wiring.connection", lambda _: None)
    fetch = bag.dags["pull_police"].get_task("fetch")
    context = {"dag_run": SimpleNamespace(run_type=run_type)}
    if is_deferred:
        with pytest.raises(TaskDeferred):
            fetch.execute(context)
    else:
        assert fetch.execute(context) == {"landed": 0}


def test_the_build_goes_on_without_a_pull_that_takes_too_long(bag: Any) -> None:
    waiting = bag.dags["build"].get_task("pulls_settled")
    instance = SimpleNamespace(start_date=datetime(2020, 1, 1, tzinfo=UTC), get_dr_count=lambda **_: 1)
    waiting.execute({"ti": instance})


def test_a_person_sees_the_figures_side_by_side() -> None:
    from dags.asking import beside  # noqa: PLC0415

    assert beside([("rows", "400", "200|x")]).splitlines()[2] == "| rows | 400 | 200/x |"
