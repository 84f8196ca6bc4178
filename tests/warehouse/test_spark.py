"""Spark reads what is delivered, by the very lines of the guide that lies beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import Contracts
from tests.warehouse.delivered import by_duckdb, changed
from tests.warehouse.small_release import PEOPLE, build
from warehouse.extract import extract
from warehouse.home import Home
from warehouse.subscriber_keys import key_of

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".tools" / "spark" / "bin" / "python"
COLUMNS = ("person_id", "birth_date", "insurances", "pension_amount")


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17 or later, and there is none")
@pytest.mark.skipif(not PYTHON.exists(), reason="`make test` makes the environment of Spark, .tools/spark")
def test_spark_reads_the_same_as_duckdb(contracts: Contracts, home: Home, tmp_path: Path) -> None:
    pensioner = PEOPLE["p5"] | {"pension_amount": Decimal("3210.50"), "insurances": ["110"]}
    database = build(tmp_path / "r1.duckdb", contracts, "r1", PEOPLE | {"p5": pensioner})
    plain = extract(database, changed(contracts, "hr", columns=COLUMNS), "hr", home).folder
    sealing = changed(contracts, "police", columns=COLUMNS, encrypted=True, partition_by=())
    sealed, key = extract(database, sealing, "police", home).folder, key_of(home, "police", "parquet")
    (sealed / "own.key").write_text(key.hex(), encoding="utf-8")

    of_plain, of_sealed = by_spark(plain, sealed)
    rows = duckdb.sql(f"FROM read_parquet('{plain}/*=*/*.parquet', hive_types_autocast = false)")
    types = {"person_id": "string", "birth_date": "date", "insurances": "array<string>", "pension_amount": "decimal(12,2)"}
    assert of_plain["types"] == types | {"hukou_county": "string"}
    assert in_order(of_plain["rows"]) == in_order(rows.fetchall())
    assert of_sealed["types"] == types | {"insurances": "string"}
    assert in_order(of_sealed["rows"]) == in_order(by_duckdb(sealed / "part-0.parquet", key))
    assert ["p5", "1940-01-01", ["110"], "3210.50", "330103"] in of_plain["rows"]


def by_spark(*deliveries: Path) -> list[dict[str, Any]]:
    """The rows of each delivery and their types, as the guide that lies in it reads them."""
    guides = [str(folder / "README.md") for folder in deliveries]
    command = [str(PYTHON), str(ROOT / "tests" / "support" / "run_guides.py"), *guides]
    done = subprocess.run(command, cwd=deliveries[0], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return list(json.loads(done.stdout.splitlines()[-1]))


def in_order(rows: list[Any]) -> list[list[Any]]:
    return sorted(json.loads(json.dumps(rows, default=str)))
