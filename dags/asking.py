"""How a person is asked in Airflow's own page: subject, what speaks for and against, who answered and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import wiring
from warehouse.parts import WAITS

ANSWER_WITHIN = timedelta(hours=12)
YES, NO, LATER = "approve 采用", "reject 不采用", "later 以后再说"


def beside(figures: Sequence[Sequence[str]], headings: Sequence[str] = ("", "before 原", "now 现")) -> str:
    """Figures side by side, as a table of Markdown."""
    rows = [headings, ["---"] * len(headings), *figures]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows)


@task(trigger_rule=TriggerRule.ALL_DONE)
def look_for_questions() -> None:
    """Have people asked, if a batch is held or the gate of the release stopped it."""
    from transforms.questions import questions  # noqa: PLC0415

    with wiring.at_home(WAITS) as home:
        waiting = questions(home, wiring.agreed())
    if not waiting:
        raise AirflowSkipException("nothing waits for a decision")


class Ask(HITLOperator):
    """Waits, without a worker, for a person's answer: one of the options, and the reason.

    Answers ``{"verdict": option, "who": the person, "why": their words}``, with a word for whom or what Airflow does not know.
    """

    def __init__(self, *, options: Sequence[str] = (YES, NO, LATER), **kwargs: Any) -> None:
        reason = Param("", type="string", title="Why 理由")
        super().__init__(options=list(options), params={"why": reason}, **kwargs)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        told = super().execute_complete(context, event)
        who = told.get("responded_by_user") or {}
        return {
            "verdict": told["chosen_options"][0],
            "who": who.get("name") or who.get("id") or "Airflow",
            "why": (told.get("params_input") or {}).get("why", "").strip() or "no reason was given 未填理由",
        }
