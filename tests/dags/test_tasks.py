"""What each task makes of the road's answers; the road itself is a stand-in here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

import transforms
from warehouse.faults import NotFoundError

DAY = date(2026, 11, 20)


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    stand_in = ModuleType("transforms.road")
    monkeypatch.setitem(sys.modules, "transforms.road", stand_in)
    monkeypatch.setattr(transforms, "road", stand_in, raising=False)
    return stand_in


def called(bag: Any, dag_id: str, task_id: str) -> Callable[..., Any]:
    function: Callable[..., Any] = bag.dags[dag_id].get_task(task_id).python_callable
    return function


def test_the_oldest_day_is_built_first(bag: Any, road: Any) -> None:
    road.days_to_build = lambda *_: [date(2026, 11, 21), DAY]
    assert called(bag, "build", "choose_day")() == "2026-11-20"


def test_without_a_day_that_waits_the_build_is_skipped(bag: Any, road: Any) -> None:
    road.days_to_build = lambda *_: []
    with pytest.raises(AirflowSkipException):
        called(bag, "build", "choose_day")()


def test_a_refused_release_fails_at_once_and_says_where_to_look(bag: Any, road: Any) -> None:
    road.validate = lambda *_: SimpleNamespace(passed=False, stops=("nobody is left",))
    with pytest.raises(AirflowFailException, match=r"2026-11-20.*nobody is left.*data_docs"):
        called(bag, "build", "validate")("2026-11-20")


def test_a_stage_that_was_cleared_alone_after_its_build_was_published_fails_at_once(bag: Any, road: Any) -> None:
    def gone(*_: Any) -> None:
        raise NotFoundError("there is no build of 2026-11-20")

    road.unify = gone
    with pytest.raises(AirflowFailException, match="no build of 2026-11-20"):
        called(bag, "build", "unify")("2026-11-20")


def test_each_stage_gets_its_day(bag: Any, road: Any) -> None:
    seen: list[tuple[str, date]] = []
    for name in ("prepare", "link", "unify", "reconcile"):
        setattr(road, name, lambda _home, _contracts, day, name=name: seen.append((name, day)))
        called(bag, "build", name)("2026-11-20")
    assert seen == [(name, DAY) for name in ("prepare", "link", "unify", "reconcile")]


def test_another_day_that_waits_starts_the_next_build(bag: Any, road: Any) -> None:
    road.days_to_build = lambda *_: [date(2026, 11, 21)]
    called(bag, "build", "look_ahead")("2026-11-20")


def test_the_day_just_published_does_not_start_itself_again(bag: Any, road: Any) -> None:
    road.days_to_build = lambda *_: [DAY]
    with pytest.raises(AirflowSkipException):
        called(bag, "build", "look_ahead")("2026-11-20")


def test_a_pull_asks_for_its_own_department(bag: Any, road: Any) -> None:
    asked = []
    road.waiting_batches = lambda _home, _contracts, _landing, department: (
        asked.append(department) or ["a/b/1"]
    )
    assert called(bag, "pull_police", "list_waiting")("police") == ["a/b/1"]
    assert asked == ["police"]


def test_more_batches_than_airflow_maps_are_left_for_the_next_look(bag: Any, road: Any) -> None:
    road.waiting_batches = lambda *_: [f"a/b/{n}" for n in range(2_000)]
    assert called(bag, "pull_police", "list_waiting")("police") == [f"a/b/{n}" for n in range(1_000)]


@pytest.mark.parametrize(
    ("status", "shown"), [("accepted", "a/b/1"), ("refused", "a/b/1 (refused)"), ("held", "a/b/1 (held)")]
)
def test_a_batch_that_is_not_taken_in_shows_in_the_tasks_name(
    bag: Any, road: Any, monkeypatch: pytest.MonkeyPatch, status: str, shown: str
) -> None:
    context: dict[str, Any] = {}
    take_in = called(bag, "pull_police", "take_in")
    monkeypatch.setitem(take_in.__globals__, "get_current_context", lambda: context)
    road.take_in = lambda *_: SimpleNamespace(status=status, reason="cut off")
    assert take_in("a/b/1") == {"reference": "a/b/1", "status": status}
    assert context["shown"] == shown


def announced(bag: Any, monkeypatch: pytest.MonkeyPatch, *statuses: str) -> tuple[Any, Any]:
    announce = called(bag, "pull_police", "announce")
    task = bag.dags["pull_police"].get_task("announce")
    event = SimpleNamespace(extra=None)
    monkeypatch.setitem(announce.__globals__, "get_current_context", lambda: {"task": task})
    reports = [{"reference": f"a/b/{n}", "status": status} for n, status in enumerate(statuses)]
    return announce(reports, dict.fromkeys(task.outlets, event)), event


def test_a_refused_batch_does_not_hold_up_the_others(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, event = announced(bag, monkeypatch, "refused", "accepted")
    assert counted == {"taken_in": 1, "not_taken_in": 1}
    assert event.extra == {"batches": ["a/b/1"], "held": []}


def test_a_day_whose_batch_is_held_is_built_without_it(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, event = announced(bag, monkeypatch, "held", "duplicate")
    assert counted == {"taken_in": 0, "not_taken_in": 2}
    assert event.extra == {"batches": [], "held": ["a/b/0"]}


@pytest.mark.parametrize("statuses", [(), ("refused",), ("refused", "duplicate")])
def test_nothing_taken_in_changes_no_asset(
    bag: Any, monkeypatch: pytest.MonkeyPatch, statuses: tuple[str, ...]
) -> None:
    with pytest.raises(AirflowSkipException):
        announced(bag, monkeypatch, *statuses)
