"""An Airflow that belongs to the tests: it reads its settings when it is first imported."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = Path(tempfile.mkdtemp(prefix="renkou-airflow-"))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)

os.environ |= {
    "AIRFLOW_HOME": str(SCRATCH),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}


def parsed() -> Any:
    """The repository as Airflow's DAG bundle, parsed as the DAG processor does."""
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415 - not before the settings

    return BundleDagBag(str(ROOT), bundle_path=ROOT, bundle_name="dags-folder")


@pytest.fixture(scope="session")
def bag() -> Any:
    return parsed()
