"""Which rows of a batch are kept out, and what becomes of the records that they are of."""

from __future__ import annotations

import gzip
from datetime import date

from tests.support.identity import number
from tests.support.landing import Landing, quarantined
from tests.transforms.by_hand import (
    FUNERAL,
    INSURED,
    NAME,
    NEXT,
    NUMBER,
    PERMIT,
    RECORD,
    RESIDENT,
    person,
    records,
)
from transforms import road
from transforms.prepare import prepare_build
from warehouse.connection import scratch
from warehouse.home import Home


def test_a_number_and_a_name_that_changed_places_are_kept_out(home: Home, landing: Landing) -> None:
    """A name that is missing, or a number that is, is another matter."""
    told = [(NAME, NUMBER), (NUMBER, NAME), (NUMBER, None), (None, NAME), (f" {NUMBER}", "买买提·艾力")]
    landing.put(RECORD, [person(at, archive_no=str(at), name=name, id_number=number) for at, (name, number) in enumerate(told)])
    report = landing.take_in(home, RECORD)
    out = [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)]
    assert sorted(out) == [(key, "changed_places") for key in "14"]
    assert all(NAME not in q["reason"] and NUMBER not in q["reason"] for q in quarantined(report))


def test_cells_with_two_persons_keep_their_row_out(home: Home, landing: Landing) -> None:
    """Two numbers beside one name may be an old and a new one."""
    other = "330106198502172235"
    both, twice = f"{NUMBER}、{other}", f"{NUMBER} {NUMBER}"
    told = [(f"{NAME}、张三丰", both), (NAME, both), (f"{NAME},张三丰", NUMBER), (f"{NAME} 张三丰", twice)]
    landing.put(RECORD, [person(at, archive_no=str(at), name=name, id_number=number) for at, (name, number) in enumerate(told)])
    report = landing.take_in(home, RECORD)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("0", "not_single")]


def test_a_telephone_and_an_address_that_changed_places_are_kept_out(home: Home, landing: Landing) -> None:
    told = [("县城东街1号", "13857112233"), ("13857112233", "县城东街1号"), ("13857112233", None), ("13857112233", "13857112244")]
    landing.put(RECORD, [person(at, archive_no=str(at), address=address, phone=phone) for at, (address, phone) in enumerate(told)])
    report = landing.take_in(home, RECORD)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("1", "changed_places")]


def test_a_row_with_nothing_but_its_key_is_kept_out(home: Home, landing: Landing) -> None:
    landing.put(FUNERAL, [person(1, certificate_no="1"), {"certificate_no": "2"}, {"certificate_no": "制表：民政科"}])
    report = landing.take_in(home, FUNERAL)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("2", "says_nothing")]
    assert [note.split(": ")[1] for note in report.notes] == ["lines passed over as remark", "lines passed over as total"]
    landing.put(PERMIT, [{"permit_no": "a", "change": "D"}, {"permit_no": "b", "change": "I"}])
    report = landing.take_in(home, PERMIT)
    assert (report.accepted, report.quarantined) == (1, 1)


def test_a_record_whose_row_was_cut_short_stands_as_it_was(home: Home, landing: Landing) -> None:
    """Of its key the row tells the beginning; a record that did not come at all is gone."""
    keys = (("33001", "110"), ("33001", "310"), ("33002", "110"))
    rows = [person(at, person_no=number, insurance=kind, insured_status="1") for at, (number, kind) in enumerate(keys)]
    landing.put(INSURED, rows)
    landing.take_in(home, INSURED)
    path = landing.put(INSURED, rows[:2], NEXT)
    header, first, second = gzip.decompress(path.read_bytes()).splitlines()
    path.write_bytes(gzip.compress(b"\n".join([header, first, b",".join(second.split(b",")[:3]), b""])))
    landing.control(path, 2, NEXT)
    assert landing.take_in(home, INSURED, NEXT).quarantined == 1
    assert records(home, landing.contracts, INSURED, "is_current") == [("33001|110", True), ("33001|310", True), ("33002|110", False)]


def test_a_record_whose_row_has_another_width_stands_as_it_was_wherever_its_key_is(home: Home, landing: Landing) -> None:
    """With the key as the last column: of a cell too many at the end, or within, of a line broken in two, and of one that was cut off."""
    landing.put(INSURED, [person(at, person_no=f"3300{at}", insurance="110", insured_status="1") for at in range(1, 6)])
    landing.take_in(home, INSURED)
    path = landing.put(INSURED, [person(at, person_no=f"3300{at}", insurance="110", insured_status="1") for at in range(1, 5)], NEXT)
    header, *rows = (line.split(",") for line in gzip.decompress(path.read_bytes()).decode().splitlines())
    first, *rest = ([*cells[1:], cells[0]] for cells in rows)
    broken = rest[1][-3:]
    lines = [[*header[1:], header[0]], [*first, ""], ["阿里", *rest[0]], rest[1][:-3], broken, rest[2][:-3]]
    path.write_bytes(gzip.compress("".join(",".join(cells) + "\n" for cells in lines).encode()))
    landing.control(path, 5, NEXT)
    report = landing.take_in(home, INSURED, NEXT)
    assert (report.accepted, report.quarantined) == (1, 4)
    (note,) = report.notes
    assert "rows kept out of which the key is not certain: 4, the first is line 3; " in note
    stands = {"33001|110": True, "33002|110": True, "33003|110": True, "33004|110": False, "33005|110": False}
    assert dict(records(home, landing.contracts, INSURED, "is_current")) == stands


def test_a_row_in_quarantine_tells_the_key_of_the_record_that_it_may_be_of(home: Home, landing: Landing) -> None:
    landing.put(INSURED, [person(1, person_no="33001", insurance="110", insured_status="1")])
    landing.take_in(home, INSURED)
    path = landing.put(INSURED, [person(at, person_no=f"3300{at}", insurance="110", insured_status="1") for at in (1, 2)], NEXT)
    header, *rows = (line.split(",") for line in gzip.decompress(path.read_bytes()).decode().splitlines())
    lines = [[*header[1:], header[0]], *(["阿里", *cells[1:], cells[0]] for cells in rows)]
    path.write_bytes(gzip.compress("".join(",".join(cells) + "\n" for cells in lines).encode()))
    landing.control(path, 2, NEXT)
    landing.take_in(home, INSURED, NEXT)
    with scratch() as connection:
        prepare_build(connection, landing.contracts, road.batches_known(home, landing.contracts), NEXT)
        assert connection.execute("SELECT line, record_key FROM quarantine ORDER BY line").fetchall() == [(2, "33001|110"), (3, None)]


def test_of_a_key_that_stands_for_two_persons_neither_is_taken_and_the_version_before_stands(home: Home, landing: Landing) -> None:
    """The same person told twice is none of that where the rows differ in a text alone: the later line counts, and a note says so."""
    landing.put(FUNERAL, [person(1, certificate_no="1"), person(2, certificate_no="2")])
    burnt = ((1, "20261102"), (2, "2026-11-02"))
    again = [person(2, certificate_no="2", address=f"西湖区文三路{at}号", cremated_on=day) for at, day in burnt]
    other = person(3, certificate_no="1", name="赵六", id_number=number("33010619620203001"))
    landing.put(FUNERAL, [other, *again, person(1, certificate_no="1")], NEXT)
    landing.take_in(home, FUNERAL)
    report = landing.take_in(home, FUNERAL, NEXT)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("1", "conflict")] * 2
    assert "otherwise in a text, at no later time: 1, the first is line 5 of sheet" in report.notes[-1]
    told = records(home, landing.contracts, FUNERAL, "name, is_current, cremated_on")
    assert told == [("1", NAME, True, None), ("2", person(2)["name"], True, date(2026, 11, 2))]


def test_of_two_rows_that_tell_two_days_and_no_time_neither_is_taken(home: Home, landing: Landing) -> None:
    landing.put(FUNERAL, [person(1, certificate_no="1", cremated_on=day) for day in ("20261101", "20261102")])
    assert [q["reason"].partition(":")[0] for q in quarantined(landing.take_in(home, FUNERAL))] == ["conflict"] * 2


def test_of_two_rows_of_one_time_that_say_dead_and_alive_neither_is_taken(home: Home, landing: Landing) -> None:
    """Of a later time one counts, and rows that say the same, or differ in a phone alone, are no conflict."""
    dead = {"hukou_status": "2", "cancelled_on": "20260101"}
    rows = [
        person(1, resident_no="1", updated_at="20260901080000", hukou_status="1"),
        person(1, resident_no="1", updated_at="20260901080000", **dead),
        person(2, resident_no="2", updated_at="20260901080000", **dead),
        person(2, resident_no="2", updated_at="20260901080001", hukou_status="1"),
        person(3, resident_no="3", updated_at="20260901080000", hukou_status="1", phone="13957100001"),
        person(3, resident_no="3", updated_at="20260901080000", hukou_status="1", phone="13957100002"),
    ]
    landing.put(RESIDENT, rows)
    report = landing.take_in(home, RESIDENT)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("1", "conflict")] * 2
    assert records(home, landing.contracts, RESIDENT, "hukou_status, phone") == [("2", "1", None), ("3", "1", "13957100002")]
