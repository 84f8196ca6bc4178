"""Rules are data: what may stand in their files, and how they are filled in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.model import Contracts
from expectations.rulebook import RuleError, ask, columns_of, data_of, load_rules

RULE = {
    "id": "r",
    "gate": "build",
    "table": "person",
    "sentence": "句",
    "sentence_en": "s",
    "sql": "select 1",
}


def _load(folder: Path, **changes: object) -> list[object]:
    (folder / "some.yaml").write_text(yaml.safe_dump([{**RULE, **changes}]), encoding="utf-8")
    return list(load_rules(folder))


def test_ids_are_said_once_and_every_rule_speaks_both_languages() -> None:
    rules = load_rules()
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.sentence.endswith("。") and rule.sentence_en.endswith(".") for rule in rules)


@pytest.mark.parametrize(
    "changes",
    [
        {"sql": None},
        {"measure": "select 0"},
        {"sql": None, "measure": "select 0"},
        {"sql": None, "expectation": "ExpectColumnMaxToBeBetween"},
        {"at_most": {"stop": 1}},
        {"severity": "panic"},
        {"colour": "red"},
    ],
)
def test_a_rule_that_cannot_be_understood_is_an_error(changes: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="rule r"):
        _load(tmp_path, **changes)


def test_a_name_that_stands_for_nothing_is_an_error(tmp_path: Path) -> None:
    rules = _load(tmp_path, sql="select $nothing")
    with pytest.raises(RuleError, match="nothing"):
        ask(rules, [], {}, set())  # type: ignore[arg-type]


def test_columns_and_data_are_asked_about_by_their_kind(agreed: Contracts) -> None:
    roll = columns_of(agreed.dataset("north/roll"), agreed)
    assert "remark" not in {column.name for column in roll}
    assert next(c for c in roll if c.name == "sex").codes == ("0", "1", "2", "9")
    assert next(d for d in data_of(agreed) if d.name == "insurances").codes == ("110", "120", "170")


def test_gates_are_imported_without_great_expectations() -> None:
    probe = "import sys, expectations.gates; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
