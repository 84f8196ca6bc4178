"""``python -m cli.demo``: to a release by the real DAGs; ``--page`` opens Airflow's page on it, ``--stack`` starts the whole stack."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from cli.demo import county, words
from cli.demo.engine import Airflow, EngineError
from cli.demo.stack import FILES, is_anothers, stack
from cli.demo.watch import RunFailedError, Watch
from contracts.load import load_all
from contracts.model import Contracts
from transforms import road
from warehouse.at_home import at_home
from warehouse.home import Home
from warehouse.parts import EVERYTHING, WAITS

PERSONS = 5_000
DAYS = 3
# Two idle cores need five minutes; a machine that is busy with other things may need many times that.
SECONDS = 3_600
GATE, REFUSED, WRONG_USE = "validate", 3, 2
POOL = {"name": "renkou_writer", "slots": 1, "description": "One build or warehouse file has one writer"}


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 published, 1 a fault, 2 wrong use, 3 the gate refused a release."""
    asked = _arguments(arguments)
    home = Home.from_environment()
    if home.store:
        remedy = "set RENKOU_HOME to one, or leave it out, and RENKOU_KEYS too"
        print(f"{home.store}: the demo works in a folder that is open; {remedy}", file=sys.stderr)
        return WRONG_USE
    os.environ["RENKOU_HOME"] = str(
        home.root
    )  # the commands started below have the same home from any folder
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        if asked.stack:
            return _stack(home, asked)
        return _page(home, asked.port) if asked.page else _demo(home, asked)
    except (EngineError, RunFailedError) as fault:
        print(f"\n{fault}\n\nThe demo stopped. All logs: {home.root / 'airflow'}", file=sys.stderr)
        return REFUSED if getattr(fault, "task_id", "") == GATE else 1
    except KeyboardInterrupt:
        print("\nInterrupted; Airflow was stopped. The same command goes on from here.", file=sys.stderr)
        return 130


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cli.demo", description=__doc__)
    parser.add_argument("--persons", type=int, default=PERSONS, help="size of the made-up county")
    parser.add_argument("--days", type=int, default=DAYS, help="days of deliveries")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="give up after so long")
    parser.add_argument("--page", action="store_true", help="start Airflow's page on what the demo made")
    parser.add_argument("--stack", action="store_true", help="the compose file's services, and a server for each department")
    parser.add_argument("--once", action="store_true", help="end --stack when the release is out")
    parser.add_argument("--port", type=int, default=8080, help="port of --page")
    return parser.parse_args(arguments)


def _demo(home: Home, asked: argparse.Namespace) -> int:
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)

    contracts = load_all()
    landing = county.landing_of(home)
    say(county.deliver(landing, asked.persons, asked.days))
    say("starting Airflow (SQLite metadata, local executor)")
    with Airflow(home.root, landing) as airflow:
        say(f"Airflow runs at {airflow.url}")
        run_dags(airflow, contracts, Watch(airflow, say, asked.seconds - (time.monotonic() - began)))
        say("nothing waits any more; stopping Airflow")
    say("done")
    page = f"RENKOU_HOME={home.root} {words.short(sys.executable)} -m cli.demo --page"
    print(words.closing(home, contracts, page))
    return 0


def _stack(home: Home, asked: argparse.Namespace) -> int:
    if is_anothers(home.root):
        remedy = "set RENKOU_HOME to a new folder, or use `make stack`, which takes home-stack"
        print(f"{home.root}: holds another county already, and the offices offer one of their own; {remedy}", file=sys.stderr)
        return WRONG_USE
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)

    contracts = load_all()
    os.environ["OFFICES_PERSONS"] = str(asked.persons)
    say(f"starting the services of {' and '.join(FILES)}, for {asked.persons:,} made-up persons")
    with stack(home.root) as running:
        say(f"all are healthy: Airflow {running.url}, the form API {running.api_url}")
        os.environ.update(running.home_settings())
        run_dags(running, contracts, Watch(running, say, asked.seconds - (time.monotonic() - began)))
        say("nothing waits any more")
        page = f"{running.url}, user and password: {running.folder / 'auth' / 'passwords.json'}"
        with at_home(EVERYTHING) as opened:
            print(words.closing(opened, contracts, page))
        if not asked.once:
            print("\nCtrl-C stops everything.", flush=True)
        while not asked.once:
            running.alive()
            time.sleep(1)
    return 0


def run_dags(airflow: Airflow, contracts: Contracts, watch: Watch) -> None:
    """Trigger the pulls and wait while their assets start the rest; raise RunFailedError, EngineError."""
    pulls = [f"pull_{department}" for department in contracts.departments]
    followers = ["build", "deliver"]
    _wait_for_dags(airflow, [*pulls, *followers])
    if airflow.call("GET", f"/api/v2/pools/{POOL['name']}") is None:
        airflow.call("POST", "/api/v2/pools", POOL)
    # a change of an asset is lost on a paused DAG: the followers come first
    for dag_id in [*followers, *pulls]:
        airflow.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
    for dag_id in pulls:
        _trigger(airflow, dag_id)
    watch.until_quiet(followers)
    with at_home(WAITS) as home:
        days_wait = road.days_to_build(home, contracts)
    if days_wait:
        watch.say("days wait that an interrupted run left behind; building them")
        _trigger(airflow, "build")
        watch.until_quiet(followers)
    with at_home(EVERYTHING) as home:
        delivered = words.delivered(home, contracts)
    if not delivered:
        watch.say("extracts are missing that an interrupted run left out; writing them")
        _trigger(airflow, "deliver")
        watch.until_quiet(followers)


def _trigger(airflow: Airflow, dag_id: str) -> None:
    airflow.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})


def _wait_for_dags(airflow: Airflow, dag_ids: list[str], seconds: int = 600) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        airflow.alive()
        if errors := airflow.call("GET", "/api/v2/importErrors")["import_errors"]:
            raise EngineError("\n".join(f"{e['filename']}\n{e['stack_trace']}" for e in errors))
        if all(airflow.call("GET", f"/api/v2/dags/{dag_id}") for dag_id in dag_ids):
            return
        time.sleep(0.5)
    raise EngineError(
        f"Airflow did not find the DAGs in {seconds} s; see {airflow.folder / 'dag-processor.log'}"
    )


def _page(home: Home, port: int) -> int:
    with Airflow(home.root, county.landing_of(home), port) as airflow:
        print(f"Airflow runs at {airflow.url} for this machine only, without a password. Ctrl-C stops it.")
        while True:
            airflow.alive()
            time.sleep(1)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
