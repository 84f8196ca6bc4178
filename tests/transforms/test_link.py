"""Whose records are whose: ``cases/link.yaml``, all cases in one build."""

from __future__ import annotations

from datetime import date
from pathlib import Path
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
    PersonOfRow,
    Supply,
)
from transforms.link import link_build
from transforms.sql_files import sql
from warehouse.connection import scratch

Case = dict[str, Any]
CASES: list[Case] = yaml.safe_load((Path(__file__).parent / "cases" / "link.yaml").read_text(encoding="utf-8"))
KINDS = {"number": "identity_number", "former": "identity_number", "name": "name", "former_name": "name", "born": "birth_date"}
FIELDS = {"id_number": "number", "name": "name", "former_name": "former_name", "birth_date": "born"}
HUNDRED = 100


def dataset(name: str) -> Dataset:
    columns = tuple(Column(name=n, header=n, label=n, normaliser=kind) for n, kind in KINDS.items())
    data = {datum: Supply(column=column) for datum, column in FIELDS.items()}
    return Dataset(
        department="test",
        name=name,
        title=name,
        version="1",
        delivery=Delivery(mode="full", cadence="daily", layouts=(FileLayout(files="*", format="csv"),)),
        columns=columns,
        persons=(PersonOfRow(role="subject", data=data, former_id_number="former"),),
        source=Path("none"),
    )


@pytest.fixture(scope="module")
def linking_contracts(own_contracts: Contracts) -> Contracts:
    """Two datasets of one shape; the register owns the numbers."""
    number = own_contracts.catalogue.datum("id_number").model_copy(update={"owner": "test/register", "fallbacks": ()})
    data: tuple[Datum, ...] = (number,)
    update = {"catalogue": Catalogue(version="1", data=data), "datasets": (dataset("register"), dataset("office"))}
    return own_contracts.model_copy(update=update)


def own(at: int, label: str | None) -> str | None:
    """A case's own name for something, told apart from the other cases'."""
    return None if label is None else f"{at}:{label}"


def person(at: int, number: int) -> str:
    return f"P{at * HUNDRED + number:012d}"


def record_rows(name: str) -> list[tuple[Any, ...]]:
    return [
        (
            own(at, r["key"]),
            own(at, r.get("number")),
            own(at, r.get("former")),
            r.get("name"),
            r.get("former_name"),
            r.get("born"),
            "lossy" if r.get("lossy") else None,
            not r.get("gone", False),
        )
        for at, case in enumerate(CASES, start=1)
        for r in case["records"]
        if r["in"] == name
    ]


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables that linking starts from."""
    for source, name in enumerate(("register", "office"), start=1):
        connection.execute(
            f"CREATE TABLE record_test__{name} (record_key VARCHAR, number VARCHAR, former VARCHAR, name VARCHAR, former_name VARCHAR,"
            " born DATE, name__note VARCHAR, is_current BOOLEAN)"
        )
        connection.executemany(f"INSERT INTO record_test__{name} VALUES (?, ?, ?, ?, ?, ?, ?, ?)", record_rows(name))
        connection.execute(
            f"CREATE OR REPLACE TABLE record_test__{name} AS SELECT row_number() OVER (ORDER BY record_key) AS record_no,"
            f" {source} AS source_no, record_no AS line, NULL::VARCHAR AS sheet, DATE '{date(2026, 11, 20)}' AS batch_date, *"
            f" FROM record_test__{name}"
        )
    connection.execute(sql("release/nothing_before"))
    connection.executemany("INSERT INTO prior_person_record VALUES ('test', ?, 'subject', ?, ?)", list(prior()))
    connection.executemany("INSERT INTO prior_person_former VALUES ('test', ?, 'subject', ?, ?, 'r0')", prior("formerly"))
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
        fill(connection)
        link_build(connection, linking_contracts, "r2")
        return {
            "record": connection.execute("SELECT record_key, person_id, method FROM person_record").fetchall(),
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


def test_new_ids_go_on_where_the_last_release_ended(linked: Linked) -> None:
    fresh = [who for _, who, _ in linked["record"] if int(who[1:]) > (len(CASES) + 1) * HUNDRED]
    assert fresh
    assert len(set(fresh)) == max(int(who[1:]) for who in fresh) - (len(CASES) + 1) * HUNDRED
