"""What changes and withdrawals make of a register, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.model import Contracts
from tests.support.landing import DAY, Landing, Row, quarantined
from tests.transforms.by_hand import (
    NAME,
    NEXT,
    NUMBER,
    PERMIT,
    records,
)
from transforms.linking.records import present
from warehouse.home import Home


def permit(key: str, operation: str, updated: str, address: str = "西湖区文三路1号") -> Row:
    return {
        "change": operation,
        "permit_no": key,
        "name": NAME,
        "id_number": NUMBER,
        "residence_address": address,
        "updated_at": updated,
    }


def test_a_delta_withdraws_amends_and_adds(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [permit(key, "I", "20261101080000") for key in ("a", "b")])
    landing.put(
        PERMIT,
        [
            permit("a", "D", "20261121080000"),
            permit("b", "U", "20261121080000", "西湖区文三路2号"),
            permit("c", "I", "20261121080000"),
        ],
        NEXT,
    )
    landing.take_in(home, PERMIT)
    landing.take_in(home, PERMIT, NEXT)
    assert records(home, landing.contracts, PERMIT, "is_current, residence_address") == [
        ("a", False, "西湖区文三路1号"),
        ("b", True, "西湖区文三路2号"),
        ("c", True, "西湖区文三路1号"),
    ]


def test_of_changes_out_of_order_the_newest_by_the_registers_own_time_counts(
    home: Home, landing: Landing
) -> None:
    landing.put(
        PERMIT,
        [
            permit("a", "U", "20261110080000", "西湖区文三路2号"),
            permit("a", "I", "20261101080000", "西湖区文三路1号"),
            permit("b", "I", "20261110080000", "西湖区文三路2号"),
        ],
    )
    landing.put(PERMIT, [permit("b", "U", "20261105080000", "西湖区文三路1号")], NEXT)
    landing.take_in(home, PERMIT)
    landing.take_in(home, PERMIT, NEXT)
    assert records(home, landing.contracts, PERMIT, "residence_address") == [
        ("a", "西湖区文三路2号"),
        ("b", "西湖区文三路2号"),
    ]


def test_a_late_withdrawal_does_not_undo_a_newer_change(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [permit("a", "U", "20261120080000")])
    landing.put(PERMIT, [permit("a", "D", "20261101080000")], NEXT)
    landing.take_in(home, PERMIT)
    landing.take_in(home, PERMIT, NEXT)
    assert records(home, landing.contracts, PERMIT, "is_current") == [("a", True)]


def test_a_change_dated_ahead_or_not_at_all_keeps_no_later_one_out(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [permit("a", "I", "20991231235959"), permit("b", "I", "20261101080000")])
    landing.put(PERMIT, [permit("a", "U", "20261121080000", "西湖区文三路2号"), permit("b", "U", "不详", "西湖区文三路3号")], NEXT)
    landing.take_in(home, PERMIT)
    landing.take_in(home, PERMIT, NEXT)
    told = records(home, landing.contracts, PERMIT, "residence_address")
    assert told == [("a", "西湖区文三路2号"), ("b", "西湖区文三路3号")]


def test_a_withdrawal_by_the_key_alone_ends_what_was_told_before(home: Home, landing: Landing) -> None:
    """Without a time of its own it was made by the end of its day, and what it withdraws stays that person's; of a key that nobody knows
    it speaks of nobody.
    """
    landing.put(PERMIT, [permit("a", "I", "20261101080000"), permit("b", "I", "20261101080000")])
    landing.put(PERMIT, [{"change": "D", "permit_no": key} for key in ("a", "b", "unknown")], NEXT)
    landing.put(PERMIT, [permit("b", "U", "20261122080000")], NEXT + timedelta(days=1))
    for days in range(3):
        landing.take_in(home, PERMIT, DAY + timedelta(days=days))
    dataset = landing.contracts.dataset(PERMIT)
    told = f"is_current, name, {present(dataset, dataset.persons[0])}"
    unknown = ("unknown", False, None, False)
    assert records(home, landing.contracts, PERMIT, told) == [("a", False, NAME, True), ("b", False, NAME, True), unknown]
    later = records(home, landing.contracts, PERMIT, told, until=NEXT + timedelta(days=1))
    assert later == [("a", False, NAME, True), ("b", True, NAME, True), unknown]


def counting_versions(contracts: Contracts) -> Contracts:
    """The register of permits as one that counts versions instead of telling when."""
    own = contracts.dataset(PERMIT)
    columns = tuple(c.model_copy(update={"normaliser": "number"}) if c.name == "updated_at" else c for c in own.columns)
    return contracts.model_copy(update={"datasets": (own.model_copy(update={"columns": columns}),)})


@pytest.mark.parametrize("unit", ["", "20261119080000"], ids=["versions", "moments"])
def test_a_row_that_tells_no_version_is_newer_than_what_came_before_it(home: Home, landing: Landing, unit: str) -> None:
    """A withdrawal without its version takes the record away, and what comes after it counts again; a late older version does not."""
    agreed = landing.contracts if unit else counting_versions(landing.contracts)
    office, version = Landing(landing.root, agreed), lambda number: str(int(unit or 0) + number)
    at_once = [{"change": "D", "permit_no": "b"}, permit("b", "I", version(8)), permit("c", "I", version(3)), permit("d", "I", version(3))]
    office.put(PERMIT, [permit("a", "I", version(7)), *at_once, {"change": "D", "permit_no": "c"}])
    office.put(PERMIT, [{"change": "D", "permit_no": key} for key in ("a", "d")], NEXT)
    office.put(PERMIT, [permit("a", "U", version(6)), permit("d", "U", version(3), "西湖区文三路2号")], NEXT + timedelta(days=1))
    office.put(PERMIT, [permit("a", "U", version(9)), permit("d", "U", "", "西湖区文三路3号")], NEXT + timedelta(days=2))
    days = [DAY + timedelta(days=ahead) for ahead in range(4)]
    for day in days:
        office.take_in(home, PERMIT, day)
    told = [records(home, agreed, PERMIT, "is_current, residence_address[-2:-2]", until=day) for day in days]
    assert [{key: current for key, current, _ in day} for day in told] == [
        {"a": True, "b": True, "c": False, "d": True},
        {"a": False, "b": True, "c": False, "d": False},
        {"a": False, "b": True, "c": False, "d": True},
        {"a": True, "b": True, "c": False, "d": True},
    ]
    assert [house for key, _, house in told[-1] if key == "d"] == ["3"]


def test_versions_are_ordered_by_their_number_and_not_by_its_text(home: Home, landing: Landing) -> None:
    """A register that counts versions instead of telling when; 10 comes after 9."""
    agreed = counting_versions(landing.contracts)
    office = Landing(landing.root, agreed)
    office.put(PERMIT, [permit("a", "U", "10", "西湖区文三路2号"), permit("a", "I", "9")])
    office.put(PERMIT, [permit("a", "U", "8")], NEXT)
    for day in (DAY, NEXT):
        office.take_in(home, PERMIT, day)
    assert records(home, agreed, PERMIT, "residence_address") == [("a", "西湖区文三路2号")]
    assert agreed.dataset(PERMIT).updated_at is None


def death(key: str, operation: str, day: str) -> Row:
    return {"change": operation, "death_cert_no": key, "name": NAME, "id_number": NUMBER, "death_date": day}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"death_date": "2026-13-01"},
        {"name": "测试人员"},
        {"id_number": "111111111111111111"},
        {"name": NUMBER, "id_number": NAME},
        {"name": None},
    ],
    ids=["impossible", "test name", "test number", "changed places", "empty"],
)
def test_a_withdrawal_needs_its_key_alone(home: Home, landing: Landing, own_contracts: Contracts, spoilt: Row) -> None:
    """What else stands in its row is no reason to keep it out, and what was told of the person before stands, withdrawn."""
    dataset = "health/death"
    agreed = own_contracts.dataset(dataset)
    columns = tuple(c.model_copy(update={"required": c.required or c.name == "name"}) for c in agreed.columns)
    office = Landing(landing.root, own_contracts.model_copy(update={"datasets": (agreed.model_copy(update={"columns": columns}),)}))
    office.put(dataset, [death("a", "upsert", "2026-11-01"), death("b", "upsert", "2026-11-01") | spoilt])
    office.put(dataset, [death("a", "delete", "2026-11-01") | spoilt, death("", "delete", "2026-11-01")], NEXT)
    assert office.take_in(home, dataset).quarantined == 1
    kept_out = quarantined(office.take_in(home, dataset, NEXT))
    assert [(row["line"], row["reason"].partition(":")[0]) for row in kept_out] == [(2, "no_key")]
    assert records(home, office.contracts, dataset, "is_current, name, id_number") == [("a", False, NAME, NUMBER)]


def test_a_withdrawal_whose_row_cannot_be_read_counts_where_its_key_is_certain(home: Home, landing: Landing) -> None:
    """Cut off behind the key, with a damaged byte or a misshapen member elsewhere; within the key it is kept out and told."""
    landing.put(PERMIT, [permit(key, "I", "20261101080000") for key in ("a1", "a2", "a3")])
    rows = landing.put(PERMIT, [permit("a1", "D", ""), permit("a2", "U", "20261120080000")], NEXT)
    header, *_ = rows.read_bytes().splitlines()
    damaged = b"D,a2,111,330,\xff" + b"," * (header.count(b",") - 4)
    rows.write_bytes(b"\n".join([header, b"D,a1,", damaged, b"D,a3", b"U,a3,"]) + b"\n")
    landing.control(rows, 4, NEXT)
    deaths = "health/death"
    landing.put(deaths, [death(key, "upsert", "2026-11-01") for key in ("1", "2", "3")])
    changes = landing.put(deaths, [], NEXT)
    misshapen = ['"death_cert_no":"1","name":["a","b"]}', '"death_cert_no":"2","name":{"a":1},"sex":[1,2]}']
    lines = [*misshapen, '"name":{"death_cert_no":"3"},"death_ce']
    changes.write_text("".join('{"op":"delete",' + line + "\n" for line in lines))
    landing.control(changes, 3, NEXT)
    kept_out = {PERMIT: [(4, "too_few_columns"), (5, "too_few_columns")], deaths: [(3, "not_json")]}
    for dataset, told in kept_out.items():
        landing.take_in(home, dataset)
        rows_out = quarantined(landing.take_in(home, dataset, NEXT))
        assert [(row["line"], row["reason"].partition(":")[0]) for row in rows_out] == told
        stands = [(*row[1:],) for row in records(home, landing.contracts, dataset, "is_current, name")]
        assert stands == [(False, NAME), (False, NAME), (True, NAME)]


def test_without_an_update_time_the_later_line_of_the_later_batch_counts(home: Home, landing: Landing) -> None:
    dataset = "health/death"
    landing.put(dataset, [death("a", "upsert", "2026-11-01"), death("a", "upsert", "2026-11-02")])
    landing.put(dataset, [death("a", "upsert", "2026-11-03"), death("b", "delete", "2026-11-03")], NEXT)
    landing.take_in(home, dataset)
    landing.take_in(home, dataset, NEXT)
    assert records(home, landing.contracts, dataset, "is_current, death_date::VARCHAR", until=DAY) == [
        ("a", True, "2026-11-02")
    ]
    assert records(home, landing.contracts, dataset, "is_current, death_date::VARCHAR") == [
        ("a", True, "2026-11-03"),
        ("b", False, "2026-11-03"),
    ]


def test_an_empty_delta_is_a_day_without_changes(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [])
    report = landing.take_in(home, PERMIT)
    assert (report.status, report.rows) == ("accepted", 0)


def test_an_operation_that_was_not_agreed_is_quarantined(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [permit("a", "X", "20261101080000"), permit("b", "I", "20261101080000")])
    report = landing.take_in(home, PERMIT)
    assert (report.accepted, report.quarantined) == (1, 1)
