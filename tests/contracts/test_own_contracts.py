"""The project's own contracts: they hold, and what they name is there."""

from __future__ import annotations

import re

import duckdb

from contracts.check import check
from contracts.checks.sql import RESERVED
from contracts.layout import OWN
from contracts.load import load

TRANSFORMS = OWN.parent / "transforms"


def test_they_hold_against_each_other() -> None:
    assert [finding for finding in check(load(OWN)) if finding.level == "error"] == []


def test_every_normaliser_is_a_macro() -> None:
    macros = "".join(path.read_text(encoding="utf-8") for path in (TRANSFORMS / "sql").rglob("*.sql"))
    missing = [name for name in load(OWN).normalisers if f"MACRO normalise_{name}(" not in macros]
    assert missing == []


def test_every_word_that_the_engine_takes_for_its_own_is_reserved() -> None:
    kinds = "keyword_category IN ('reserved', 'type_function')"
    words = duckdb.execute(f"SELECT keyword_name FROM duckdb_keywords() WHERE {kinds}").fetchall()
    assert {word for (word,) in words} - RESERVED == set()


def test_the_guide_explains_every_custom_property() -> None:
    guide = (OWN / "README.md").read_text(encoding="utf-8")
    named = {
        name
        for path in OWN.rglob("*.odcs.yaml")
        for name in re.findall(r"property: (\w+)", path.read_text(encoding="utf-8"))
    }
    assert [name for name in sorted(named - {"frequency"}) if f"`{name}`" not in guide] == []
