"""Airflow on its embedded defaults: SQLite metadata, local executor, free ports, all under one folder."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parents[2]

# Runs that are started by hand do not wait for what is late, so that nothing defers for long: the triggerer is left out.
PROCESSES = ("scheduler", "dag-processor", "api-server")
PARTS = ("scheduler", "dag_processor")
# A busy machine has taken two minutes to start Airflow.
STARTING_TAKES = 600
STOPPING_TAKES = (3, 10)
# A task is a process: what it needs of others' code is loaded once, by the one that tasks are copies of; our own is not, as it may change.
LOADED_ONCE = "airflow.executors.local_executor,airflow.sdk.execution_time.task_runner,great_expectations,splink"


class EngineError(Exception):
    """Airflow did not start, or does not answer."""


class Airflow:
    """Starts Airflow's processes when entered and leaves none of them behind when left."""

    def __init__(self, home: Path, landing: Path, port: int | None = None) -> None:
        self.folder = home / "airflow"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_ports = free_port(), free_port()
        self.environment = _environment(home, landing, self)
        self._opener = build_opener(ProxyHandler({}))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._token = ""
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self.folder / "running.lock")
        try:
            self.prepare()
            self.begin_all()
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()

    def prepare(self) -> None:
        """What must be done before anything starts."""
        self.run("db", ["airflow", "db", "migrate"], self.environment)

    def begin_all(self) -> None:
        """Start every process that stays."""
        for name in PROCESSES:
            self.begin(name, ["airflow", name], self.environment)

    def is_healthy(self) -> bool:
        """Whether all parts are at work."""
        health = self.call("GET", "/api/v2/monitor/health")
        return all(health[part]["status"] == "healthy" for part in PARTS)

    def login(self) -> str:
        """The token of the one who asks."""
        token: str = self.call("GET", "/auth/token")["access_token"]
        return token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, tries: int = 4) -> Any:
        """Airflow's REST API; ``None`` when there is no such thing.

        A server error is tried again, as SQLite may be locked, and so is a call that a busy machine does not answer in time.
        All that is asked for here may be done twice.
        """
        request = Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                return json.loads(answer.read() or "null")
        except HTTPError as error:
            if error.code == 404:
                return None
            if error.code >= 500 and tries > 1:
                time.sleep(2)
                return self.call(method, path, body, tries - 1)
            raise EngineError(
                f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}"
            ) from error
        except TimeoutError as error:
            if tries > 1:
                return self.call(method, path, body, tries - 1)
            raise EngineError(f"{method} {path}: Airflow does not answer; its logs: {self.folder}") from error

    def alive(self) -> None:
        """Raise EngineError, with the end of its log, if a process has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise EngineError(f"{name} ended with {process.returncode}:\n{self.log_tail(name)}")

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The end of what a process of Airflow wrote."""
        log = self._log(name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def stop(self) -> None:
        """End every process, first by asking."""
        for seconds in STOPPING_TAKES:
            # the local executor takes the second signal as leave to go at once
            self._ask_to_end(seconds)
        for process in self._processes.values():
            # each was started as the leader of a session of its own: its workers go with it
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _ask_to_end(self, seconds: float) -> None:
        asked = [process for process in self._processes.values() if process.poll() is None]
        for process in asked:
            process.terminate()
        until = time.monotonic() + seconds
        for process in asked:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))

    def run(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Run a command to its end; raise EngineError when it fails."""
        with self._log(name).open("wb") as log:
            done = subprocess.run(
                self.found(command), env=environment, cwd=ROOT, stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise EngineError(f"{' '.join(command)} failed:\n{self.log_tail(name)}")

    def begin(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        """Start a process that stays, and write what it says to its log."""
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self.found(command),
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[] if self._lock is None else [self._lock],
            )

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """A process that was begun."""
        return self._processes[name]

    @staticmethod
    def found(command: list[str]) -> list[str]:
        """The command of this installation and no other: a script is the one beside the interpreter."""
        # the script and not "-m airflow", which would put the current folder on the path
        beside = Path(sys.executable).with_name(command[0])
        return [str(beside) if beside.exists() else command[0], *command[1:]]

    def _wait_until_healthy(self) -> None:
        until = time.monotonic() + STARTING_TAKES
        while time.monotonic() < until:
            self.alive()
            with suppress(URLError, OSError, EngineError):
                if self.is_healthy():
                    self._token = self.login()
                    return
            time.sleep(0.5)
        raise EngineError(f"Airflow was not ready after {STARTING_TAKES} s; its logs: {self.folder}")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def _environment(home: Path, landing: Path, airflow: Airflow) -> dict[str, str]:
    """The caller's environment without its own Airflow settings, and ours."""
    folder, port = airflow.folder, airflow.port
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    if kept.pop("PYTHONDONTWRITEBYTECODE", None):
        # without bytecode each task would compile Airflow anew, some three seconds
        kept["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
    settings = {
        "CORE__DAGS_FOLDER": ROOT,
        "CORE__LOAD_EXAMPLES": False,
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 1 + max(2, os.cpu_count() or 2),  # the build waits in one for the pulls to end
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        # SQLite has one writer: the others wait for it longer than the usual 5 s before they give up
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}?timeout=60",
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "LOGGING__WORKER_LOG_SERVER_PORT": airflow.log_ports[0],
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.5,
        "SCHEDULER__MP_START_METHOD": "forkserver",
        "SCHEDULER__MP_FORKSERVER_PRELOAD": LOADED_ONCE,
        # the DAGs do not change meanwhile; to read them takes two seconds of a core, and by default that is done every 30 s
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 300,
        # a supervisor that misses its task's end looks again after this long, by default 5 s
        "WORKERS__MIN_HEARTBEAT_INTERVAL": 1,
        "WORKERS__EXECUTION_API_TIMEOUT": 30,
    }
    ours = {"AIRFLOW_HOME": folder, "RENKOU_HOME": home, "RENKOU_LANDING": landing, "RENKOU_RETRY_SECONDS": 5}
    ours |= {f"AIRFLOW__{key}": value for key, value in settings.items()}
    return kept | {key: str(value) for key, value in ours.items()}


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _locked(path: Path) -> int:
    """A lock that Airflow's processes inherit: it is held for as long as one of them lives."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise EngineError(f"Another Airflow is running on {path.parent}; stop it first") from error
    return lock
