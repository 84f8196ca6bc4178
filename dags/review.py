"""After each release, the doubtful pairs are put before a person, and what is decided is kept."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags import wiring
from dags.asking import ANSWER_WITHIN, LATER, Ask
from warehouse.parts import DECIDE, REVIEW

LINKED, NOT_LINKED = "linked 同一人", "not_linked 不是同一人"
SHARED = "也问到其中一条记录，两处都判同一人，三条记录即归为一人 asks about one of these records too: with both linked, all are one person"
AT_ONCE = int(os.environ.get("RENKOU_REVIEW_AT_ONCE", "20"))


@task
def choose_pairs() -> list[dict[str, str]]:
    """The likeliest of the pairs that wait: references and evidence, and no value of a person.

    What is asked lies in Airflow's database and on its pages, where everybody who may see the DAG may read it; who must see
    the records themselves looks at them with ``renkou review show``.
    """
    from transforms.review import also_asked, waiting  # noqa: PLC0415

    with wiring.at_home(REVIEW) as home:
        pairs = waiting(home)
    if not pairs:
        raise AirflowSkipException("no pair waits for a decision")
    linking = wiring.agreed().linking
    return [
        {
            "subject": f"{pair.pair_id} 同一人吗 one person?",
            "body": "\n".join(
                [
                    f"- {pair.left}",
                    f"- {pair.right}",
                    "",
                    *(f"- {said}" for said in linking.in_words(pair.evidence)),
                    *((f"- {pair.why}",) if pair.why else ()),
                    *(f"- {other}: {SHARED}" for other in also_asked(pair, pairs)),
                    "",
                    f"`renkou review show {pair.pair_id}`",
                ]
            ),
        }
        for pair in pairs[:AT_ONCE]
    ]


@task(map_index_template="{{ decided }}")
def keep(subject: str, told: dict[str, str]) -> str:
    """Keep one decision for ever, under the name of who answered; the next build heeds it."""
    from transforms.review import decide_pair  # noqa: PLC0415
    from warehouse.faults import RenkouError  # noqa: PLC0415

    pair_id = subject.partition(" ")[0]
    get_current_context()["decided"] = f"{pair_id} {told['verdict']}"
    if told["verdict"] == LATER:
        raise AirflowSkipException(f"{pair_id} is asked again after a later release")
    verdict = "linked" if told["verdict"] == LINKED else "not_linked"
    try:
        with wiring.at_home(DECIDE) as home:
            return decide_pair(home, verdict, (pair_id,), told["who"], told["why"]).decision_id
    except RenkouError as error:
        raise AirflowFailException(str(error)) from None


@task_group
def settle(subject: Any, body: Any) -> None:
    """One pair, from the question to the decision kept: a pair that is answered waits for no other."""
    asked = Ask(
        task_id="ask",
        subject=subject,
        body=body,
        options=(LINKED, NOT_LINKED, LATER),
        defaults=[LATER],
        response_timeout=ANSWER_WITHIN,
        execution_timeout=None,
    )
    keep.override(outlets=[wiring.days_waiting_asset()])(subject, asked.output)


with DAG(
    "review",
    description="Put doubtful pairs of records before a person",
    schedule=[wiring.release_asset()],
    default_args=wiring.task_settings("renkou", timedelta(minutes=10)),
    **wiring.dag_settings("review", "review"),
) as review:
    settle.expand_kwargs(choose_pairs())
