"""After each release, the extract of every subscriber to whom one is due."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags import wiring
from warehouse.parts import EXTRACT, REPORT


@task(map_index_template="{{ subscriber }}")
def extract(subscriber: str) -> str:
    """Write one subscriber's extract of the published release, if it is due; it appears whole or not at all."""
    from transforms import road  # noqa: PLC0415

    get_current_context()["subscriber"] = subscriber
    with wiring.at_home(EXTRACT) as home:
        if not road.is_due(home, wiring.agreed(), subscriber):
            raise AirflowSkipException(f"{subscriber} receives its next extract by its cadence, not today")
        folder = road.deliver(home, wiring.agreed(), subscriber)
    return home.address(folder)


@task
def describe() -> str:
    """Write the page that shows what the departments are like in the published release."""
    from warehouse.quality import quality_page  # noqa: PLC0415

    with wiring.at_home(REPORT) as home:
        page = quality_page(home, wiring.agreed())
    return home.address(page)


with DAG(
    "deliver",
    description="Write the subscribers' extracts of the published release, and what the departments are like in it",
    schedule=[wiring.release_asset()],
    default_args=wiring.task_settings("renkou", timedelta(hours=2)),
    **wiring.dag_settings("deliver", "deliver"),
) as deliver:
    extract.expand(subscriber=sorted({s.subscriber for s in wiring.agreed().subscriptions}))
    describe()
