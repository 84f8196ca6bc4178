"""What the documents show as files of contracts is checked as files of contracts."""

from __future__ import annotations

import re
from pathlib import Path

from contracts.check import check
from contracts.layout import OWN
from contracts.load import load
from tests.house.rooms import ROOT
from warehouse.extract import subscribers

DOCUMENTS = ("README.md", "docs/forms.md", "docs/extracts.md")
EXAMPLE = re.compile(r"<!-- example: mine/(\S+) -->\n```yaml\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_documents_hold(tmp_path: Path) -> None:
    shown = [found for name in DOCUMENTS for found in EXAMPLE.findall((ROOT / name).read_text(encoding="utf-8"))]
    for path, text in shown:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    contracts = load(OWN, tmp_path)
    assert [finding for finding in check(contracts) if finding.level == "error"] == []
    assert "taxes" in subscribers(contracts)
    assert {"festival_gift", "retirement"} <= {form.id for form in contracts.forms}
