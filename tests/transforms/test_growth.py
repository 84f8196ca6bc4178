"""A county that grows: what the release before compared is taken over, and every link is as if all had been compared anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.model import Contracts
from tests.transforms.test_link import DAY, linking_contracts  # noqa: F401
from transforms.link import link_build
from transforms.prepare import prepare_build
from transforms.sql_files import count, sql
from warehouse.connection import scratch

Row = tuple[Any, ...]
TOLD = ("person_record", "person_change", "link_pair")
NUMBERS = ("110101199001011237", "110101199001011245", "110101198505052345")
NAMES = ("张伟", "张玮", "李娜", "王小明", "王晓明", "古丽")

told = st.fixed_dictionaries(
    {
        "number": st.sampled_from([None, *NUMBERS]),
        "number__told": st.sampled_from([None, "11010119900101123", "110101199001011254"]),
        "former": st.sampled_from([None, None, None, *NUMBERS]),
        "name": st.sampled_from([None, *NAMES]),
        "former_name": st.sampled_from([None, None, None, "王小明"]),
        "born": st.sampled_from([None, "1990-01-01", "1990-01-11", "1985-05-05"]),
        "sex": st.sampled_from([None, "1", "2"]),
        "phone": st.sampled_from([None, "13800000001", "13800000002"]),
        "person_no": st.sampled_from([None, "A1", "A2"]),
        "household": st.sampled_from([None, "H1", "H2"]),
        "is_current": st.sampled_from([True, True, True, False]),
    }
)
key = st.tuples(st.sampled_from(["register", "office"]), st.integers(1, 9).map(str))
decision = st.tuples(key, key, st.sampled_from(["linked", "not_linked"])).filter(lambda d: d[0] != d[1])
county = st.dictionaries(key, told, min_size=8, max_size=16)
change = st.tuples(st.dictionaries(key, told, max_size=4), st.sets(key, max_size=2), st.lists(decision, max_size=1))


@dataclass
class Linked:
    """What one build found, and what it leaves for the next."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    compared: list[Row] = field(default_factory=list)
    known: int = 0
    anew: int = 0


def build(contracts: Contracts, rows: dict[Any, Any], decisions: list[Any], before: Linked | None, *, take_over: bool) -> Linked:
    """Link these records after a release with the ids of ``before``, and with what it compared if ``take_over``."""
    with scratch() as connection:
        prepare_build(connection, contracts, [], DAY)
        connection.execute(sql("release/nothing_before"))
        connection.execute(sql("link/decision"))
        for line, ((name, record_key), values) in enumerate(sorted(rows.items()), start=1):
            row = {"record_no": line, "source_no": 1, "line": line, "batch_date": DAY, "operation": "upsert", "record_key": record_key}
            _insert(connection, f"record_test__{name}", row | values)
        for number, (one, other, what) in enumerate(decisions):
            sides = zip(("left", "right"), (one, other), strict=True)
            parts = {
                f"{side}_{part}": value
                for side, (name, record_key) in sides
                for part, value in {"department": "test", "dataset": name, "record_key": record_key, "role": "subject"}.items()
            }
            _insert(connection, "link_decision", {"decision_id": str(number), "decision": what, "decided_at": DAY} | parts)
        if before:
            _ids_before(connection, before)
            if take_over and before.compared:
                connection.executemany("INSERT INTO prior_compared VALUES (?, ?, ?, ?, ?, ?)", before.compared)
        link_build(connection, contracts, "r")
        return Linked(
            {table: connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TOLD},
            connection.execute("FROM link_compared").fetchall(),
            count(connection, "SELECT count(*) FROM link_known"),
            count(connection, "SELECT count(*) FROM link_to_compare"),
        )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, values: dict[str, Any]) -> None:
    marks = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))


def _ids_before(connection: duckdb.DuckDBPyConnection, before: Linked) -> None:
    for department, dataset, record_key, role, person_id, *_ in before.tables["person_record"]:
        connection.execute(
            "INSERT INTO prior_person_record (department, dataset, role, record_key, person_no) VALUES (?, ?, ?, ?, ?)",
            [department, dataset, role, record_key, int(person_id[1:])],
        )
    for row in before.tables["person_change"]:
        connection.execute("INSERT INTO prior_person_change VALUES (?, ?, ?, ?)", row)
    connection.execute("UPDATE prior_number SET number = (SELECT coalesce(max(substr(person_id, 2)::BIGINT), 0) FROM prior_person_change)")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=county, days=st.lists(change, min_size=2, max_size=2))
def test_what_is_linked_with_the_day_before_is_linked_the_same_without(
    linking_contracts: Contracts,  # noqa: F811
    rows: dict[Any, Any],
    days: list[Any],
) -> None:
    decisions: list[Any] = []
    before = build(linking_contracts, rows, decisions, None, take_over=False)
    for came, went, decided in days:
        rows = {k: v for k, v in (rows | came).items() if k not in went}
        decisions = [*decisions, *decided][-1:]
        grown = build(linking_contracts, rows, decisions, before, take_over=True)
        anew = build(linking_contracts, rows, decisions, before, take_over=False)
        assert grown.tables == anew.tables
        assert sorted(grown.compared) == sorted(anew.compared)
        before = grown


def test_only_who_tells_something_else_is_compared_anew(linking_contracts: Contracts) -> None:  # noqa: F811
    """Three seekers with a person of their own each; the next day one of them has another phone."""
    plain = {"phone": None, "number": None, "is_current": True}
    rows = {}
    for at, (name, born) in enumerate([("张伟", "1990-01-01"), ("李娜", "1971-03-04"), ("王小明", "1985-05-05")], start=1):
        rows[("register", str(at))] = plain | {"number": NUMBERS[at - 1], "name": name, "born": born}
        rows[("office", str(at))] = plain | {"name": name, "born": born}
    first = build(linking_contracts, rows, [], None, take_over=True)
    same = build(linking_contracts, rows, [], first, take_over=True)
    rows[("office", "2")] = rows[("office", "2")] | {"phone": "13800000001"}
    third = build(linking_contracts, rows, [], same, take_over=True)
    assert (first.known, first.anew) == (0, 3)
    assert (same.known, same.anew) == (3, 0)
    assert (third.known, third.anew) == (2, 1)


def test_nothing_is_taken_over_from_another_basis(linking_contracts: Contracts) -> None:  # noqa: F811
    rows = {
        ("register", "1"): {"number": NUMBERS[0], "name": "张伟", "born": "1990-01-01", "is_current": True},
        ("office", "1"): {"name": "张伟", "born": "1990-01-01", "is_current": True},
    }
    first = build(linking_contracts, rows, [], None, take_over=True)
    model = linking_contracts.linking.model.model_copy(update={"prior": 0.01})
    other = linking_contracts.model_copy(update={"linking": linking_contracts.linking.model_copy(update={"model": model})})
    assert build(other, rows, [], first, take_over=True).known == 0
