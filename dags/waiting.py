"""Waiting that holds no worker: what waits for long is deferred and looked at again by the triggerer's clock."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException

from dags import wiring
from warehouse.parts import PULL

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=10)
UNFINISHED = ["queued", "running"]


class Fetch(BaseOperator):
    """Bring what the department offers on its servers; at night look again until its deadline for what has not come.

    Files that somebody lays into the landing folder need no server: a connection that is not set up is no fault.
    """

    def __init__(self, *, department: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.department = department

    def execute(self, context: Any, event: Any = None) -> dict[str, int]:
        from transforms.freshness import awaited  # noqa: PLC0415

        landed = self._brought()
        missing = awaited(wiring.landing(), wiring.agreed(), self.department, datetime.now(UTC))
        # whoever starts a run by hand wants what is there now
        if missing and str(context["dag_run"].run_type) == "scheduled":
            log.info("not there yet, and not yet late: %s", ", ".join(missing))
            self.defer(trigger=TimeDeltaTrigger(LOOK_AGAIN), method_name="execute")
        return {"landed": landed}

    def _brought(self) -> int:
        from transforms.pull.road import pull  # noqa: PLC0415

        with wiring.at_home(PULL) as home:
            found = pull(home.landing, wiring.agreed(), wiring.connection, self.department)
        for pulled in found:
            log.info("%s: %s %s", pulled.subject, pulled.status, pulled.reason)
        if failed := [f"{p.subject}: {p.reason}" for p in found if p.status == "failed"]:
            raise AirflowException("; ".join(failed))
        return sum(p.status == "landed" for p in found)


class PullsSettled(BaseOperator):
    """Wait till the departments' pulls have ended, so that a day is built once and not once a department.

    For a minute it looks every few seconds, then it is deferred. After ``longest`` the build goes on with what has come: the
    last good batch stands for a late one, and the pull's own event starts the next build.
    """

    def __init__(self, *, dag_ids: list[str], longest: timedelta, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dag_ids, self.longest = dag_ids, longest

    def execute(self, context: Any, event: Any = None) -> None:
        began = context["ti"].start_date
        until = time.monotonic() + 60
        while self._unfinished(context):
            if datetime.now(UTC) - began > self.longest:
                log.warning("a pull has not ended in %s; building with what has come", self.longest)
                return
            if time.monotonic() > until:
                self.defer(trigger=TimeDeltaTrigger(timedelta(minutes=1)), method_name="execute")
            time.sleep(5)

    def _unfinished(self, context: Any) -> bool:
        return any(context["ti"].get_dr_count(dag_id=d, states=UNFINISHED) for d in self.dag_ids)
