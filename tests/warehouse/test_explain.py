"""An official sees where each datum is from, and that a shared number says nothing by itself."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from contracts.model import Contracts
from tests.warehouse.small_release import BORNE, MAN, PEOPLE, SHARED, build
from warehouse.explain import ExplainedDatum, ExplainedPerson, explain
from warehouse.faults import NotFoundError
from warehouse.identity import masked

REFERENCE = ("department", "dataset", "record_key", "role")


def datum(person: ExplainedPerson, name: str) -> ExplainedDatum:
    return next(found for found in person.data if found.datum == name)


@pytest.mark.parametrize("who", [MAN, "p1", "３３０１０２ 19650312 0015", "330102650312001"])
def test_a_person_is_found_by_id_and_by_number_as_people_type_it(
    database: Path, contracts: Contracts, who: str
) -> None:
    answer = explain(database, who, contracts)

    assert [person.person_id for person in answer.persons] == ["p1"]
    assert not answer.ambiguous
    assert MAN not in answer.asked


def test_every_datum_bears_its_source(database: Path, contracts: Contracts) -> None:
    person = explain(database, "p1", contracts).persons[0]
    sex = datum(person, "sex")

    assert (sex.label, sex.value, sex.words) == ("性别", "1", "1 男性")
    assert [(o.department, o.dataset, o.record_key, o.standing) for o in sex.origins] == [
        ("police", "resident", "r-p1", "owner")
    ]
    assert datum(person, "insurances").words == "110 职工基本养老保险、310 职工基本医疗保险"
    assert {found.datum for found in person.data} == {k for k, v in PEOPLE["p1"].items() if v is not None}
    assert {(r.role, r.method) for r in person.records} == {("subject", "same number and name")}


def test_who_disagrees_stands_beside_the_datum(database: Path, contracts: Contracts) -> None:
    disputes = datum(explain(database, "p1", contracts).persons[0], "ethnicity").disputes

    assert [(d.reporter, d.reported_value) for d in disputes] == [("hr", "02")]


def test_a_number_issued_twice_lists_both_and_says_so(database: Path, contracts: Contracts) -> None:
    answer = explain(database, SHARED, contracts)

    assert answer.ambiguous
    assert [person.person_id for person in answer.persons] == ["p3", "p4"]


def test_not_found_never_echoes_the_number(database: Path, contracts: Contracts) -> None:
    with pytest.raises(NotFoundError) as raised:
        explain(database, "330102199912311234", contracts)

    assert "330102********1234" in str(raised.value)
    assert "19991231" not in str(raised.value)


@pytest.mark.parametrize("number", [MAN, MAN.lower(), "330102650312001", "ABC123456789012", MAN + "00"])
def test_no_masked_number_can_be_read(number: str) -> None:
    assert number not in masked(number)
    assert masked(number).count("*") >= 5


def test_a_merged_person_is_explained_by_the_one_who_stays(contracts: Contracts, tmp_path: Path) -> None:
    merged = [
        {"person_id": "p0", "kind": "merged", "other_person_id": "p9", "release_id": "r0"},
        {"person_id": "p9", "kind": "merged", "other_person_id": "p5", "release_id": "r1"},
    ]
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"person_change": merged})

    assert explain(database, "p0", contracts).persons[0].person_id == "p5"


def test_an_id_that_nobody_bears_says_where_it_went(contracts: Contracts, tmp_path: Path) -> None:
    changes = [
        {"person_id": "p0", "kind": "merged", "other_person_id": "p9", "release_id": "r0"},
        {"person_id": "p9", "kind": "merged", "other_person_id": "p5", "release_id": "r1"},
        {"person_id": "p8", "kind": "retired", "release_id": "r1"},
    ]
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"person_change": changes})

    assert [(s.person_id, s.other_person_id) for s in explain(database, "p0", contracts).went] == [
        ("p0", "p9"),
        ("p9", "p5"),
    ]
    with pytest.raises(NotFoundError, match="went out of use in release r1"):
        explain(database, "p8", contracts)


def test_an_id_that_came_back_is_its_own(contracts: Contracts, tmp_path: Path) -> None:
    changes = [
        {"person_id": "p0", "kind": "merged", "other_person_id": "p2", "release_id": "r0"},
        {"person_id": "p2", "kind": "merged", "other_person_id": "p5", "release_id": "r0"},
        {"person_id": "p2", "kind": "split", "other_person_id": "p5", "release_id": "r1"},
    ]
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"person_change": changes})

    for asked in ("p0", "p2"):
        assert [p.person_id for p in explain(database, asked, contracts).persons] == ["p2"]


def test_a_record_says_what_joined_it_and_what_spoke_against(contracts: Contracts, tmp_path: Path) -> None:
    def side(name: str, key: str) -> dict[str, str]:
        return dict(
            zip((f"{name}_{c}" for c in REFERENCE), ("health", "record", key, "subject"), strict=True)
        )

    records = [
        {
            "department": "health",
            "dataset": "record",
            "record_key": key,
            "role": "subject",
            "person_id": who,
            "method": "name_birth",
        }
        for key, who in (("h1", "p1"), ("h2", "p1"), ("h3", "p2"))
    ]
    pairs = [
        {
            **side("left", "h1"),
            **side("right", "h2"),
            "rule": "name_birth",
            "weight": 17.0,
            "outcome": "linked",
            "evidence": '{"name": "homophone"}',
        },
        {
            **side("left", "h3"),
            **side("right", "h1"),
            "rule": "model",
            "weight": 3.0,
            "outcome": "cut",
            "why": "two numbers",
        },
    ]
    decided = [
        {
            "decision_id": "D000001",
            "decision": "not_linked",
            **side("left", "h2"),
            **side("right", "h3"),
            "who": "王",
            "decided_at": datetime(2026, 11, 20),
            "why": "two files",
        }
    ]
    others = {"person_record": records, "link_pair": pairs, "link_decision": decided}
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others=others)

    told = {
        r.record_key: r.ties
        for r in explain(database, "p1", contracts).persons[0].records
        if r.dataset == "record"
    }
    assert [(t.record_key, t.outcome, t.evidence, t.why, t.other_person_id) for t in told["h1"]] == [
        ("h2", "linked", {"name": "homophone"}, None, "p1"),
        ("h3", "cut", {}, "two numbers", "p2"),
    ]
    assert [(t.record_key, t.decided) for t in told["h2"]] == [("h1", None), ("h3", "D000001 王")]


def test_a_former_number_finds_its_bearer(contracts: Contracts, tmp_path: Path) -> None:
    former = "330103194001010999"
    history = {
        "person_id": "p5",
        "datum": "id_number",
        "value": former,
        "valid_to": date(2020, 1, 1),
        "known_from": date(2026, 11, 20),
    }
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"person_history": [history]})

    assert explain(database, former, contracts).persons[0].person_id == "p5"


def test_a_number_that_records_alone_have_leads_to_all_of_them(contracts: Contracts, tmp_path: Path) -> None:
    told = [
        {"number": BORNE, "person_id": who, "department": "hr", "dataset": "insured", "record_key": key}
        for who, key in (("p1", "1|110"), ("p2", "2|110"))
    ]
    former = {"person_id": "p1", "datum": "id_number", "value": BORNE, "department": "hr", "dataset": "insured"}
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others={"number_borne": told, "person_history": [former]})

    answer = explain(database, BORNE, contracts)
    assert [person.person_id for person in answer.persons] == ["p1", "p2"]
    assert answer.ambiguous
    assert [(borne.person_id, borne.record_key) for borne in answer.borne] == [("p1", "1|110"), ("p2", "2|110")]
    assert explain(database, MAN, contracts).borne == ()


def test_an_earlier_day_shows_what_was_then_held(contracts: Contracts, tmp_path: Path) -> None:
    first, second = date(2026, 11, 20), date(2026, 11, 22)
    told = {"person_id": "p5", "datum": "hukou_status"}
    history = [
        {**told, "value": "1", "valid_from": None, "valid_to": second, "known_from": first},
        {**told, "value": "2", "valid_from": second, "known_from": second},
    ]
    earlier = {"release_id": "r0", "as_of": first, "built_at": datetime(2026, 11, 20)}
    others = {"person_history": history, "release": [earlier]}
    database = build(tmp_path / "r1.duckdb", contracts, "r1", others=others)

    for day, value in ((first, "1"), (second, "2")):
        person = explain(database, "p5", contracts, as_of=day).persons[0]
        assert [(d.datum, d.value) for d in person.data] == [("hukou_status", value)]
    with pytest.raises(NotFoundError, match="2999-01-01 is yet to come"):
        explain(database, MAN, contracts, date(2999, 1, 1))
    with pytest.raises(NotFoundError, match="the history begins on 2026-11-20"):
        explain(database, "p5", contracts, as_of=date(2026, 11, 19))
