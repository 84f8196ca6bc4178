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
POLL_EVERY = 2.0
# What a task is in while something is still to happen by itself.
WORKING = {"scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"}


class RunFailedError(Exception):
    """A DAG run failed: which task, and the end of its log."""

    def __init__(self, dag_id: str, task_id: str, account: str) -> None:
        super().__init__(f"{dag_id} failed in {task_id}.\n{account}")
        self.task_id = task_id


class Watch:
    """What happened in one Airflow since the watch began."""

    def __init__(self, airflow: Airflow, say: Say, seconds: float) -> None:
        self.airflow = airflow
        self.say = say
        self.deadline = time.monotonic() + seconds
        self.before = {_key(run) for run in self._runs()}
        self.ended: dict[tuple[str, str], dict[str, Any]] = {}
        self.retried: set[tuple[str, str]] = set()
        self.asking: set[tuple[str, str]] = set()

    def until_quiet(self, dag_ids: list[str]) -> None:
        """Return when no run is unfinished save those that wait for a person, and no asset's change waits to start one."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_FOR:
            self.airflow.alive()
            unfinished = self._look()
            if unfinished or any(self._events_wait(dag_id) for dag_id in dag_ids):
                quiet_since = time.monotonic()
            if time.monotonic() > self.deadline:
                names = ", ".join(sorted({run["dag_id"] for run in unfinished})) or "nothing"
                raise EngineError(f"out of time while {names} ran; give it more with --seconds; logs: {self.airflow.folder / 'logs'}")
            time.sleep(POLL_EVERY)

    def _look(self) -> list[dict[str, Any]]:
        runs = [run for run in self._runs() if _key(run) not in self.before]
        self._tell_faults()
        for run in reversed(runs):
            if run["state"] in {"success", "failed"} and _key(run) not in self.ended:
                self.ended[_key(run)] = run
                self._tell(run)
        return [run for run in runs if run["state"] in {"queued", "running"} and not self._waits_for_a_person(run)]

    def _waits_for_a_person(self, run: dict[str, Any]) -> bool:
        """Whether all that the run does is ask: a person may take days to answer."""
        states = {task["state"] for task in self._tasks(*_key(run))}
        asks = "awaiting_input" in states and not states & WORKING
        if asks and _key(run) not in self.asking:
            self.asking.add(_key(run))
            self.say(f"{run['dag_id']:<22} waits for a person: Required Actions on Airflow's page")
        return asks

    def _tell(self, run: dict[str, Any]) -> None:
        tasks = self._tasks(run["dag_id"], run["dag_run_id"])
        if run["state"] == "failed":
            raise RunFailedError(
                run["dag_id"], ", ".join(_unfinished(tasks)), str(self.airflow.folder / "logs")
            )
        self.say(f"{run['dag_id']:<22} {self._sentence(run, tasks):<60} {run['duration'] or 0:5.0f} s")

    def _sentence(self, run: dict[str, Any], tasks: list[dict[str, Any]]) -> str:
        done = [t for t in tasks if t["state"] == "success"]
        mapped = [t["rendered_map_index"] or "" for t in done if t["map_index"] >= 0]
        if mapped:
            apart = [name for name in mapped if name.endswith(")")]
            return f"{len(mapped)} done" + (f", of which {', '.join(apart)}" if apart else "")
        day = next((self._value(run, t["task_id"]) for t in done if t["task_id"] == "choose_day"), None)
        return f"{day} published" if day else "nothing to do"

    def _tell_faults(self) -> None:
        """A word on each task that is tried again; an end as soon as one has failed for good."""
        for task in self._tasks("~", "~", "up_for_retry", "failed"):
            if _key(task) in self.before:
                continue
            if task["state"] == "failed":
                raise RunFailedError(task["dag_id"], task["task_id"], self.task_log(task))
            if (told := (task["dag_id"], task["task_id"])) not in self.retried:
                self.retried.add(told)
                self.say(
                    f"{task['dag_id']:<22} {task['task_id']} is tried again after\n{self.task_log(task)}"
                )

    def task_log(self, task: dict[str, Any], lines: int = 12) -> str:
        """The end of a task's newest log, in words."""
        folder = self.airflow.folder / "logs" / f"dag_id={task['dag_id']}" / f"run_id={task['dag_run_id']}"
        folder /= f"task_id={task['task_id']}"
        if task["map_index"] >= 0:
            folder /= f"map_index={task['map_index']}"
        logs = sorted(folder.glob("*.log"))
        return _readable(logs[-1], lines) if logs else f"(no log in {folder})"

    def _runs(self) -> list[dict[str, Any]]:
        return list(self.airflow.call("GET", RUNS)["dag_runs"])

    def _tasks(self, dag_id: str, run_id: str, *states: str) -> list[dict[str, Any]]:
        asked = "?limit=100" + "".join(f"&state={state}" for state in states)
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


def _unfinished(tasks: list[dict[str, Any]]) -> list[str]:
    return [f"{t['task_id']} {t['state']}" for t in tasks if t["state"] not in {"success", "skipped"}]


def _readable(log: Path, lines: int) -> str:
    """Airflow writes one JSON object a line; a reader needs the errors and what was raised where."""
    entries = [json.loads(line) for line in log.read_text(errors="replace").splitlines() if line[:1] == "{"]
    errors = [entry for entry in entries if entry.get("level") in {"error", "critical"}] or entries
    told = []
    for entry in errors:
        told.append(f"    {entry.get('event', '')}")
        for raised in entry.get("error_detail") or []:
            place = (raised.get("frames") or [{}])[-1]
            where = f"{place.get('filename', '')}:{place.get('lineno', '')}"
            told.append(f"    {raised.get('exc_type')}: {raised.get('exc_value')} ({where})")
    return "\n".join([*told[-lines:], f"    {log}"])
