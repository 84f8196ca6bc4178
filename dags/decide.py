"""What only a person can decide: held batches and stopped releases wait here as tasks to be answered."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import wiring
from dags.asking import ANSWER_WITHIN, LATER, YES, Ask, beside
from warehouse.parts import APPROVE


@task
def list_questions() -> list[dict[str, str]]:
    """Each open question that is not being asked already: subject, the figures side by side."""
    from transforms.questions import key, questions  # noqa: PLC0415

    asked = []
    with wiring.at_home(APPROVE) as home:
        for question in questions(home, wiring.agreed()):
            mark = home.approvals / ".asked" / key(question)
            if mark.exists() and time.time() - mark.stat().st_mtime < ANSWER_WITHIN.total_seconds():
                continue
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
            asked.append({"subject": question.subject, "body": f"{question.sentence}\n\n{beside(question.figures)}"})
    if not asked:
        raise AirflowSkipException("nothing waits for a decision")
    return asked


@task
def subjects(asked: list[dict[str, str]]) -> list[str]:
    return [question["subject"] for question in asked]


@task
def keep(pair: tuple[str, dict[str, str]], outlet_events: Any = None) -> str:
    """Write the answer down for good; an approval starts the next build."""
    from transforms.questions import answer  # noqa: PLC0415
    from warehouse.approvals import Answer  # noqa: PLC0415

    subject, told = pair
    if told["verdict"] == LATER:
        raise AirflowSkipException(f"{subject} is asked again at the next look")
    said = Answer("approved" if told["verdict"] == YES else "rejected", told["who"], told["why"])
    with wiring.at_home(APPROVE) as home:
        answer(home, wiring.agreed(), subject, said)
    outlet_events[wiring.days_waiting_asset()].extra = {"decided": subject}
    return f"{subject}: {said.verdict}"


with DAG(
    "decide",
    description="Ask people about held batches and stopped releases",
    schedule=[wiring.questions_asset()],
    default_args=wiring.task_settings("renkou", timedelta(hours=1)),
    **wiring.dag_settings("decide", "decide") | {"max_active_runs": 16},
) as decide:
    waiting = list_questions()
    # the wait is the person's: it has no retries, and no answer within its time is "later"
    answers = Ask.partial(
        task_id="ask", response_timeout=ANSWER_WITHIN, defaults=[LATER], execution_timeout=None
    ).expand_kwargs(waiting)
    keep.override(outlets=[wiring.days_waiting_asset()]).expand(pair=subjects(waiting).zip(answers.output))
