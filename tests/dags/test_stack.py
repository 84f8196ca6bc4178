"""docker-compose.yml with its overlay of offices, without containers: five kinds of sources, kills on the way, one release."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from cli.demo.__main__ import run_dags
from cli.demo.stack import Stack, stack
from cli.demo.watch import Watch
from cli.demo.words import delivered
from contracts.load import load_all
from tests.support.command import renkou
from tests.support.release import contents, differing, files_of
from warehouse.at_home import at_home
from warehouse.home import Home
from warehouse.parts import EVERYTHING
from warehouse.sealing import is_sealed

LONGEST = 780
PERSONS = "300"


class Disturbed(Watch):
    """Kills one after the other while it watches: a task, then the scheduler with all that it runs."""

    def __init__(self, running: Stack) -> None:
        super().__init__(running, print, LONGEST)
        self.stack, self.killed = running, list[str]()

    def _look(self) -> list[dict[str, Any]]:
        if not self.killed and (task := self._at_work("link")):
            os.kill(task.pid, signal.SIGKILL)
            self.killed.append("task")
        elif self.killed == ["task"] and self._at_work("reconcile"):
            _kill(self.stack.process("scheduler"))
            self.stack.begin_service("scheduler")
            self.killed.append("scheduler")
        return super()._look()

    def _at_work(self, task_id: str) -> psutil.Process | None:
        running = {f"airflow worker -- {t['id']}" for t in self._tasks("build", "~", "running") if t["task_id"] == task_id}
        return next((p for p in psutil.process_iter() if " ".join(_words(p)).strip() in running), None)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _kill(process: Any) -> None:
    """As when a container dies: the process and everything below it."""
    below = psutil.Process(process.pid).children(recursive=True)
    for one in [psutil.Process(process.pid), *below]:
        one.kill()
    process.wait()


@pytest.fixture
def home() -> Iterator[Home]:
    """Not in pytest's own folder: PostgreSQL's user must reach it, and any pytest that starts closes that folder to others."""
    with tempfile.TemporaryDirectory(prefix="renkou-stack-", ignore_cleanup_errors=True) as folder:
        yield Home(Path(folder) / "home")


@pytest.fixture
def running(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("OFFICES_PERSONS", PERSONS)
    monkeypatch.setenv("RENKOU_RETRY_SECONDS", "5")
    with stack(home.root) as started:
        for name, value in started.home_settings().items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.mark.airflow
@pytest.mark.timeout(LONGEST + 120)
def test_the_stack_publishes_what_all_offices_offer_though_a_task_and_the_scheduler_and_the_api_are_killed(
    home: Home, running: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts = load_all()
    watch = Disturbed(running)
    run_dags(running, contracts, watch)
    assert watch.killed == ["task", "scheduler"]
    with at_home(EVERYTHING) as opened:
        assert delivered(opened, contracts)
        assert files_of(opened.builds) == {}

        pulled = {receipt.parts[-4:-2] for receipt in opened.landing.rglob(".receipt.json")}
        kinds = {d.pulled_from.kind for d in contracts.datasets if d.pulled_from and (d.department, d.name) in pulled}
        assert kinds == {"folder", "sftp", "s3", "postgresql", "http"}
        assert contents(opened.current)["person"][0] > 200

        monkeypatch.delenv("RENKOU_KEYS")
        undisturbed = Home(tmp_path / "undisturbed")
        assert renkou(undisturbed, opened.landing).returncode == 0
        assert differing(undisturbed.current, opened.current) == {}
    assert is_sealed(home.current)
    assert all(is_sealed(path) for folder in (home.landed, home.landing) for path in folder.rglob("*") if path.is_file())

    _answers(running)
    _kill(running.process("api"))
    running.begin_service("api")
    _answers(running)


def _answers(running: Stack) -> None:
    """The form API answers with the release that was published."""
    until = time.monotonic() + 300
    while True:
        try:
            with urlopen(f"{running.api_url}/health", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < until, running.log_tail("api")
            time.sleep(0.2)
