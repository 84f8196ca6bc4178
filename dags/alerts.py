"""When a task has failed for good, people are told: by webhook, by mail. Names of DAG and task and a time, nothing of a person."""

from __future__ import annotations

import logging
import os
from typing import Any

from airflow.sdk import BaseNotifier

log = logging.getLogger(__name__)

SUBJECT = "renkou: {dag} {task} failed"


class Webhook(BaseNotifier):
    """Posts ``{"text": ..., "dag", "task", "run", "try"}`` to ``RENKOU_ALERT_WEBHOOK``. A webhook that is down fails nothing."""

    def notify(self, context: Any) -> None:
        import httpx  # noqa: PLC0415

        instance = context["ti"]
        told = {"dag": instance.dag_id, "task": instance.task_id, "run": instance.run_id, "try": instance.try_number}
        text = SUBJECT.format(**told)
        try:
            httpx.post(os.environ["RENKOU_ALERT_WEBHOOK"], json={"text": text, **told}, timeout=10).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("the alert was not delivered: %s", type(error).__name__)


def alerts() -> list[BaseNotifier]:
    """Who is told, as the environment says: ``RENKOU_ALERT_WEBHOOK``, ``RENKOU_ALERT_MAIL`` (over connection smtp_default)."""
    told: list[BaseNotifier] = []
    if os.environ.get("RENKOU_ALERT_WEBHOOK"):
        told.append(Webhook())
    if mail := os.environ.get("RENKOU_ALERT_MAIL"):
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415

        words = "{{ ti.dag_id }} {{ ti.task_id }}"
        body = f"{words}, run {{{{ ti.run_id }}}}, try {{{{ ti.try_number }}}}"
        told.append(SmtpNotifier(to=mail, subject=f"renkou: {words} failed", html_content=body))
    return told
