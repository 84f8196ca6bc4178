"""The DAGs' wiring as plain data, to be compared with what is committed in graph.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).with_name("graph.yaml")


def described(bag: Any) -> dict[str, Any]:
    """Every DAG: what starts it, and each task with the tasks before it."""
    return {dag_id: _dag(dag) for dag_id, dag in sorted(bag.dags.items())}


def _dag(dag: Any) -> dict[str, Any]:
    return {"starts": _start(dag), "tasks": {task.task_id: _task(task) for task in dag.topological_sort()}}


def _start(dag: Any) -> dict[str, Any]:
    condition = getattr(dag.timetable, "asset_condition", None)
    if condition is None:
        return {"cron": dag.timetable.expression, "timezone": str(dag.timetable.timezone)}
    return {type(condition).__name__: sorted(asset.name for asset in condition.objects)}


def _task(task: Any) -> dict[str, Any]:
    told = {
        "after": sorted(task.upstream_task_ids),
        "mapped": bool(task.is_mapped),
        "pool": task.pool,
        "retries": task.retries,
        "trigger_rule": task.trigger_rule.value,
        "changes": sorted(asset.name for asset in task.outlets),
    }
    return {key: value for key, value in told.items() if value not in ([], False)}
