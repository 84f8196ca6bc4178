"""One DAG a department: take in every batch that waits, then say so once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import wiring
from dags.asking import look_for_questions
from dags.waiting import Fetch
from warehouse.clock import COUNTY
from warehouse.parts import TAKE_IN, WAITS

log = logging.getLogger(__name__)

# A daily delivery that comes late would miss the night's look, so there is a second one; a workbook made by
# hand has no fixed weekday, so that the rarer deliveries are looked for every night too.
TWICE_A_DAY, AT_NIGHT = "30 2,14 * * *", "30 2 * * *"

# Airflow maps a task over 1,024 items at most; what is left over waits for the next look.
BATCHES_A_LOOK = 1_000

TAKEN = "accepted"
# A day whose batch waits for a person is built with what there was before.
BUILT_WITHOUT = "held"


def look(department: str) -> str:
    """When to look for the department's batches: as its most frequent dataset needs."""
    cadences = {d.delivery.cadence for d in wiring.agreed().datasets if d.department == department}
    return TWICE_A_DAY if "daily" in cadences else AT_NIGHT


# What has landed is taken in also when a server of the department does not answer.
@task(trigger_rule=TriggerRule.ALL_DONE)
def list_waiting(department: str) -> list[str]:
    """References of the batches that are not yet taken in, oldest first."""
    from transforms import road  # noqa: PLC0415

    with wiring.at_home(WAITS) as home:
        waiting = road.waiting_batches(home, wiring.agreed(), home.landing, department)
    if len(waiting) > BATCHES_A_LOOK:
        log.warning("%d batches wait; the oldest %d are taken in now", len(waiting), BATCHES_A_LOOK)
    return waiting[:BATCHES_A_LOOK]


# A full batch is measured against the one before it, so a department's batches go one after another.
@task(map_index_template="{{ shown }}", max_active_tis_per_dagrun=1)
def take_in(reference: str) -> dict[str, Any]:
    """Land one batch. Bad data never fails the task: a refusal shows in its name, the log and the ledger."""
    from transforms import road  # noqa: PLC0415

    context = get_current_context()
    context["shown"] = reference
    with wiring.at_home(TAKE_IN) as home:
        report = road.take_in(home, wiring.agreed(), home.landing, reference)
    if report.status != TAKEN:
        context["shown"] = f"{reference} ({report.status})"
        log.warning("%s is %s: %s", reference, report.status, report.reason)
    return {"reference": reference, "status": report.status}


@task(trigger_rule=TriggerRule.ALL_DONE)
def announce(reports: Sequence[dict[str, Any]], outlet_events: Any = None) -> dict[str, int]:
    """Change the department's asset, if anything was taken in, also when another batch failed."""
    reports = reports[:]  # in one request; Airflow logs an error at the end of a loop over it
    for report in reports:
        if report["status"] != TAKEN:
            log.warning("not taken in: %s is %s", report["reference"], report["status"])
    taken = [r["reference"] for r in reports if r["status"] == TAKEN]
    held = [r["reference"] for r in reports if r["status"] == BUILT_WITHOUT]
    log.info("taken in: %d of %d", len(taken), len(reports))
    if not taken and not held:
        raise AirflowSkipException("nothing was taken in")
    (asset,) = get_current_context()["task"].outlets
    outlet_events[asset].extra = {"batches": taken, "held": held}
    return {"taken_in": len(taken), "not_taken_in": len(reports) - len(taken)}


def pull(department: str) -> DAG:
    """The DAG of one department."""
    with DAG(
        wiring.pull_dag_id(department),
        description=f"Take in what {department} delivered",
        schedule=CronTriggerTimetable(look(department), timezone=COUNTY.key),
        default_args=wiring.task_settings(department, timedelta(hours=2)),
        **wiring.dag_settings("pull", "pull", department),
    ) as dag:
        fetched, waiting = Fetch(task_id="fetch", department=department), list_waiting(department)
        taken = take_in.expand(reference=waiting)
        fetched >> waiting
        announce.override(outlets=[wiring.landed_asset(department)])(taken)
        taken >> look_for_questions.override(outlets=[wiring.questions_asset()])()
        # a run's state is that of its last tasks: without this one, announce would hide a batch that failed
        [fetched, taken] >> EmptyOperator(task_id="all_went_through", trigger_rule=TriggerRule.NONE_FAILED)
    return dag


for each in wiring.agreed().departments:
    globals()[wiring.pull_dag_id(each)] = pull(each)
