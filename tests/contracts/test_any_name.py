"""A datum may bear any name that ``renkou check`` lets pass: also that of a table, an alias or a column beside it in some statement."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from contracts.check import check
from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from generate.county import generate
from tests.contracts import school
from tests.contracts.broken import written
from transforms.run import run
from warehouse.extract import extract
from warehouse.home import Home

NAMES = (
    *("d", "v", "x", "p", "person", "household", "known_to", "precision", "rowid", "township", "whole", "part", "number", "less"),
    *("origins", "declared", "disputed", "imprecise", "to_the_month", "code", "kept_out", "place", "who", "way"),
)
SAYS = "          school_name: {column: school_name}\n"


def named(folder: Path, *names: str) -> Contracts:
    """The education bureau's contracts, with what its register tells of a school told by these names too."""
    entry = (
        "  - {{name: {0}, label: 项{0}, label_en: {0}, type: text, standard: text, owner: education/pupil,"
        " checked_by: [education/aid], sensitivity: personal}}\n"
    )
    told = SAYS + "".join(f"          {name}: {{column: school_name}}\n" for name in names)
    slips = [
        {"file": "catalogue.yaml", "old": "data:\n", "new": "data:\n" + "".join(map(entry.format, names))},
        *({"file": f"inbound/education/{dataset}.odcs.yaml", "old": SAYS, "new": told} for dataset in ("pupil", "aid")),
    ]
    return load(OWN, written(folder, slips))


@pytest.mark.parametrize("name", ["order", "select", "registers", "filled_on"])
def test_a_word_that_sql_or_a_form_has_of_its_own_is_told(name: str, tmp_path: Path) -> None:
    found = [finding for finding in check(named(tmp_path / "named", name)) if finding.level == "error"]
    assert [(finding.where, finding.remedy) for finding in found] == [(f"data.{name}.name", "choose another name")]


def test_other_names_are_data_like_any(tmp_path: Path) -> None:
    contracts = named(tmp_path / "named", *NAMES)
    assert [finding for finding in check(contracts) if finding.level == "error"] == []
    generate(300, 5, tmp_path, days=1)
    school.deliver(tmp_path / "landing", school.pupils_of(tmp_path / "truth"))
    home = Home(tmp_path / "home")
    report = run(home, contracts, tmp_path / "landing")
    assert report.status == "published", report.stops
    extract(home.current, contracts, "education", home)
    with duckdb.connect(str(home.current), read_only=True) as connection:
        alike = " AND ".join(f'"{name}" IS NOT DISTINCT FROM school_name' for name in NAMES)
        assert connection.execute(f"SELECT count(school_name) > 0, bool_and({alike}) FROM person").fetchall() == [(True, True)]
        told = connection.execute("SELECT DISTINCT datum FROM quality WHERE measure = 'completeness' AND dataset = 'pupil'").fetchall()
    assert {datum for (datum,) in told} >= set(NAMES)
