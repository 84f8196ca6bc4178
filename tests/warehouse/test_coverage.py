"""What coverage counts is what prefill shows, form by form, and what is said once is asked nowhere again."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from contracts.model import Contracts
from tests.support.county import Travelled
from tests.warehouse.small_release import PEOPLE, WOMAN, build
from warehouse.applicant import Applicant
from warehouse.connection import open_read_only
from warehouse.coverage import answer, coverage, lay_out
from warehouse.faults import WrongUseError
from warehouse.prefill import Inquiry, fill_for, prefill

DAY = date(2026, 11, 23)
EACH = 2


def test_every_form_says_of_one_applicant_what_it_says_of_many(travelled: Travelled, own_contracts: Contracts) -> None:
    tried = Counter[str]()
    with open_read_only(travelled.home.current) as connection:
        lay_out(connection, own_contracts, own_contracts.forms)
        for form in own_contracts.forms:
            answer(connection, own_contracts, form, DAY)
            columns = [f"[text_{n}, applies_{n}::VARCHAR, owner_{n}::VARCHAR, disputed_{n}::VARCHAR]" for n in range(len(form.fields))]
            spared = [f"spared_{n}" for n in range(len(form.attachments))]
            sql = f"SELECT person_id, [{', '.join(columns)}], [{', '.join(spared)}] FROM form_answer ORDER BY person_id LIMIT {EACH}"
            for person_id, many, documents in connection.execute(sql).fetchall():
                one = fill_for(Applicant(connection, own_contracts, person_id, DAY), own_contracts, form)
                told = [
                    [f.value, not (f.missing and f.missing.reason == "not_applicable"), f.standing == "owner", f.disputed]
                    for f in one["fields"]
                ]
                for field, (text, applies, owner, disputed), mine in zip(form.fields, many, told, strict=True):
                    place = f"{form.id}.{field.name}"
                    assert [text if applies == "true" else None, applies == "true"] == mine[:2], place
                    if mine[0] is not None:
                        assert [owner == "true", disputed == "true"] == mine[2:], place
                assert [a.unnecessary for a in one["attachments"]] == documents, form.id
                tried[form.id] += 1
    assert len(tried) > 35


def test_a_made_up_countys_forms_are_mostly_filled_and_right(travelled: Travelled, own_contracts: Contracts) -> None:
    told = coverage(travelled.home.current, own_contracts, truth=travelled.root / "truth", filled_on=DAY)
    assert len(told.forms) >= 36
    assert told.total("right") / told.total("applies") > 0.75
    assert told.total("wrong_owner") / told.total("applies") < 0.02
    assert told.asked_twice_after == ()


def test_what_was_said_once_is_asked_by_no_form_again(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    topics = {f.topic for form in own_contracts.forms for f in form.fields if f.topic and f.datum is None}
    with duckdb.connect(str(database)) as connection:
        for topic in sorted(topics):
            connection.execute("INSERT INTO person_datum (person_id, datum, value, standing) VALUES ('p2', ?, 'said', 'declared')", [topic])
    for form in own_contracts.forms:
        told = prefill(database, own_contracts, Inquiry(form.id, WOMAN, form.purposes[0], "1", DAY))
        asked = [f.name for f in told.fields if f.missing and f.missing.reason == "not_supplied"]
        assert asked == [], form.id


def test_an_unknown_form_is_refused(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    with pytest.raises(WrongUseError, match="nosuch"):
        coverage(database, own_contracts, ["nosuch"])
