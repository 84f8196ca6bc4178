"""From landed batches to a published release: one day a run, the oldest first."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from airflow.sdk import DAG, AssetAny, TriggerRule, chain, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags import wiring
from dags.asking import look_for_questions
from dags.waiting import PullsSettled
from warehouse.faults import NotFoundError
from warehouse.parts import BUILD, REPORT, WAITS

log = logging.getLogger(__name__)

MAKING = ("prepare", "link", "unify", "reconcile")
"""The stages of the road that make a build; those that judge and publish it are tasks of their own."""
STOPS_SHOWN = 3
LATE_PULLS = timedelta(hours=1)


@task(pool=wiring.WRITER_POOL, trigger_rule=TriggerRule.NONE_FAILED)
def choose_day() -> str:
    """The oldest day that waits for its build."""
    from transforms import road  # noqa: PLC0415

    with wiring.at_home(WAITS) as home:
        days = road.days_to_build(home, wiring.agreed())
    if not days:
        raise AirflowSkipException("no day waits for a build")
    log.info("%d days wait for a build", len(days))
    return min(days).isoformat()


def stage(name: str) -> Any:
    """A task that runs one stage of the road on a day's build."""

    @task(task_id=name, pool=wiring.WRITER_POOL)
    def run_stage(day: str) -> None:
        from transforms import road  # noqa: PLC0415

        try:
            with wiring.at_home(BUILD) as home:
                getattr(road, name)(home, wiring.agreed(), date.fromisoformat(day))
        except NotFoundError as error:  # trying again would find no more
            raise AirflowFailException(str(error)) from error

    return run_stage


@task(pool=wiring.WRITER_POOL)
def validate(day: str) -> None:
    """Hold the build against what was agreed. A refusal is final: trying again would change nothing."""
    from transforms import road  # noqa: PLC0415

    with wiring.at_home(BUILD) as home:
        report = road.validate(home, wiring.agreed(), date.fromisoformat(day))
    if not report.passed:
        raise AirflowFailException(
            f"The gate refused the build of {day}; the last good release stays published. "
            f"{len(report.stops)} checks stopped it: {'; '.join(report.stops[:STOPS_SHOWN])}. "
            f"All of them: {home.address(home.data_docs)}"
        )


@task(pool=wiring.WRITER_POOL)
def publish(day: str, outlet_events: Any = None) -> str:
    """Put the build in the place of the release before it."""
    from transforms import road  # noqa: PLC0415

    with wiring.at_home(BUILD) as home:
        release_id = road.publish(home, wiring.agreed(), date.fromisoformat(day))
    outlet_events[wiring.release_asset()].extra = {"release_id": release_id, "as_of": day}
    return release_id


@task
def report() -> str:
    """The page, the figures and the lineage of the release."""
    from transforms.run_report import write_run_report  # noqa: PLC0415

    with wiring.at_home(REPORT) as home:
        page = write_run_report(home, wiring.agreed())
    return home.address(page)


@task(pool=wiring.WRITER_POOL)
def look_ahead(day: str) -> None:
    """Start the next build, if a later day waits."""
    from transforms import road  # noqa: PLC0415

    with wiring.at_home(WAITS) as home:
        days = road.days_to_build(home, wiring.agreed())
    # the day just published is left out: a day that could never be finished would be built for ever
    if not [d for d in days if d != date.fromisoformat(day)]:
        raise AirflowSkipException("no other day waits for a build")


departments = wiring.agreed().departments

with DAG(
    "build",
    description="Link, unify, reconcile, validate and publish",
    schedule=AssetAny(*map(wiring.landed_asset, departments), wiring.days_waiting_asset()),
    default_args=wiring.task_settings("renkou", timedelta(hours=4)),
    **wiring.dag_settings("build", "build"),
) as build:
    chosen = choose_day()
    pulls = [wiring.pull_dag_id(d) for d in departments]
    PullsSettled(task_id="pulls_settled", dag_ids=pulls, longest=LATE_PULLS) >> chosen
    checked = validate(chosen)
    checked >> look_for_questions.override(outlets=[wiring.questions_asset()])()
    out = publish.override(outlets=[wiring.release_asset()])(chosen)
    out >> report()
    chain(
        *(stage(name)(chosen) for name in MAKING),
        checked,
        out,
        look_ahead.override(outlets=[wiring.days_waiting_asset()])(chosen),
    )
