"""Whose records are whose: ``cases/link.yaml``, all cases in one build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
import yaml

from contracts.model import (
    Catalogue,
    Column,
    Contracts,
    Dataset,
    Datum,
    Delivery,
    FileLayout,
    HouseholdOfRow,
    PersonOfRow,
    RegisterKey,
    Supply,
)
from transforms.link import link_build
from transforms.linking import pairs, score
from transforms.prepare import ROWS_A_FILE, prepare_build
from transforms.sql_files import sql
from warehouse.connection import scratch

Case = dict[str, Any]
CASES: list[Case] = yaml.safe_load((Path(__file__).parent / "cases" / "link.yaml").read_text(encoding="utf-8"))
KINDS = {
    "number": "identity_number",
    "former": "identity_number",
    "name": "name",
    "former_name": "name",
    "born": "birth_date",
    "sex": "code",
    "phone": "phone",
    "employer": "key",
    "person_no": "key",
    "household": "key",
    "relation": "code",
}
FIELDS = {"id_number": "number", "name": "name", "former_name": "former_name", "birth_date": "born", "sex": "sex"}
FIELDS |= {"phone": "phone", "employer_code": "employer"}
DATASETS = ("register", "office", "clinic")
HUNDRED = 100
DAY = date(2026, 11, 20)


def dataset(name: str) -> Dataset:
    columns = tuple(Column(name=n, header=n, label=n, normaliser=kind) for n, kind in KINDS.items())
    data = {datum: Supply(column=column) for datum, column in FIELDS.items()}
    person = PersonOfRow(
        role="subject",
        data=data,
        former_id_number="former",
        register_key=RegisterKey(space=name, column="person_no"),
        one_row_a_person=name in {"register", "clinic"},
    )
    return Dataset(
        department="test",
        name=name,
        title=name,
        version="1",
        delivery=Delivery(mode="full", cadence="daily", layouts=(FileLayout(files="*", format="csv"),)),
        columns=columns,
        persons=(person,),
        household=HouseholdOfRow(number="household", relation="relation") if name == "register" else None,
        source=Path("none"),
    )


@pytest.fixture(scope="module")
def linking_contracts(own_contracts: Contracts) -> Contracts:
    """Three datasets of one shape; the register owns the numbers."""
    number = own_contracts.catalogue.datum("id_number").model_copy(update={"owner": "test/register", "fallbacks": ()})
    sex = own_contracts.catalogue.datum("sex").model_copy(update={"owner": "test/register", "fallbacks": ()})
    data: tuple[Datum, ...] = (number, sex)
    update = {"catalogue": Catalogue(version="1", data=data), "datasets": tuple(dataset(name) for name in DATASETS)}
    return own_contracts.model_copy(update=update)


def own(at: int, label: str | None) -> str | None:
    """A case's own name for something, told apart from the other cases'."""
    return None if label is None else f"{at}:{label}"


def person(at: int, number: int) -> str:
    return f"P{at * HUNDRED + number:012d}"


def number(at: int, label: str | None) -> str | None:
    """Eighteen digits for what a case calls n1: of other cases' numbers none is near. ``~`` before it damages one digit, ``=``
    keeps it as a floating-point number, ``^`` shows it as a spreadsheet does, ``+`` is a number in order that happens to be what a
    floating-point number makes of it; t1 and t2 are issued one after the other in one place to people born on one day: all but the last
    two digits are the same; m1 and m2 differ in the 15th and the 16th digit. 330106|1990-03-07|1236 is of that place, birth
    and sequence."""
    if label is None:
        return None
    if "|" in label:
        place, day, rest = label.split("|")
        birth = born(at, date.fromisoformat(day))
        return f"{place}{birth:{'%y%m%d' if place[0].isalpha() else '%Y%m%d'}}{rest}"
    sound = label.lstrip("~=^+")
    digits = str(int(sha256(f"{at}:{sound[0] if sound[0] in 'tm' else sound}".encode()).hexdigest(), 16) % 10**17 + 10**17)
    if sound[0] == "t":
        digits = f"{digits[:16]}{int(sound[1:]) * 12:02}"
    if sound[0] == "m":
        digits = f"{digits[:14]}{int(sound[1:]) * 11:02}{digits[16:]}"
    if label.startswith(("=", "+")):
        return str(int(float(digits)))
    if label.startswith("^"):
        return f"{digits[0]}.{digits[1:6]}E+17"
    return digits[:9] + str((int(digits[9]) + 1) % 10) + digits[10:] if label.startswith("~") else digits


def born(at: int, day: date) -> date:
    """Cases lie four years apart, so that nobody is born on another case's day, nor near it."""
    return day.replace(year=day.year + 4 * at)


def record_rows(name: str) -> Iterator[dict[str, Any]]:
    for at, case in enumerate(CASES, start=1):
        for r in case["records"]:
            if r["in"] == name:
                told = number(at, r.get("number"))
                damaged = r.get("number", "").startswith(("~", "^", "="))
                yield {
                    "record_key": own(at, r["key"]),
                    "number": None if damaged else told,
                    "number__told": told if damaged else None,
                    "former": number(at, r.get("former")),
                    "name": r.get("name"),
                    "former_name": r.get("former_name"),
                    "born": born(at, r["born"]) if "born" in r else None,
                    "sex": r.get("sex"),
                    "phone": own(at, r.get("phone")),
                    "employer": own(at, r.get("employer")),
                    "person_no": own(at, r.get("person_no")),
                    "household": own(at, r.get("household")),
                    "name__note": "lossy" if r.get("lossy") else None,
                    "name__told": r.get("called"),
                    "is_current": not r.get("gone", False),
                }


def fill(connection: duckdb.DuckDBPyConnection, contracts: Contracts, shuffled: Random | None = None) -> None:
    """The tables that linking starts from; ``shuffled`` delivers the rows in another order."""
    prepare_build(connection, contracts, [], DAY)
    for source, name in enumerate(DATASETS, start=1):
        rows = sorted(record_rows(name), key=lambda row: row["record_key"])
        if shuffled:
            shuffled.shuffle(rows)
        for line, row in enumerate(rows, start=1):
            place = {"record_no": source * ROWS_A_FILE + line, "source_no": source, "line": line}
            values = place | {"batch_date": DAY, "operation": "upsert"} | row
            marks = ", ".join("?" for _ in values)
            connection.execute(f"INSERT INTO record_test__{name} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    corrected = [
        (number(at, now), number(at, then)) for at, case in enumerate(CASES, start=1) for now, then in case.get("stated", [])
    ]
    connection.executemany("INSERT INTO stated_number VALUES (?, ?)", corrected)
    sides = ", ".join(f"{side}_{part}" for side in ("left", "right") for part in ("department", "dataset", "record_key", "role"))
    connection.execute(sql("link/decision"))
    for at, case in enumerate(CASES, start=1):
        places = {r["key"]: r["in"] for r in case["records"]}
        for what, one, other, *withdrawn in case.get("decisions", []):
            refs = [part for key in (one, other) for part in ("test", places[key], own(at, key), "subject")]
            connection.execute(
                f"INSERT INTO link_decision ({sides}, decision, who, decided_at, withdrawn_at) VALUES ({', '.join('?' * 12)})",
                [*refs, what, "an official", DAY, DAY if withdrawn else None],
            )
    connection.execute(sql("release/nothing_before"))
    connection.executemany("INSERT INTO prior_person_record VALUES ('test', ?, 'subject', ?, ?, NULL)", list(prior()))
    connection.executemany("INSERT INTO prior_person_origin VALUES ('test', ?, 'subject', ?, ?)", prior("first"))
    connection.execute("UPDATE prior_number SET number = ?", [(len(CASES) + 1) * HUNDRED])


def prior(when: str = "before") -> list[tuple[str, str, int]]:
    found = []
    for at, case in enumerate(CASES, start=1):
        places = {r["key"]: r["in"] for r in case["records"]}
        found += [(places.get(key, "office"), f"{at}:{key}", at * HUNDRED + number) for key, number in case.get(when, {}).items()]
    return found


@pytest.fixture(scope="module")
def linked(linking_contracts: Contracts) -> dict[str, list[tuple[Any, ...]]]:
    with scratch() as connection:
        fill(connection, linking_contracts)
        link_build(connection, linking_contracts, "r2")
        return {
            "record": connection.execute("SELECT record_key, person_id, method FROM person_record").fetchall(),
            "pair": connection.execute("SELECT left_record_key, right_record_key, outcome FROM link_pair").fetchall(),
            "change": connection.execute("SELECT kind, person_id, other_person_id FROM person_change").fetchall(),
        }


Linked = dict[str, list[tuple[Any, ...]]]
numbered = pytest.mark.parametrize("at", range(1, len(CASES) + 1), ids=[case["case"].replace(" ", "_") for case in CASES])


def told(linked: Linked, at: int) -> dict[str, tuple[str, str]]:
    """Person and method of each record of a case."""
    return {key.partition(":")[2]: (who, how) for key, who, how in linked["record"] if key.startswith(f"{at}:")}


@numbered
def test_records_are_the_persons_that_the_case_says(at: int, linked: Linked) -> None:
    groups: dict[str, set[str]] = {}
    for key, (who, _) in told(linked, at).items():
        groups.setdefault(who, set()).add(key)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, CASES[at - 1]["persons"]))


@numbered
def test_records_say_how_they_were_joined(at: int, linked: Linked) -> None:
    methods = CASES[at - 1].get("methods", {})
    found = told(linked, at)
    assert {key: found[key][1] for key in methods} == methods


@numbered
@pytest.mark.parametrize("outcome", ["doubtful", "cut"])
def test_what_is_not_linked_is_told(at: int, outcome: str, linked: Linked) -> None:
    if outcome in CASES[at - 1]:
        found = [{one, other} for one, other, verdict in linked["pair"] if verdict == outcome]
        wanted = [{own(at, one), own(at, other)} for one, other in CASES[at - 1][outcome]]
        assert all(pair in found for pair in wanted)


@numbered
def test_ids_stay_with_their_persons(at: int, linked: Linked) -> None:
    ids = CASES[at - 1].get("ids", {})
    found = told(linked, at)
    assert {key: found[key][0] for key in ids} == {key: person(at, number) for key, number in ids.items()}


@numbered
def test_changes_of_identity_are_told(at: int, linked: Linked) -> None:
    """A change names ids of before by number, persons that are new by one of their keys."""
    case, found = CASES[at - 1], told(linked, at)
    if "changes" not in case:
        return
    ours = {who for who, _ in found.values()} | {person(at, number) for number in range(HUNDRED)}

    def named(who: int | str | None) -> str | None:
        return None if who is None else person(at, who) if isinstance(who, int) else found[who][0]

    expected = sorted((kind, named(one), named(other)) for kind, one, other in case["changes"])
    assert sorted(change for change in linked["change"] if change[1] in ours) == expected


@pytest.mark.parametrize(("seed", "at_a_time"), [(1, pairs.AT_A_TIME), (2, 40)])
def test_links_depend_on_records_and_decisions_alone(
    seed: int, at_a_time: int, linked: Linked, linking_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What rested on an error goes with it, no day leaves a trace, and neither order tells nor how many are compared at a time."""
    monkeypatch.setattr(pairs, "AT_A_TIME", at_a_time)
    monkeypatch.setattr(score, "PAIRS", at_a_time)
    with scratch() as connection:
        fill(connection, linking_contracts, Random(seed))
        connection.execute("DELETE FROM prior_person_record")
        link_build(connection, linking_contracts, "r2")
        again = connection.execute("SELECT record_key, person_id, method FROM person_record").fetchall()
    assert together(again) == together(linked["record"])


def together(records: list[tuple[Any, ...]]) -> dict[frozenset[str], frozenset[tuple[str, str]]]:
    """The records of each person, with what joined them."""
    persons: dict[str, set[tuple[str, str]]] = {}
    for key, who, how in records:
        persons.setdefault(who, set()).add((key, how))
    return {frozenset(key for key, _ in found): frozenset(found) for found in persons.values()}


def test_new_ids_go_on_where_the_last_release_ended(linked: Linked) -> None:
    fresh = [who for _, who, _ in linked["record"] if int(who[1:]) > (len(CASES) + 1) * HUNDRED]
    assert fresh
    assert len(set(fresh)) == max(int(who[1:]) for who in fresh) - (len(CASES) + 1) * HUNDRED
