"""A fifth department with three datasets of its own is contract files and no Python.

``education/`` beside this file is what an engineer writes for it: a register of pupils in two layouts,
guardians as changes under a key of two parts, aid with a sheet a kind; data of its own, a fallback for one
that is there, a cross-check, a rule, a form and an extract.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.check import check
from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from generate.county import generate
from tests.contracts import school
from tests.contracts.school import Pupil
from transforms.run import RunReport, run
from warehouse.coverage import coverage
from warehouse.extract import extract
from warehouse.home import Home
from warehouse.prefill import prefill
from warehouse.prefilled import Inquiry
from warehouse.publish import current_release

EDUCATION = Path(__file__).parent / "education"


@dataclass(frozen=True)
class County:
    """A published county whose schools delivered too."""

    home: Home
    contracts: Contracts
    pupils: list[Pupil]
    report: RunReport

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.current), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def count(self, query: str, *values: Any) -> int:
        return int(self.rows(query, *values)[0][0])


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    """300 persons, one day of the four departments, two of the fifth; every gate on the way."""
    root = tmp_path_factory.mktemp("county")
    generate(300, 5, root, days=1)
    pupils = school.pupils_of(root / "truth")
    school.deliver(root / "landing", pupils)
    contracts = load(OWN, EDUCATION)
    home = Home(root / "home")
    return County(home, contracts, pupils, run(home, contracts, root / "landing"))


def test_the_contracts_hold_against_all_others() -> None:
    own = {finding for finding in check(load(OWN)) if finding.level == "error"}
    both = {finding for finding in check(load(OWN, EDUCATION)) if finding.level == "error"}
    assert own == both == set()


def test_every_delivery_is_taken_in_and_published(county: County) -> None:
    batches = {b.reference: (b.status, b.reason) for b in county.report.batches}
    education = {reference: said for reference, said in batches.items() if reference.startswith("education/")}
    assert county.report.status == "published", county.report.stops
    assert education == {
        "education/aid/20261120": ("accepted", ""),
        "education/boarding/20261120": ("accepted", ""),
        "education/guardian/20261120": ("accepted", ""),
        "education/guardian/20261121": ("accepted", ""),
        "education/pupil/20261120": ("accepted", ""),
    }


def test_both_layouts_bring_all_their_rows(county: County) -> None:
    files = dict(county.rows("SELECT file, accepted FROM batch WHERE dataset = 'pupil'"))
    town = sum(p.school == school.TOWN for p in county.pupils)
    assert files == {"JY_XJ_20261120.csv": town, "JY_XJ_20261120.xlsx": len(county.pupils) - town}


def test_pupils_are_the_persons_that_the_police_know(county: County) -> None:
    linked = county.count(
        "SELECT count(DISTINCT e.record_key) FROM person_record AS e JOIN person_record AS p USING (person_id)"
        " WHERE e.department = 'education' AND e.dataset = 'pupil' AND p.department = 'police'"
    )
    assert linked >= 0.9 * len(county.pupils)


def test_the_departments_data_are_published_as_its_own(county: County) -> None:
    rows = county.rows(
        "SELECT id_number, (school_name, school_grade) FROM person WHERE school_name IS NOT NULL"
    )
    published = dict(rows)
    told = {p.id_number: (p.school, {"小一": "11", "初一": "21"}[p.grade]) for p in county.pupils}
    assert sum(published.get(number) == said for number, said in told.items()) >= 0.9 * len(told)
    origins = county.rows(
        "SELECT DISTINCT department, dataset, standing FROM person_datum"
        " WHERE datum IN ('school_name', 'school_grade')"
    )
    assert origins == [("education", "pupil", "owner")]


def test_a_sheets_name_is_a_value_and_sets_are_united(county: County) -> None:
    both = [p for place, p in enumerate(county.pupils) if place % 6 == 0]
    rows = county.rows("SELECT id_number, school_aids FROM person WHERE school_aids IS NOT NULL")
    united = {str(number): aids for number, aids in rows}
    assert sum(united.get(p.id_number) == ["1", "2"] for p in both) >= 0.9 * len(both)


def test_a_tie_between_two_roles_of_a_row_is_a_datum_and_a_relation(county: County) -> None:
    named = county.count(
        "SELECT count(*) FROM person AS p JOIN person AS g ON g.person_id = p.guardian"
        " WHERE g.name IS NOT NULL"
    )
    tied = county.count("SELECT count(*) FROM relation WHERE dataset = 'guardian' AND kind = 'guardian'")
    assert named == tied == sum(p.mother is not None for p in county.pupils) - 1


def test_several_persons_of_one_cell_are_persons_each(county: County) -> None:
    families = school.families(county.pupils)
    assert max(map(len, families)) > 1
    told = {f"S{place:04}": [p.number for p in pupils] for place, pupils in enumerate(families)}
    linked = county.rows(
        "SELECT b.record_key, b.role, p.record_key FROM person_record AS b JOIN person_record AS p USING (person_id)"
        " WHERE b.dataset = 'boarding' AND p.dataset = 'pupil'"
    )
    assert linked
    assert all(told[key][int(role.removeprefix("pupil_")) - 1] == number for key, role, number in linked)
    roles = county.count("SELECT count(*) FROM person_record WHERE dataset = 'boarding'")
    assert roles == len(families) + sum(map(len, families))
    assert county.count("SELECT count(*) FROM event WHERE kind = 'boarding'") == sum(map(len, families))
    assert county.count("SELECT count(*) FROM relation WHERE kind = 'boarding_parent'") == sum(map(len, families))
    assert county.rows("SELECT record_key, split_part(reason, ':', 1) FROM quarantine WHERE dataset = 'boarding'") == [("S9999", "uneven")]


def test_a_withdrawn_change_is_kept_and_counts_no_more(county: County) -> None:
    first = next(p for p in county.pupils if p.mother)
    records = county.rows(
        "SELECT count(*) FROM person_record WHERE dataset = 'guardian' AND record_key = ?",
        f"{first.number}|1",
    )
    guardians = county.rows("SELECT guardian FROM person WHERE id_number = ?", first.id_number)
    assert records == [(2,)]
    assert guardians == [(None,)]


def test_the_departments_phone_stands_in_where_nobody_before_it_has_one(county: County) -> None:
    origins = county.rows(
        "SELECT value, standing FROM person_datum WHERE datum = 'phone' AND department = 'education'"
    )
    told = {school.phone_of(place) for place in range(len(county.pupils))}
    assert origins
    assert {standing for _, standing in origins} == {"fallback"}
    assert {value for value, _ in origins} <= told | {school.phone_of(77)}


def test_disagreement_and_contradiction_reach_the_department(county: County) -> None:
    checked = county.rows(
        "SELECT owner, reporter, reported_value FROM discrepancy"
        " WHERE kind = 'value' AND datum = 'school_name'"
    )
    assert checked == [("education/pupil", "education/aid", "省实验小学")]
    dead = sum(p.dead for p in county.pupils)
    found = county.rows("SELECT owner, record_key FROM discrepancy WHERE kind = 'pupil_dead'")
    assert dead > 0
    assert 0 < len(found) <= dead
    assert {owner for owner, _ in found} == {"education/pupil"}
    assert {key for _, key in found} <= {p.number for p in county.pupils if p.dead}


def test_what_happened_is_an_event(county: County) -> None:
    days = county.rows("SELECT DISTINCT occurred_on::VARCHAR, department FROM event WHERE kind = 'enrolment'")
    assert days == [("2025-09-01", "education")]


def test_its_form_is_filled_and_its_extract_delivered(county: County) -> None:
    pupil = [p for p in county.pupils if p.mother][2]
    inquiry = Inquiry("school_place", pupil.id_number, "入学登记", "2026-1")
    filled = {f.name: f.value for f in prefill(county.home.current, county.contracts, inquiry).fields}
    assert (filled["school"], filled["name"]) == (pupil.school, pupil.name)
    assert filled["grade"] in {"小学一年级", "初中一年级"}
    assert filled["guardian"] == (pupil.mother or ("",))[0]
    delivered = extract(county.home.current, county.contracts, "education", county.home)
    assert delivered.rows == county.count("SELECT count(*) FROM person WHERE school_name IS NOT NULL")
    manifest = json.loads((delivered.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["partition_by"] == ["school_grade"]


def test_the_department_has_its_pull(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.dags.conftest import parsed  # noqa: PLC0415 - Airflow is slow to import

    monkeypatch.setenv("RENKOU_CONTRACTS", str(EDUCATION))
    assert "pull_education" in parsed().dags


def test_a_run_that_does_not_read_its_contracts_publishes_nothing(county: County, tmp_path: Path) -> None:
    home = Home(Path(shutil.copytree(county.home.root, tmp_path / "home", symlinks=True)))
    report = run(home, load(OWN), county.home.root.parent / "landing")
    assert report.status == "refused"
    assert any("datasets_vanish" in stop for stop in report.stops)
    assert current_release(home) == county.report.release_id


def test_its_form_is_measured_against_a_truth_that_knows_nothing_of_it(county: County) -> None:
    (form,) = (f for f in county.contracts.forms if f.id == "school_place")
    pupils = county.contracts.model_copy(update={"forms": (form.model_copy(update={"users": "school_name IS NOT NULL"}),)})
    (told,) = coverage(county.home.current, pupils, truth=county.home.root.parent / "truth").forms
    fields = {field.name: field for field in told.fields}
    assert fields["school"].filled > 0
    assert (fields["school"].right, fields["school"].wrong_owner) == (fields["school"].filled, 0)
