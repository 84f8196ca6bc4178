"""Each check: silent on sound contracts, and one finding for one mistake of ``mistakes.yaml``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.check import CHECKS, Finding
from contracts.checks_base import Agreement, close
from contracts.load import OWN, load
from tests.contracts.broken import EDUCATION, findings, written

MISTAKES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("mistakes.yaml").read_text(encoding="utf-8")
)
BY_NAME = {check.__name__: check for check in CHECKS}


@pytest.fixture(scope="module")
def sound() -> list[Finding]:
    return findings(EDUCATION)


def named(mistake: dict[str, Any]) -> str:
    return f"{mistake['check']}: {mistake['what']}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_one_mistake_is_one_finding(mistake: dict[str, Any], sound: list[Finding], tmp_path: Path) -> None:
    level = mistake.get("level", "error")
    folder = written(tmp_path / "broken", [mistake, *mistake.get("also", [])])
    new = [f for f in findings(folder) if f not in sound and f.level == level]
    by_check = Counter({name: 0 for name in BY_NAME})
    agreed = Agreement(load(OWN, folder))
    told = {name: {(f.where, f.what) for f in holds(agreed)} for name, holds in BY_NAME.items()}
    for finding in new:
        by_check.update(name for name in BY_NAME if (finding.where, finding.what) in told[name])

    expected = Counter([mistake["check"], *mistake.get("others", [])])
    assert +by_check == expected, [(f.where, f.what) for f in new]
    found = [f for f in new if f.where == mistake["where"] and mistake["what"] in f.what]
    assert len(found) == 1, [(f.where, f.what) for f in new]
    assert mistake.get("remedy", "") in found[0].remedy
    assert found[0].file == mistake.get("at", mistake["file"])


def test_sound_contracts_have_no_errors(sound: list[Finding]) -> None:
    assert [finding for finding in sound if finding.level == "error"] == []


def test_every_check_has_its_mistake() -> None:
    assert set(BY_NAME) == {mistake["check"] for mistake in MISTAKES}


def test_a_close_name_is_suggested_and_else_what_there_is() -> None:
    assert close("polise", ["police", "health"]) == "did you mean police?"
    assert close("x", ["police", "health"]) == "there are: health, police"
    assert close("x", []) == "there are none yet"
