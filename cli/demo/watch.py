"""Follow DAG runs until nothing is running or waiting, with a line for each that ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.demo.engine import Airflow, EngineError

Say = Callable[[str], None]

RUNS = "/api/v2/dags/~/dagRuns?limit=100&order_by=-run_after"
# An asset's change becomes a run in the scheduler's next round: nothing must be seen for this long.
QUIET_FOR = 4.0
POLL_EVERY = 1.0


class RunFailedError(Exception):
    """A DAG run failed: which task, and the end of its log."""


class Watch:
    """What happened in one Airflow since the watch began."""

    def __init__(self, airflow: Airflow, say: Say, seconds: float) -> None:
        self.airflow = airflow
        self.say = say
        self.deadline = time.monotonic() + seconds
        self.before = {_key(run) for run in self._runs()}
        self.ended: dict[tuple[str, str], dict[str, Any]] = {}
        self.retried: set[tuple[str, ...]] = set()

    def until_quiet(self, dag_ids: list[str]) -> None:
        """Return when no run is unfinished and no asset's change waits to start one."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_FOR:
            self.airflow.alive()
            unfinished = self._look()
            if unfinished or any(self._events_wait(dag_id) for dag_id in dag_ids):
                quiet_since = time.monotonic()
            if time.monotonic() > self.deadline:
                names = ", ".join(sorted({run["dag_id"] for run in unfinished})) or "nothing"
                raise EngineError(f"out of time while {names} ran; logs: {self.airflow.folder / 'logs'}")
            time.sleep(POLL_EVERY)

    def _look(self) -> list[dict[str, Any]]:
        runs = [run for run in self._runs() if _key(run) not in self.before]
        self._tell_retries()
        for run in reversed(runs):
            if run["state"] in {"success", "failed"} and _key(run) not in self.ended:
                self.ended[_key(run)] = run
                self._tell(run)
        return [run for run in runs if run["state"] in {"queued", "running"}]

    def _tell(self, run: dict[str, Any]) -> None:
        tasks = self._tasks(run["dag_id"], run["dag_run_id"])
        if run["state"] == "failed":
            raise RunFailedError(self._account(run, tasks))
        self.say(f"{run['dag_id']:<22} {self._sentence(run, tasks):<60} {run['duration'] or 0:5.0f} s")

    def _sentence(self, run: dict[str, Any], tasks: list[dict[str, Any]]) -> str:
        done = [t for t in tasks if t["state"] == "success"]
        mapped = [t["rendered_map_index"] or "" for t in done if t["map_index"] >= 0]
        if mapped:
            apart = [name for name in mapped if name.endswith(")")]
            return f"{len(mapped)} done" + (f", of which {', '.join(apart)}" if apart else "")
        day = next((self._value(run, t["task_id"]) for t in done if t["task_id"] == "choose_day"), None)
        return f"{day} published" if day else "nothing to do"

    def _account(self, run: dict[str, Any], tasks: list[dict[str, Any]]) -> str:
        failed = [t for t in tasks if t["state"] == "failed"]
        parts = [f"{run['dag_id']} failed in {', '.join(t['task_id'] for t in failed) or 'an unknown task'}."]
        parts += [self.task_log(t) for t in failed[:2]]
        return "\n".join(parts)

    def _tell_retries(self) -> None:
        for task in self._tasks("~", "~", "up_for_retry"):
            key = (task["dag_run_id"], task["task_id"], str(task["map_index"]), str(task["try_number"]))
            if key not in self.retried:
                self.retried.add(key)
                told = f"{task['task_id']} failed and is tried again:\n{self.task_log(task, 5)}"
                self.say(f"{task['dag_id']:<22} {told}")

    def task_log(self, task: dict[str, Any], lines: int = 15) -> str:
        """The end of a task's newest log, in words."""
        folder = self.airflow.folder / "logs" / f"dag_id={task['dag_id']}" / f"run_id={task['dag_run_id']}"
        folder /= f"task_id={task['task_id']}"
        if task["map_index"] >= 0:
            folder /= f"map_index={task['map_index']}"
        logs = sorted(folder.glob("*.log"))
        return _readable(logs[-1], lines) if logs else f"(no log in {folder})"

    def _runs(self) -> list[dict[str, Any]]:
        return list(self.airflow.call("GET", RUNS)["dag_runs"])

    def _tasks(self, dag_id: str, run_id: str, state: str = "") -> list[dict[str, Any]]:
        asked = f"?limit=100&state={state}" if state else "?limit=100"
        answer = self.airflow.call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances{asked}")
        return list(answer["task_instances"])

    def _value(self, run: dict[str, Any], task_id: str) -> Any:
        path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances/{task_id}"
        return (self.airflow.call("GET", f"{path}/xcomEntries/return_value") or {}).get("value")

    def _events_wait(self, dag_id: str) -> bool:
        answer = self.airflow.call("GET", f"/api/v2/dags/{dag_id}/assets/queuedEvents")
        return bool(answer and answer["total_entries"])


def _key(run: dict[str, Any]) -> tuple[str, str]:
    return run["dag_id"], run["dag_run_id"]


def _readable(log: Path, lines: int) -> str:
    """Airflow writes one JSON object a line; a reader needs its level, its event and what was raised."""
    told = []
    for line in log.read_text(errors="replace").splitlines()[-lines:]:
        try:
            entry = json.loads(line)
        except ValueError:
            told.append(line)
            continue
        told.append(f"  {entry.get('level', ''):<8} {entry.get('event', '')}")
        told += [
            f"           {e.get('exc_type')}: {e.get('exc_value')}" for e in entry.get("error_detail") or []
        ]
    return "\n".join(told)
