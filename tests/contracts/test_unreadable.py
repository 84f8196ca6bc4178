"""Files that cannot be read: all of them are told at once, each with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from contracts.check import check, unreadable, with_lines
from contracts.layout import OWN
from contracts.load import load
from contracts.parsing import ContractError
from tests.contracts.broken import EDUCATION, written

PUPIL = "inbound/education/pupil.odcs.yaml"
BROKEN = [
    {"file": "catalogue.yaml", "old": "owner: education/guardian\n", "new": "Owner: education/guardian\n"},
    {"file": "codes/school_grade.yaml", "old": '"11"', "new": "11"},
    {"file": "rules/pupil_dead.yaml", "old": "severity: review", "new": "severity: urgent"},
    {"file": "forms/school_place.yaml", "old": "fields:\n", "new": "fields: [\n"},
    {"file": "inbound/education/aid.odcs.yaml", "old": "mode: full", "new": "mode: whole"},
    {"file": "outbound/education.odcs.yaml", "old": "purpose: 核对在校学生身份，安排学位\n", "new": ""},
]
PLACES = {
    "catalogue.yaml": {"data.guardian.owner", "data.guardian.Owner"},
    "codes/school_grade.yaml": {"codes.11.code"},
    "rules/pupil_dead.yaml": {"severity"},
    "forms/school_place.yaml": {"line 11, column 3"},
    "inbound/education/aid.odcs.yaml": {"delivery.mode"},
    "outbound/education.odcs.yaml": {"description.purpose"},
}


def renkou(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_every_fault_of_every_file_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "broken", BROKEN)
    with pytest.raises(ContractError) as raised:
        load(OWN, folder)
    told: dict[str, set[str]] = {}
    for finding in unreadable(raised.value):
        told.setdefault(str(Path(finding.file).relative_to(folder)), set()).add(finding.where)
    assert told == PLACES


@pytest.mark.parametrize(
    "slip",
    [
        *("value: many, unit: d", "value: two, unit: y", "value: .inf, unit: d"),
        *("value: 30, unit: moons", "value: -3, unit: y", "value: 0.3, unit: m"),
    ],
)
def test_a_span_that_is_no_number_of_a_known_unit(slip: str, tmp_path: Path) -> None:
    frequency = "property: frequency, value: 7, unit: d"
    folder = written(tmp_path / "broken", [{"file": PUPIL, "old": frequency, "new": f"property: retention, {slip}"}])
    with pytest.raises(ContractError, match=r"slaProperties\.retention: retention needs a number"):
        load(OWN, folder)


def test_what_a_cadence_may_be_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "broken", [{"file": PUPIL, "old": "cadence: weekly", "new": "cadence: term"}])
    with pytest.raises(ContractError, match=r"delivery\.cadence: Input should be 'daily', .*'quarterly', 'half_yearly' or 'yearly'"):
        load(OWN, folder)


def test_a_mask_that_is_not_there_delivers_nothing_unmasked(tmp_path: Path) -> None:
    mask = "name: school_grade, logicalType: string, customProperties: [{property: mask, value: hash}]"
    slip = {"file": "outbound/education.odcs.yaml", "old": "name: school_grade, logicalType: string", "new": mask}
    with pytest.raises(ContractError, match=r"schema\.properties\.school_grade\.mask: no mask is called hash; there is pseudonym"):
        load(OWN, written(tmp_path / "broken", [slip]))


def test_rules_that_read_a_view_which_cannot_be_read_are_findings(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "broken", [{"file": "rules/pupil_dead.yaml", "old": "rule_person", "new": "rule_enrolled"}]
    )
    (folder / "rules" / "views").mkdir()
    view = "id: enrolled\ntitle: 在校\ntitle_en: Enrolled\nsql: SELEKT person_no FROM rule_person\n"
    (folder / "rules" / "views" / "enrolled.yaml").write_text(view, encoding="utf-8")
    told = {(Path(f.file).name, f.where) for f in check(load(OWN, folder)) if f.level == "error"}
    assert {("enrolled.yaml", "sql"), ("pupil_dead.yaml", "sql")} <= told


SLIPS = [
    ("catalogue.yaml", "    type: code\n", "    type: kode\n", "data.school_grade.type", 15, "Input should be 'identity_number'"),
    ("codes/school_grade.yaml", 'code: "12"', "code: 12", "codes.12.code", 7, "put it in double quotes"),
    ("codes/school_grade.yaml", "title: 年级\n", "title: 年级\ntitle: 班级\n", "line 3, column 1", None, "title stands there twice"),
    ("rules/pupil_dead.yaml", "law: 中小学生学籍管理办法\n", "", "law", None, "is missing: write it"),
    (PUPIL, "cadence: weekly", "cadence: hourly", "delivery.cadence", 87, "Input should be 'daily'"),
    (PUPIL, "mode: full", "quarantine_bound: 50\n      mode: full", "delivery.quarantine_bound", 86, "less than or equal"),
    (PUPIL, "impossible, value: quarantine", "impossible, value: drop", "schema.properties.birth_date.impossible", 52, "'quarantine' or"),
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: str(slip[3]))
def test_a_fault_is_told_by_name_and_line_with_what_to_write(slip: tuple[str, str, str, str, int | None, str], tmp_path: Path) -> None:
    file, old, new, where, line, what = slip
    folder = written(tmp_path / "broken", [{"file": file, "old": old, "new": new}])
    with pytest.raises(ContractError) as raised:
        load(OWN, folder)
    (finding,) = with_lines(unreadable(raised.value))
    assert (finding.where, finding.line) == (where, line)
    assert what in finding.what


def test_two_entries_for_one_datum_in_one_catalogue(tmp_path: Path) -> None:
    again = {"file": "catalogue.yaml", "old": "- name: guardian\n", "new": "- name: school_name\n"}
    with pytest.raises(ContractError, match=r"data\.school_name: two owners"):
        load(OWN, written(tmp_path / "broken", [again]))


@pytest.mark.parametrize(("content", "what"), [(b"\xff\xfe", "not UTF-8"), (b"- a", "valid dictionary")])
def test_a_file_of_another_kind(tmp_path: Path, content: bytes, what: str) -> None:
    folder = written(tmp_path / "broken", [])
    (folder / "forms" / "school_place.yaml").write_bytes(content)
    with pytest.raises(ContractError, match=what):
        load(OWN, folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no such folder"):
        load(OWN, tmp_path / "nowhere")


def test_check_prints_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKOU_CONTRACTS", str(written(tmp_path / "broken", BROKEN)))
    answer, told = renkou("check"), renkou("check", "--json")
    assert (answer.exit_code, told.exit_code) == (1, 1)
    assert "delivery.mode" in answer.stdout
    assert "7 errors" in answer.stdout
    assert {finding["level"] for finding in json.loads(told.stdout)} == {"error"}


def test_check_of_sound_contracts_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKOU_CONTRACTS", str(EDUCATION))
    answer = renkou("check")
    assert answer.exit_code == 0
    assert "0 errors" in answer.stdout


def test_check_tells_mistakes_of_every_kind_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read, what does not fit and what cannot be run, where none of them follows from another."""
    slips = [
        {"file": "rules/pupil_dead.yaml", "old": "datum: school_name", "new": "datum: school"},
        {"file": "rules/pupil_drowned.yaml", "copy": "rules/pupil_dead.yaml"},
        {"file": "rules/pupil_drowned.yaml", "old": "id: pupil_dead", "new": "id: pupil_drowned\nid: again"},
        {"file": "relatives/ward.yaml", "new": "id: ward\nlabel: 被监护人\nlabel_en: Ward\nof: [guardian]\norder: sum(birth_date)\n"},
    ]
    monkeypatch.setenv("RENKOU_CONTRACTS", str(written(tmp_path / "broken", slips)))
    answer = renkou("check")
    assert answer.exit_code == 1
    assert "rules/pupil_dead.yaml:2: datum: school is no datum of the catalogue; did you mean" in answer.stdout
    assert "rules/pupil_drowned.yaml: line 2, column 1: not YAML: id stands there twice" in answer.stdout
    assert "relatives/ward.yaml:5: order: cannot be run: " in answer.stdout
    assert "3 errors" in answer.stdout
