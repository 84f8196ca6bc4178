"""Each check: silent on sound contracts, and one finding for one mistake of ``mistakes.yaml``."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.check import CHECKS, Finding, check, found_by
from contracts.checks.base import Agreement, close
from contracts.layout import OWN
from contracts.load import load
from tests.contracts.broken import EDUCATION, written

MISTAKES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8")
)


def found_in(folder: Path) -> dict[str, set[Finding]]:
    """What each check finds in the project's contracts with the folder over them."""
    found = found_by(Agreement(load(OWN, folder)))
    return {name: {replace(f, file=f.file.removeprefix(f"{folder}/")) for f in findings} for name, findings in found.items()}


@pytest.fixture(scope="module")
def sound() -> dict[str, set[Finding]]:
    return found_in(EDUCATION)


def named(mistake: dict[str, Any]) -> str:
    return f"{mistake['check']}: {mistake['what']}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_one_mistake_is_one_finding(
    mistake: dict[str, Any], sound: dict[str, set[Finding]], tmp_path: Path
) -> None:
    folder = written(tmp_path / "broken", [mistake, *mistake.get("also", [])])
    level = mistake.get("level", "error")
    told = {
        name: [f for f in found - sound[name] if f.level == level] for name, found in found_in(folder).items()
    }
    # what follows from the mistake elsewhere is said in `others`, once a finding
    expected = Counter([mistake["check"], *mistake.get("others", [])])
    assert Counter({name: len(new) for name, new in told.items() if new}) == expected, told
    (finding,) = (
        f for f in told[mistake["check"]] if f.where == mistake["where"] and mistake["what"] in f.what
    )
    assert mistake.get("remedy", "") in finding.remedy
    assert finding.file == mistake.get("at", mistake["file"])


def test_sound_contracts_have_no_errors() -> None:
    assert [finding for finding in check(load(OWN, EDUCATION)) if finding.level == "error"] == []


def test_one_text_may_tell_two_things(tmp_path: Path) -> None:
    """The number of a disability card holds that of its bearer."""
    card = {
        "file": "inbound/education/pupil.odcs.yaml",
        "old": "      - name: class_teacher\n        physicalName: 班主任",
        "new": "      - name: card_no\n        physicalName: 身份证件号\n        logicalType: string\n        customProperties:\n"
        "          - {property: normaliser, value: key}\n          - {property: usedFor, value: to show the card}\n"
        "      - name: class_teacher\n        physicalName: 班主任",
    }
    found = check(load(OWN, written(tmp_path / "twofold", [card])))
    assert [finding for finding in found if finding.level == "error"] == []


def test_every_check_has_its_mistake() -> None:
    assert {holds.__name__ for holds in CHECKS} == {mistake["check"] for mistake in MISTAKES}


def test_a_close_name_is_suggested_and_else_what_there_is() -> None:
    assert close("polise", ["police", "health"]) == "did you mean police?"
    assert close("x", ["police", "health"]) == "there are: health, police"
    assert close("x", []) == "there are none yet"


def test_a_column_that_is_not_named_is_called_by_the_departments_header(tmp_path: Path) -> None:
    slip = {"file": "inbound/education/pupil.odcs.yaml", "old": "        businessName: 身份证件号\n", "new": ""}
    pupil = load(OWN, written(tmp_path / "unnamed", [slip])).dataset("education/pupil")
    assert pupil.column("id_number").label == "身份证件号"
