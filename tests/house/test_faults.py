"""The table of faults names tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.house.rooms import ROOT

TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", TABLE)))
LINES = [line for line in TABLE.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_of_the_table_exists(file: str, test: str) -> None:
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_line_of_the_table_is_a_test() -> None:
    assert [line for line in LINES if "`tests/" not in line] == []
    assert len(LINES) > 15
