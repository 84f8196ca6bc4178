"""Training from the console: what is written can be put in the place of what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.main import app
from contracts.layout import OWN
from contracts.model import Comparison, LinkModel, LinkRule

RULES = OWN / "linking" / "rules.yaml"
NEVER_SEEN = "- {name: never_seen, label: 从未, label_en: never, when: {number: [other]}, precision: 0.5, records: 7}\n"
MEASURED = ("  precision: ", "  records: ")


def train(county: Path, out: Path, rules: Path, *more: str) -> Result:
    told = ["train", "--landing", county / "landing", "--truth", county / "truth", "--out", out, "--rules", rules, *more]
    return CliRunner().invoke(app, [str(one) for one in told])


@pytest.fixture(scope="module")
def trained(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model and the rules that training on one small county wrote."""
    folder = tmp_path_factory.mktemp("train")
    (folder / "rules.yaml").write_text(RULES.read_text(encoding="utf-8") + NEVER_SEEN, encoding="utf-8")
    result = train(small_county, folder / "model.yaml", folder / "rules.yaml")
    assert result.exit_code == 0, result.output
    return folder


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def test_the_model_says_of_each_level_how_likely_it_is(trained: Path) -> None:
    model = LinkModel(**read(trained / "model.yaml"))
    for comparison in (Comparison(**told) for told in read(OWN / "linking" / "comparisons.yaml")):
        shares = model.parameters[comparison.name]
        assert list(shares) == [level.name for level in comparison.levels if not level.missing]
        assert all(0 < m < 1 and 0 < u < 1 for m, u in shares.values())
    m, u = model.parameters["name"]["same_rare"]
    assert m > 0.5 > u


def test_the_model_keeps_the_thresholds_that_were_agreed(trained: Path) -> None:
    agreed, found = read(OWN / "linking" / "model.yaml"), read(trained / "model.yaml")
    assert {name: found[name] for name in ("link_at", "doubt_at", "margin")} == {
        name: agreed[name] for name in ("link_at", "doubt_at", "margin")
    }


def test_a_rule_that_joined_records_tells_how_many_and_how_precisely(trained: Path) -> None:
    rules = {rule.name: rule for rule in (LinkRule(**told) for told in read(trained / "rules.yaml"))}
    same = rules["same_number"]
    assert same.records is not None
    assert same.precision is not None
    assert same.records > 500
    assert 0.99 < same.precision < 1


def test_a_rule_that_joined_nothing_keeps_what_was_measured_before(trained: Path) -> None:
    (rule,) = (told for told in read(trained / "rules.yaml") if told["name"] == "never_seen")
    assert (rule["precision"], rule["records"]) == (0.5, 7)


def test_nothing_else_of_the_rules_file_changes(trained: Path) -> None:
    def kept(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(MEASURED)]

    assert kept((trained / "rules.yaml").read_text(encoding="utf-8")) == kept(RULES.read_text(encoding="utf-8") + NEVER_SEEN)


def test_each_county_needs_its_truth(small_county: Path, tmp_path: Path) -> None:
    result = train(small_county, tmp_path / "model.yaml", RULES, "--landing", str(small_county / "landing"))
    assert result.exit_code == 2
    assert not (tmp_path / "model.yaml").exists()
