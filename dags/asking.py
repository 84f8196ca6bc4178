"""How a person is asked in Airflow's own page: subject, what speaks for and against, who answered and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param

YES, NO, LATER = "approve 采用", "reject 不采用", "later 以后再说"


def beside(figures: Sequence[Sequence[str]], headings: Sequence[str] = ("", "before 原", "now 现")) -> str:
    """Figures side by side, as a table of Markdown."""
    rows = [headings, ["---"] * len(headings), *figures]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows)


class Ask(HITLOperator):
    """Waits, without a worker, for a person's answer: one of the options, and the reason.

    Answers ``{"verdict": option, "who": the person, "why": their words}``.
    """

    def __init__(self, *, options: Sequence[str] = (YES, NO, LATER), **kwargs: Any) -> None:
        reason = Param("", type="string", title="Why 理由")
        super().__init__(options=list(options), params={"why": reason}, **kwargs)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        told = super().execute_complete(context, event)
        who = told.get("responded_by_user") or {}
        return {
            "verdict": told["chosen_options"][0],
            "who": who.get("name") or who.get("id") or "",
            "why": (told.get("params_input") or {}).get("why", ""),
        }
