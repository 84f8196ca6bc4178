from __future__ import annotations

from pathlib import Path

import pytest

from cli.demo.__main__ import run_dags
from cli.demo.engine import Airflow
from cli.demo.watch import Watch
from cli.demo.words import delivered
from contracts.load import load_all
from generate.county import generate
from transforms import road
from warehouse.home import Home
from warehouse.publish import current_release

LONGEST = 480


@pytest.mark.airflow
@pytest.mark.timeout(LONGEST + 120)
def test_deliveries_become_a_release_and_extracts_by_asset_triggers_alone(tmp_path: Path) -> None:
    generate(300, 7, tmp_path / "county", days=2)
    home, landing, contracts = Home(tmp_path / "home"), tmp_path / "county" / "landing", load_all()
    with Airflow(home.root, landing) as airflow:
        watch = Watch(airflow, print, LONGEST)
        run_dags(airflow, home, contracts, watch)
        followers = [run for (dag_id, _), run in watch.ended.items() if dag_id in {"build", "deliver"}]
        assert {run["run_type"] for run in followers} == {"asset_triggered"}
    assert road.days_to_build(home, contracts) == []
    assert current_release(home)
    assert delivered(home, contracts)
