"""What Airflow asks about a doubtful pair, and what it keeps of the answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from transforms.review import Pair
from warehouse.decisions import Reference
from warehouse.faults import WrongUseError

PAIR = Pair(
    "R0123456789", Reference("a", "b", "k1", "subject"), Reference("c", "d", "k2", "subject"),
    "model", 1.0, 0.6, {"name": "similar"}, None,
)  # fmt: skip


def task_of(bag: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    function = bag.dags["review"].get_task(name).python_callable
    monkeypatch.setitem(function.__globals__, "get_current_context", dict)
    return function


def test_a_question_names_records_and_evidence_and_nothing_else(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.review.waiting", lambda _home: (PAIR,) * 30)
    asked = task_of(bag, "choose_pairs", monkeypatch)()

    assert len(asked) == 20
    assert set(asked[0]) == {"subject", "body"}
    assert asked[0]["body"].splitlines()[:4] == ["- a/b/k1/subject", "- c/d/k2/subject", "", "- 姓名 name: 同音、截断或缺字 similar"]


def test_a_question_says_why_it_is_one_and_which_other_is_about_the_same_record(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = replace(PAIR, why="another person fits as well")
    second = replace(first, pair_id="R9876543210", right=Reference("c", "d", "k3", "subject"))
    monkeypatch.setattr("transforms.review.waiting", lambda _home: (first, second))
    lines = task_of(bag, "choose_pairs", monkeypatch)()[0]["body"].splitlines()
    assert lines[4] == "- another person fits as well"
    assert lines[5].startswith("- R9876543210: ")


def test_without_a_pair_nobody_is_asked(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.review.waiting", lambda _home: ())
    with pytest.raises(AirflowSkipException):
        task_of(bag, "choose_pairs", monkeypatch)()


@pytest.mark.parametrize(("said", "verdict"), [("linked 同一人", "linked"), ("not_linked 不是同一人", "not_linked")])
def test_an_answer_is_kept_under_the_name_of_who_gave_it(
    bag: Any, monkeypatch: pytest.MonkeyPatch, said: str, verdict: str
) -> None:
    kept: list[tuple[Any, ...]] = []

    def decide_pair(_home: Any, *told: Any) -> Any:
        kept.append(told)
        return SimpleNamespace(decision_id="D000001")

    monkeypatch.setattr("transforms.review.decide_pair", decide_pair)
    keep = task_of(bag, "settle.keep", monkeypatch)

    assert keep("R0123456789 one?", {"verdict": said, "who": "王", "why": "same file"}) == "D000001"
    assert kept == [(verdict, ("R0123456789",), "王", "same file")]


def test_later_keeps_nothing_and_a_decision_that_cannot_stand_fails_at_once(
    bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide_pair(*_: Any) -> Any:
        raise WrongUseError("decided before")

    monkeypatch.setattr("transforms.review.decide_pair", decide_pair)
    keep = task_of(bag, "settle.keep", monkeypatch)
    with pytest.raises(AirflowSkipException):
        keep("R0123456789 one?", {"verdict": "later 以后再说", "who": "", "why": ""})
    with pytest.raises(AirflowFailException, match="decided before"):
        keep("R0123456789 one?", {"verdict": "linked 同一人", "who": "王", "why": "x"})
