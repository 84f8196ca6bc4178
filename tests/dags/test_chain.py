from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from cli.demo.__main__ import run_dags
from cli.demo.engine import Airflow
from cli.demo.watch import Watch
from cli.demo.words import delivered
from contracts.load import load_all
from contracts.model import Contracts
from generate.county import generate
from tests.support.columns import change_columns
from tests.support.county import DAYS
from tests.support.landing import Landing
from transforms import road
from warehouse.approvals import approvals
from warehouse.home import Home
from warehouse.publish import current_release

LONGEST = 480
READS_FOR = 3.0  # seconds
ASKED = "/api/v2/dags/decide/dagRuns/~/hitlDetails"
SAID = {"hr/insured": "approve 采用", "hr/employment": "reject 不采用"}
KEPT = {"hr/insured": "approved", "hr/employment": "rejected"}


@pytest.mark.airflow
@pytest.mark.timeout(LONGEST + 120)
def test_deliveries_become_a_release_and_extracts_by_asset_triggers_and_people_decide_on_changed_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(300, 7, tmp_path / "county", days=2)
    home, landing, contracts = Home(tmp_path / "home"), tmp_path / "county" / "landing", load_all()
    monkeypatch.setenv("RENKOU_HOME", str(home.root))
    with Airflow(home.root, landing) as airflow:
        watch = Watch(airflow, print, LONGEST)
        run_dags(airflow, contracts, watch)
        followers = [run for (dag_id, _), run in watch.ended.items() if dag_id in {"build", "deliver"}]
        assert {run["run_type"] for run in followers} == {"asset_triggered"}
        assert road.days_to_build(home, contracts) == []
        assert current_release(home)
        assert delivered(home, contracts)
        for report in home.reports.glob("*-01.json"):
            assert json.loads(report.read_text(encoding="utf-8"))["seconds"].keys() == {*road.STAGES} - {"publish"}
        airflow.call("PATCH", "/api/v2/dags/build", {"is_paused": True})
        correct_with_other_columns(home, landing, contracts)
        answer(airflow, home)
        watch.until_quiet(["decide"])
    assert {d.subject.rpartition("/")[0]: d.verdict for d in approvals(home).values()} == KEPT
    told = {b.dataset_id: b.status for b in road.batches_known(home, contracts) if b.batch_date == DAYS[1]}
    assert (told["hr/insured"], told["hr/employment"]) == ("accepted", "held")


def correct_with_other_columns(home: Home, landing: Path, contracts: Contracts) -> None:
    """The newest day is delivered again: of one dataset without a column, of the other with one more."""
    for dataset_id, changed in zip(SAID, ({"without": "phone"}, {"more": "单位电话"}), strict=True):
        change_columns(Landing(landing, contracts), contracts.dataset(dataset_id), DAYS[1], **changed)
        road.take_in(home, contracts, landing, f"{dataset_id}/{DAYS[1]:%Y%m%d}")
    assert {b.dataset_id for b in road.batches_known(home, contracts) if b.status == "held"} == set(SAID)


def answer(airflow: Airflow, home: Home) -> None:
    """Open what Airflow asks and answer it as its page does, until all is kept.

    Airflow asks again where an answer came before the process that asked had ended, which nobody who reads is in time for.
    """
    airflow.call("PATCH", "/api/v2/dags/decide", {"is_paused": False})
    airflow.call("POST", "/api/v2/dags/decide/dagRuns", {"logical_date": None})
    until = time.monotonic() + 600
    while len(approvals(home)) < len(SAID):
        assert time.monotonic() < until, approvals(home)
        time.sleep(READS_FOR)
        for asked in _asked(airflow):
            task, dataset_id = asked["task_instance"], asked["subject"].rpartition("/")[0]
            if task["state"] == "awaiting_input" and not asked["response_received"]:
                assert "| before 原 | now 现 |" in asked["body"]
                path = f"/api/v2/dags/decide/dagRuns/{task['dag_run_id']}/taskInstances/ask/{task['map_index']}/hitlDetails"
                said = {"chosen_options": [SAID[dataset_id]], "params_input": {"why": "confirmed by phone"}}
                airflow.call("PATCH", path, said)


def _asked(airflow: Airflow) -> list[dict[str, Any]]:
    return list((airflow.call("GET", ASKED) or {"hitl_details": []})["hitl_details"])
