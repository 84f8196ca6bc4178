"""What officials read of a comparison is Chinese, with the code beside it."""

from __future__ import annotations

import re

from contracts.model import Contracts

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_outcome_of_a_comparison_is_told_in_chinese_and_by_its_code(own_contracts: Contracts) -> None:
    linking = own_contracts.linking
    for comparison in linking.comparisons:
        for level in comparison.levels:
            (told,) = linking.in_words({comparison.name: level.name})
            what, said = told.split(": ")
            assert what == f"{comparison.label} {comparison.name}"
            assert HAN.search(said)
            assert said.endswith(f" {level.name}")


def test_what_an_older_release_compared_otherwise_is_told_by_its_code(own_contracts: Contracts) -> None:
    assert own_contracts.linking.in_words({"shoe": "same", "name": "rhymes"}) == ["shoe: same", "姓名 name: rhymes"]
