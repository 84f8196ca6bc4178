"""What coverage counts is what prefill shows, form by form, and what is said once is asked nowhere again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from contracts.model import Contracts
from tests.support.county import Travelled
from tests.warehouse.small_release import PEOPLE, WOMAN, build
from warehouse.coverage import coverage
from warehouse.dossier import write_dossiers
from warehouse.faults import WrongUseError
from warehouse.prefill import Inquiry, prefill

DAY = date(2026, 11, 23)


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
        write_dossiers(connection, own_contracts)
    for form in own_contracts.forms:
        told = prefill(database, own_contracts, Inquiry(form.id, WOMAN, form.purposes[0], "1", DAY))
        asked = [f.name for f in told.fields if f.missing and f.missing.reason == "not_supplied"]
        assert asked == [], form.id


def test_an_unknown_form_is_refused(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    with pytest.raises(WrongUseError, match="nosuch"):
        coverage(database, own_contracts, ["nosuch"])
