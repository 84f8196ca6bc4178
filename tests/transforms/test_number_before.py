"""A register's own record of whose number a spreadsheet has left a part speaks of whom it spoke before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.identity import number
from tests.support.landing import DAY, Landing, Row
from tests.transforms.by_hand import INSURED, NEXT, RESIDENT
from transforms import road
from transforms.link import link_build
from transforms.prepare import prepare_build
from transforms.sql_files import count, sql
from warehouse.connection import scratch
from warehouse.home import Home

THIRD = NEXT + timedelta(days=1)
ASSISTANCE = "civil_affairs/assistance"
OURS, OTHERS = number("33010619900307101"), number("33010619850505012")
NAME = "王伟"
LEFT = {
    "scientific": f"{OURS[0]}.{OURS[1:6]}E+17",
    "zeros": OURS[:15] + "000",
    "fifteen": OURS[:15],
    "rounded": str(int(float(OURS))),
}


def resident(key: str, name: str, id_number: str) -> Row:
    return {"resident_no": key, "name": name, "id_number": id_number, "hukou_status": "1", "updated_at": "20261101000000"}


def insured(key: str, name: str | None, id_number: str | None, **more: Any) -> Row:
    return {"person_no": key, "insurance": "110", "insured_status": "1", "document_type": "01", "name": name, "id_number": id_number} | more


def member(name: str, id_number: str | None, **more: Any) -> Row:
    """Of another household than the head's, who has no number and is not to be found."""
    told = {"certificate_no": "C1", "member_no": "2", "head_name": "户主", "relation_to_head": "30", "assistance_status": "1"}
    return told | {"member_name": name, "member_id_number": id_number} | more


class Told:
    """What the departments deliver, and whose record is whose by the last day of it."""

    def __init__(self, home: Home, landing: Landing) -> None:
        self.home, self.landing = home, landing
        # somebody else of the name keeps the name from telling who it is
        self.deliver(RESIDENT, DAY, [resident(str(at), NAME, n) for at, n in enumerate((OURS, OTHERS, number("33010619711111234")))])

    def deliver(self, dataset: str, day: date, rows: Sequence[Row]) -> None:
        self.landing.put(dataset, rows, day)
        assert self.landing.take_in(self.home, dataset, day).status == "accepted"

    def persons(self, until: date = THIRD) -> dict[tuple[str, str], tuple[str, str]]:
        """Person and method of each subject or member, by dataset and key; built from the batches alone, without any release before."""
        with scratch() as connection:
            connection.execute(sql("release/nothing_before"))
            prepare_build(connection, self.landing.contracts, road.batches_known(self.home, self.landing.contracts), until)
            link_build(connection, self.landing.contracts, "r")
            self.read = count(connection, "SELECT count(*) FROM number_before")
            query = "SELECT dataset, record_key, person_id, method FROM person_record WHERE role <> 'head'"
            return {(dataset, key): (who, how) for dataset, key, who, how in connection.execute(query).fetchall()}

    def is_ours(self, key: tuple[str, str], until: date = THIRD) -> bool:
        persons = self.persons(until)
        return persons[key][0] == persons["resident", "0"][0]


@pytest.fixture
def told(home: Home, landing: Landing) -> Told:
    return Told(home, landing)


@pytest.mark.parametrize("left", LEFT)
def test_a_number_that_lost_digits_is_the_one_that_the_record_told_before(left: str, told: Told) -> None:
    told.deliver(INSURED, DAY, [insured("1", NAME, OURS), insured("2", NAME, OTHERS)])
    told.deliver(INSURED, NEXT, [insured("1", NAME, LEFT[left]), insured("2", NAME, OTHERS)])
    persons = told.persons()
    assert persons["insured", "1|110"] == (persons["resident", "0"][0], "number_before")
    assert persons["insured", "2|110"] == (persons["resident", "1"][0], "same_number")


def test_a_whole_register_that_went_through_a_spreadsheet_stays_with_its_persons_for_months(told: Told) -> None:
    """Each role of a row for itself."""
    whole = [member(NAME, OURS, head_name="李娜", head_id_number=OTHERS), member(NAME, OTHERS, certificate_no="C2")]
    cut = [row | {k: f"{v[0]}.{v[1:6]}E+17" for k, v in row.items() if k.endswith("id_number")} for row in whole]
    told.deliver(ASSISTANCE, DAY, whole)
    told.deliver(ASSISTANCE, NEXT, cut)
    told.deliver(ASSISTANCE, THIRD, [row | {"phone": "13857112233"} for row in cut])
    for day in (NEXT, THIRD):
        persons = told.persons(day)
        assert [persons["assistance", f"C{at}|2"] for at in (1, 2)] == [
            (persons["resident", str(at)][0], "number_before") for at in (0, 1)
        ]


def test_a_register_of_changes_goes_on_too(told: Told) -> None:
    record = {"archive_no": "A1", "name": NAME, "updated_at": "2026-11-01 08:00:00"}
    told.deliver("health/record", DAY, [record | {"id_number": OURS}])
    told.deliver("health/record", THIRD, [record | {"id_number": LEFT["zeros"], "updated_at": "2026-11-21 08:00:00"}])
    assert told.persons()["record", "A1"][1] == "number_before"
    assert told.is_ours(("record", "A1"))


@pytest.mark.parametrize(
    ("between", "now"),
    [
        ([insured("1", "李娜", OURS)], insured("1", NAME, LEFT["scientific"])),
        ([insured("1", "李娜", None)], insured("1", NAME, LEFT["scientific"])),
        ([], insured("1", "李娜", LEFT["scientific"])),
        ([], insured("1", None, LEFT["scientific"])),
        ([], insured("1", NAME, "3.3E+17")),
        ([], insured("1", NAME, "5.22201E+17")),
        ([], insured("1", NAME, None)),
        ([], insured("1", NAME, LEFT["scientific"], birth_date="19850505")),
        ([], insured("3", NAME, LEFT["scientific"])),
    ],
    ids=["given to another", "given to another without a number", "another name", "no name", "two digits", "another place",
         "no number", "another birth", "another key"],
)
def test_a_key_of_another_person_or_a_number_that_does_not_fit_tells_nothing(between: list[Row], now: Row, told: Told) -> None:
    told.deliver(INSURED, DAY, [insured("1", NAME, OURS, birth_date="19900307" if "birth_date" in now else None)])
    if between:
        told.deliver(INSURED, NEXT, between)
    told.deliver(INSURED, THIRD, [now])
    persons = told.persons()
    key = ("insured", f"{now['person_no']}|110")
    assert persons[key][1] != "number_before"
    assert persons[key][0] != persons["resident", "0"][0]


def test_the_newest_whole_number_counts(told: Told) -> None:
    told.deliver(INSURED, DAY, [insured("1", NAME, OURS)])
    told.deliver(INSURED, NEXT, [insured("1", NAME, OTHERS)])
    told.deliver(INSURED, THIRD, [insured("1", NAME, LEFT["scientific"])])
    persons = told.persons()
    assert persons["insured", "1|110"] == (persons["resident", "1"][0], "number_before")


def test_without_a_number_that_lost_digits_no_earlier_batch_is_read(told: Told) -> None:
    told.deliver(INSURED, DAY, [insured("1", NAME, OURS), insured("2", NAME, OTHERS)])
    told.deliver(INSURED, NEXT, [insured("1", NAME, OURS), insured("2", NAME, OTHERS[:17] + ("0" if OTHERS[17] != "0" else "1"))])
    told.persons()
    assert told.read == 0
