"""What coverage counts is what prefill shows, form by form, and what is said once is asked nowhere again."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import Contracts, FormField
from tests.support.county import Travelled
from tests.support.identity import number
from tests.warehouse.small_release import MAN, PEOPLE, WOMAN, build, lay_together
from warehouse.connection import open_read_only
from warehouse.coverage import answer, coverage, lay_out
from warehouse.faults import WrongUseError
from warehouse.lookup import rows
from warehouse.prefill import fill, prefill
from warehouse.prefilled import Inquiry
from warehouse.published import Published

DAY = date(2026, 11, 23)


def test_a_made_up_countys_forms_are_mostly_filled_and_right(travelled: Travelled, own_contracts: Contracts) -> None:
    told = coverage(travelled.home.current, own_contracts, truth=travelled.root / "truth", filled_on=DAY)
    assert len(told.forms) >= 36
    assert told.total("right") / told.total("applies") > 0.75
    assert told.total("wrong_owner") / told.total("applies") < 0.02
    assert told.asked_twice_after == ()


def test_what_was_said_once_is_asked_by_no_form_again(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    fields = (f for form in own_contracts.forms for f in form.fields)
    said = {f.topic: (*f.choices, "said")[0] for f in fields if f.topic and f.datum is None}
    with duckdb.connect(str(database)) as connection:
        for each in sorted(said.items()):
            connection.execute("INSERT INTO person_datum (person_id, datum, value, standing) VALUES ('p2', ?, ?, 'declared')", each)
        lay_together(connection, own_contracts)
    for form in own_contracts.forms:
        told = prefill(database, own_contracts, Inquiry(form.id, WOMAN, form.purposes[0], "1", DAY))
        asked = [f.name for f in told.fields if f.missing and f.missing.reason == "not_supplied"]
        assert asked == [], form.id


def test_an_unknown_form_is_refused(own_contracts: Contracts, tmp_path: Path) -> None:
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    with pytest.raises(WrongUseError, match="nosuch"):
        coverage(database, own_contracts, ["nosuch"])


def test_coverage_counts_what_prefill_shows(travelled: Travelled, own_contracts: Contracts, tmp_path: Path) -> None:
    """Form by form for a few who would use it: the text, whose word it is, and whether it is disputed."""
    release = Published(Path(shutil.copy(travelled.home.current, tmp_path)), own_contracts)
    some = "SELECT * FROM form_answer JOIN person USING (person_id) WHERE id_number IS NOT NULL ORDER BY hash(person_id) LIMIT 4"
    with open_read_only(travelled.home.current, beside_others=True) as connection:
        lay_out(connection, own_contracts, own_contracts.forms)
        for form in own_contracts.forms:
            fields = answer(connection, own_contracts, form, DAY)
            for row in rows(connection, some):
                shown = fill(release, Inquiry(form.id, row["id_number"], form.purposes[0], "1", DAY)).prefilled
                if shown.status != "filled" or shown.person_id != row["person_id"]:
                    continue
                for place, (field, filled) in enumerate(zip(fields, shown.fields, strict=True)):
                    where = (form.id, field.field.name)
                    counted = row[f"text_{place}"] if row[f"applies_{place}"] else None
                    assert counted == filled.value, where
                    if counted is not None:
                        assert row[f"disputed_{place}"] == filled.disputed, where
                        assert row[f"owner_{place}"] == (filled.standing == "owner"), where


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ("1965-03", {"day": None, "month": "1965-03", "year": "1965年", "of_spouse": "1965-3", "spouses": "1965"}),
        ("1965", {"day": None, "month": None, "year": "1965年", "of_spouse": None, "spouses": "1965"}),
    ],
)
def test_a_day_known_in_part_fills_what_asks_for_no_more(
    own_contracts: Contracts, tmp_path: Path, known: str, shown: dict[str, str | None]
) -> None:
    """Prefill and coverage alike, the applicant's own day and a relative's."""
    database = build(tmp_path / "r.duckdb", own_contracts, "r", PEOPLE)
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE person_datum SET value = ? WHERE person_id = 'p1' AND datum = 'birth_date'", [known])
        lay_together(connection, own_contracts)
    form = next(f for f in own_contracts.forms if f.id == "marriage_registration")
    own = {"day": None, "month": "%Y-%m", "year": "%Y年"}
    others = {"of_spouse": ("%Y-%-m", False), "spouses": ("%Y", True)}
    fields = [FormField(name=n, label=n, label_en=n, datum="birth_date", format=f) for n, f in own.items()]
    fields += [
        FormField(name=n, label=n, label_en=n, datum="birth_date", via="partner" if each else "spouse", each=each, format=f)
        for n, (f, each) in others.items()
    ]
    said = {"fields": tuple(fields), "users": "birth_date IS NOT NULL", "relatives": {"spouse": "law", "partner": "law"}}
    asking = form.model_copy(update=said)
    contracts = own_contracts.model_copy(update={"forms": (asking,)})
    filled = {}
    for who in (MAN, WOMAN):
        for field in prefill(database, contracts, Inquiry(form.id, who, form.purposes[0], "1", DAY)).fields:
            filled[who, field.name] = field.value
    with open_read_only(database, beside_others=True) as connection:
        lay_out(connection, contracts, contracts.forms)
        names = [f.field.name for f in answer(connection, contracts, asking, DAY)]
        told = rows(connection, "SELECT * FROM form_answer JOIN person USING (person_id)")
    counted = {(row["id_number"], name): row[f"text_{place}"] for row in told for place, name in enumerate(names)}
    assert {name: filled[MAN if name in own else WOMAN, name] for name in shown} == shown
    assert {key: counted[key] for key in filled} == filled


CHILD = {"name": "欧阳小明", "hukou_status": "1", "father": "p1", "mother": "p2", "household_no": "000123"}


@pytest.mark.parametrize(
    "told",
    [{"birth_date": date(2026, 9, 1)}, {"id_number": number("33010220150607113")}, {}],
    ids=["by the day of birth", "by the number alone", "by nothing"],
)
def test_no_form_shows_a_relative_under_14_unless_its_basis_names_minors(
    own_contracts: Contracts, tmp_path: Path, told: dict[str, Any]
) -> None:
    """Nor one of whom nothing tells an age, in coverage as in prefill."""
    people = {**PEOPLE, "p1": PEOPLE["p1"] | {"spouse": "p7"}, "p6": CHILD | told, "p7": {"name": "上官老太", "spouse": "p1"}}
    database = build(tmp_path / "r.duckdb", own_contracts, "r", people)
    naming, married = set(), set()
    release = Published(database, own_contracts)
    with open_read_only(database, beside_others=True) as connection:
        lay_out(connection, own_contracts, own_contracts.forms)
        for form in own_contracts.forms:
            answer(connection, own_contracts, form, DAY)
            counted = rows(connection, "SELECT * FROM form_answer WHERE person_id <> 'p6'")
            shown = [str(value) for row in counted for value in row.values()]
            inquiry = Inquiry(form.id, MAN, form.purposes[0], "1", DAY)
            filled = [str(field.value) for field in fill(release, inquiry).prefilled.fields]
            naming |= {form.id} if any(CHILD["name"] in text for text in [*shown, *filled]) else set()
            married |= {form.id} if any("上官老太" in text for text in [*shown, *filled]) else set()
            told_of = [any(name in text for text in filled) for name in (CHILD["name"], "上官老太")]
            (of_man,) = [[str(v) for v in row.values()] for row in counted if row["person_id"] == "p1"] or [filled]
            assert told_of == [any(name in text for text in of_man) for name in (CHILD["name"], "上官老太")], form.id
    assert naming
    assert naming <= {form.id for form in own_contracts.forms if "minors" in form.covers}
    assert married - {form.id for form in own_contracts.forms if "minors" in form.covers}, "who is married is no child"
