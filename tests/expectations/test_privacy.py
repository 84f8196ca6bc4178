"""No value of a person leaves a gate: not in results, not in Data Docs, not in what is said of an error."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from contracts.model import Contracts
from expectations.gates import GateResult, check_batches, check_build, check_release
from tests.expectations.county import PLANTED_NAME, PLANTED_NUMBER, number, spoil, write_batch

PLANTED = (PLANTED_NAME, PLANTED_NUMBER, number(1), "p9", "N5", "1990-03-07", "19900307")
EVERYTHING_WRONG = f"""
update person set id_number = '{PLANTED_NUMBER}', sex = '{PLANTED_NAME}', first_insured = '{PLANTED_NAME}',
  insurances = ['{PLANTED_NAME}'], mother = '{PLANTED_NAME}', father = person_id,
  birth_date = date '2990-03-07', pension_amount = -1;
update person set person_id = 'p9' where person_id = 'p8';
update person_datum set standing = '{PLANTED_NAME}', datum = '{PLANTED_NUMBER}';
update person_record set person_id = '{PLANTED_NUMBER}', dataset = '{PLANTED_NAME}';
delete from relation; insert into relation values ('p9', 'x', '{PLANTED_NUMBER}')
"""
BATCH_WRONG = f"""
update rows set sex = '{PLANTED_NAME}', id_number = '{PLANTED_NUMBER}0', region = '{PLANTED_NUMBER}',
  insured_since = '{PLANTED_NAME}', schemes = ['{PLANTED_NUMBER}'], born_on = date '1790-03-07', pension = -1;
update rows set record_key = null, roll_no = null where line = 1
"""


def _assert_no_value(docs: Path, results: list[GateResult], *more: str) -> None:
    pages = [path for path in docs.rglob("*") if path.suffix in {".html", ".json", ".js", ".css", ".txt"}]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    texts += [json.dumps(result.to_json(), ensure_ascii=False) + repr(result) for result in results]
    assert len(pages) > 2
    for text in [*texts, *more]:
        for planted in PLANTED:
            assert not re.search(rf"(?<![\w]){planted}(?![\w])", text), f"{planted} is published"
        assert PLANTED_NAME not in text


def test_a_build_in_which_everything_is_wrong(
    agreed: Contracts,
    build: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    result = check_build(spoil(build, EVERYTHING_WRONG), agreed, tmp_path / "docs")
    assert len(result.stops) > 12
    _assert_no_value(tmp_path / "docs", [result], caplog.text, *capfd.readouterr())


def test_a_batch_in_which_everything_is_wrong(
    agreed: Contracts, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    results = check_batches([write_batch(tmp_path, spoil=BATCH_WRONG)], agreed, tmp_path / "docs")
    assert len(results[0].stops) > 6
    _assert_no_value(tmp_path / "docs", results, caplog.text, *capfd.readouterr())


def test_what_the_database_says_about_a_value_it_cannot_convert_is_kept_out(
    agreed: Contracts, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    damage = f"alter table rows alter born_on type varchar; update rows set born_on = '{PLANTED_NAME}'"
    results = check_batches([write_batch(tmp_path, spoil=damage)], agreed, tmp_path / "docs")
    assert ("birth_out_of_time", "not evaluated") in {(c.rule, c.observed) for c in results[0].stops}
    _assert_no_value(tmp_path / "docs", results, caplog.text, *capfd.readouterr())


def test_a_release_that_changed_much(
    agreed: Contracts, build: Path, sound_build: Path, tmp_path: Path
) -> None:
    # datasets that are all new are not compared with the release before
    damaged = spoil(build, f"{EVERYTHING_WRONG}; update person_record set dataset = 'roll'")
    result = check_release(damaged, sound_build, agreed, tmp_path / "docs")
    assert not result.passed
    _assert_no_value(tmp_path / "docs", [result])


def test_nothing_is_printed_and_no_page_loads_from_elsewhere(
    agreed: Contracts, sound_build: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    check_build(sound_build, agreed, tmp_path)
    assert capfd.readouterr() == ("", "")
    for page in (path for path in (tmp_path / "build").rglob("*.*") if path.is_file()):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(src|href|action)=[\"']?https?:|url\([\"']?https?:|newsletter|>__none__<| __none__ ", text)


def test_data_docs_say_each_rule_in_both_languages(
    agreed: Contracts, sound_build: Path, tmp_path: Path
) -> None:
    check_build(sound_build, agreed, tmp_path)
    pages = "".join(
        p.read_text(encoding="utf-8") for p in (tmp_path / "build" / "validations").rglob("*.html")
    )
    assert "人员标识不得重复。" in pages
    assert "A person_id stands for one person only." in pages


def test_the_index_leads_to_every_page(agreed: Contracts, build: Path, tmp_path: Path) -> None:
    check_build(spoil(build, "update relation set other_person_id = person_id"), agreed, tmp_path)
    site = tmp_path / "build"
    index = (site / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a></td><td>(\d+)</td><td class="[^"]+">(\d+)', index)
    assert all((site / link).is_file() for link, *_ in links)
    assert ("20261120-relation", "2", "1") in {tuple(rest) for _, *rest in links}
