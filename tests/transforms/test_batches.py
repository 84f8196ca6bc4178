"""A batch is taken in whole or refused whole; which of several deliveries of a register is in use."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.identity import number as sound_number
from tests.support.landing import DAY, Landing
from tests.transforms.by_hand import (
    FUNERAL,
    NAME,
    NEXT,
    NUMBER,
    PENSION,
    RECORD,
    pensioners,
    person,
    records,
)
from transforms import road
from transforms.prepare import prepare_build
from transforms.run import run
from transforms.take_in.deliveries import deliveries, unknown_folders
from transforms.take_in.ledger import BatchReport
from warehouse.connection import scratch
from warehouse.home import Home


def names_nobody(report: BatchReport) -> bool:
    return NAME not in report.reason and NUMBER not in report.reason and NUMBER[6:14] not in report.reason


# --- refused whole ----------------------------------------------------------------------------------------------


def broken_gzip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-12])


def not_gzip(path: Path) -> None:
    path.write_bytes(b"not gzip at all")


def column_missing(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    cut = "".join(line.partition(",")[2] + "\n" for line in lines)
    path.write_bytes(gzip.compress(cut.encode()))


@pytest.mark.parametrize("spoil", [broken_gzip, not_gzip, column_missing])
def test_a_file_that_is_not_what_was_agreed_is_refused(
    spoil: Callable[[Path], None], home: Home, landing: Landing
) -> None:
    path = landing.put(PENSION, pensioners(1, 2))
    spoil(path)
    landing.control(path, 2)
    report = landing.take_in(home, PENSION)
    refused_with_remedy(report, path.name)


def refused_with_remedy(report: BatchReport, file: str) -> None:
    """The sentence says where and what to do; nothing of the batch is kept but its ledger entry."""
    assert report.status == "refused"
    assert report.reason.startswith(file)
    assert "; " in report.reason, "no remedy"
    assert names_nobody(report)
    assert (report.rows, report.accepted, report.quarantined) == (0, 0, 0)
    assert list(report.folder.glob("*.parquet")) == []


@pytest.mark.parametrize(
    "control",
    [
        {"rows": 3},
        {"rows": "abc"},
        {"rows": ""},
        {"sha256": "0" * 64},
        {"file": "RS_v_pension_20261101.csv.gz"},
        {"extract_date": "2026-11-19"},
        {"extract_date": "yesterday"},
    ],
    ids=lambda told: f"{next(iter(told))}={next(iter(told.values()))}",
)
def test_a_control_file_that_disagrees_refuses_the_batch(
    control: dict[str, Any], home: Home, landing: Landing
) -> None:
    path = landing.put(PENSION, pensioners(1, 2), control=control)
    refused_with_remedy(landing.take_in(home, PENSION), path.name)


@pytest.mark.parametrize("content", ["", "{", "[]", "rows=2", "[" * 5000])
def test_a_control_file_that_cannot_be_read_refuses_the_batch(content: str, home: Home, landing: Landing) -> None:
    path = landing.put(PENSION, pensioners(1))
    control = path.with_name(path.name + ".ctl")
    control.write_text(content, encoding="utf-8")
    refused_with_remedy(landing.take_in(home, PENSION), control.name)


def test_a_control_file_may_write_a_day_otherwise_and_begin_with_a_mark(home: Home, landing: Landing) -> None:
    path = landing.put(PENSION, pensioners(1, 2), control={"extract_date": "20261120", "rows": 2.0})
    control = path.with_name(path.name + ".ctl")
    control.write_text("\ufeff" + control.read_text(encoding="utf-8"), encoding="utf-8")
    assert landing.take_in(home, PENSION).status == "accepted"


@pytest.mark.parametrize(
    ("name", "remedy"), [("人口数据.csv.gz", "name the file as agreed"), ("人口数据", "name the file"), ("人口.rar", "that are in it")]
)
def test_a_file_under_another_name_is_told_by_its_name(name: str, remedy: str, home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1))
    (landing.folder(PENSION) / name).write_bytes(b"x")
    report = landing.take_in(home, PENSION)
    refused_with_remedy(report, name)
    assert "none of those agreed" in report.reason
    assert remedy in report.reason


def test_a_note_beside_the_data_is_told_and_a_file_that_is_being_copied_waited_for(home: Home, landing: Landing) -> None:
    path = landing.put(PENSION, pensioners(1))
    for name in ("说明.txt", f"{path.name}.filepart"):
        (landing.folder(PENSION) / name).write_bytes(b"x")
    report = landing.take_in(home, PENSION)
    assert (report.status, report.beside) == ("accepted", (f"{path.name}.filepart", "说明.txt"))
    assert "说明.txt: not read" in report.notes[-1]
    (landing.folder(PENSION) / "RS_v_pension_20261120_02.csv.gz.part").write_bytes(b"x")
    refused_with_remedy(landing.take_in(home, PENSION), "RS_v_pension_20261120_02.csv.gz.part: it is still being copied; wait")


@pytest.mark.parametrize("name", ["Thumbs.db", "~$RS_v_pension_20261120.csv.gz", ".DS_Store", "desktop.ini"])
def test_what_a_file_manager_leaves_is_no_delivery(name: str, home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1))
    (landing.folder(PENSION) / name).write_bytes(b"x")
    assert landing.take_in(home, PENSION).status == "accepted"


def test_a_file_that_cannot_be_read_refuses_its_batch_and_stops_no_other(home: Home, landing: Landing) -> None:
    """This one cannot be read by anybody, whatever rights the user of the test has."""
    landing.put(PENSION, pensioners(1), day=NEXT)
    path = landing.folder(PENSION) / "RS_v_pension_20261120.csv.gz"
    path.parent.mkdir(parents=True)
    path.symlink_to("/proc/self/mem")
    for reference in road.waiting_batches(home, landing.contracts, landing.root):
        road.take_in(home, landing.contracts, landing.root, reference)
    told = {b.batch_date: (b.status, b.reason) for b in road.batches_known(home, landing.contracts)}
    assert told[NEXT] == ("accepted", "")
    assert told[DAY] == ("refused", f"{path.name}: it cannot be read; let the pipeline's user read it, then run again.")
    path.unlink()
    landing.put(PENSION, pensioners(2))
    assert landing.take_in(home, PENSION).status == "accepted"


def test_without_its_control_file_a_batch_waits_until_it_has_come(home: Home, landing: Landing) -> None:
    path = landing.put(PENSION, pensioners(1))
    control = path.with_name(path.name + ".ctl")
    held_back = control.rename(path.parent.parent / "later.ctl")
    refused_with_remedy(landing.take_in(home, PENSION), path.name)
    assert road.waiting_batches(home, landing.contracts, landing.root) == []
    held_back.rename(control)
    assert road.waiting_batches(home, landing.contracts, landing.root) == ["hr/pension/20261120"]
    assert landing.take_in(home, PENSION).status == "accepted"
    assert [b.status for b in road.batches_known(home, landing.contracts)] == ["accepted"]


def test_a_control_file_without_its_data_file_refuses_the_batch(home: Home, landing: Landing) -> None:
    """One of two files has not come: half a register must not pass for the whole."""
    landing.put(PENSION, pensioners(1), part="_01")
    landing.put(PENSION, pensioners(2), part="_02").unlink()
    assert landing.take_in(home, PENSION).status == "refused"


def test_an_empty_folder_is_refused(home: Home, landing: Landing) -> None:
    landing.folder(PENSION).mkdir(parents=True)
    refused_with_remedy(landing.take_in(home, PENSION), "hr/pension/20261120")


def test_more_files_than_a_batch_may_have_are_refused(home: Home, landing: Landing) -> None:
    path = landing.put(PENSION, pensioners(1), part="_0000")
    for n in range(1, 1001):
        path.with_name(path.name.replace("_0000", f"_{n:04d}")).write_bytes(b"")
    report = landing.take_in(home, PENSION)
    refused_with_remedy(report, "hr/pension/20261120")
    assert "1,001 files" in report.reason


def test_one_bad_file_refuses_all_files_of_its_batch(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1), part="_01")
    path = landing.put(PENSION, pensioners(2), part="_02")
    broken_gzip(path)
    landing.control(path, 1)
    refused_with_remedy(landing.take_in(home, PENSION), path.name)


def test_a_refused_batch_does_not_hold_up_the_others(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1), control={"rows": 7})
    landing.put(RECORD, [person(1, archive_no="1")])
    for reference in road.waiting_batches(home, landing.contracts, landing.root):
        road.take_in(home, landing.contracts, landing.root, reference)
    known = {b.dataset_id: b.status for b in road.batches_known(home, landing.contracts)}
    assert known == {PENSION: "refused", RECORD: "accepted"}


def test_a_dataset_that_no_contract_speaks_of_is_told(home: Home, landing: Landing) -> None:
    (landing.root / "hr" / "salary" / "20261120").mkdir(parents=True)
    (landing.root / "finance" / "tax" / "20261120").mkdir(parents=True)
    (landing.root / "hr" / "pension" / "20261120_2").mkdir(parents=True)
    (landing.root / "hr" / "pension" / "RS_v_pension_20261120.csv.gz").write_bytes(b"")
    (landing.root / "hr" / "pension" / ".20261120.partial").mkdir()
    (landing.root / "hr" / "list.xlsx").write_bytes(b"")
    (landing.root / ".pull" / "hr").mkdir(parents=True)  # the lock of a pull
    report = run(home, landing.contracts, landing.root)
    beside = ["hr/pension/20261120_2", "hr/pension/RS_v_pension_20261120.csv.gz"]
    assert report.unknown == ["finance/tax", "hr/list.xlsx", "hr/salary", *beside]
    assert report.status == "unchanged"


def test_a_day_far_ahead_of_the_others_is_mistyped_and_all_are_so_by_a_wrong_clock(landing: Landing) -> None:
    for day in (date(2126, 11, 20), date(2126, 11, 21), date(2162, 11, 21)):
        landing.put(PENSION, pensioners(1), day)
    assert [found.batch_date.year for found in deliveries(landing.root, landing.contracts)] == [2126, 2126]
    assert [path.name for path in unknown_folders(landing.root, landing.contracts)] == ["21621121"]


# --- the same, corrected, late ----------------------------------------------------------------------------------


def test_the_same_bytes_on_another_day_are_nothing_new(home: Home, landing: Landing) -> None:
    first = landing.put(PENSION, pensioners(1, 2))
    landing.take_in(home, PENSION)
    again = landing.folder(PENSION, NEXT) / first.name.replace("20261120", "20261121")
    again.parent.mkdir(parents=True)
    shutil.copy(first, again)
    landing.control(again, 2, NEXT)
    report = landing.take_in(home, PENSION, NEXT)
    assert report.status == "duplicate"
    assert "hr/pension/20261120" in report.reason
    assert records(home, landing.contracts, PENSION, "is_current") == [("33001", True), ("33002", True)]


def test_a_batch_that_was_taken_in_is_not_read_again(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1))
    first = landing.take_in(home, PENSION)
    assert road.waiting_batches(home, landing.contracts, landing.root) == []
    assert landing.take_in(home, PENSION) == first


def test_a_corrected_batch_replaces_the_one_before(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1, 2))
    landing.take_in(home, PENSION)
    landing.put(PENSION, [*pensioners(1), *pensioners(3)])
    assert road.waiting_batches(home, landing.contracts, landing.root) == ["hr/pension/20261120"]
    landing.take_in(home, PENSION)
    assert [b.rows for b in road.batches_known(home, landing.contracts)] == [2]
    assert records(home, landing.contracts, PENSION, "is_current") == [("33001", True), ("33003", True)]


def test_a_correction_that_is_broken_leaves_the_batch_before_in_use(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1, 2))
    landing.take_in(home, PENSION)
    landing.put(PENSION, pensioners(1, 2, 3), control={"rows": 2})
    assert landing.take_in(home, PENSION).status == "refused"
    assert records(home, landing.contracts, PENSION, "is_current") == [("33001", True), ("33002", True)]


def test_a_correction_taken_back_is_taken_back(home: Home, landing: Landing) -> None:
    """What lies in the landing folder counts, also when it lay there before."""
    for keys in ((1, 2), (1, 3), (1, 2)):
        landing.put(PENSION, pensioners(*keys))
        for reference in road.waiting_batches(home, landing.contracts, landing.root):
            road.take_in(home, landing.contracts, landing.root, reference)
    assert records(home, landing.contracts, PENSION, "is_current") == [("33001", True), ("33002", True)]


def test_a_late_batch_takes_its_place_by_its_date(home: Home, landing: Landing) -> None:
    landing.put(PENSION, pensioners(1, 3), NEXT)
    landing.take_in(home, PENSION, NEXT)
    landing.put(PENSION, pensioners(1, 2))
    landing.take_in(home, PENSION)
    assert [b.batch_date for b in road.batches_known(home, landing.contracts)] == [DAY, NEXT]
    assert records(home, landing.contracts, PENSION, "is_current") == [
        ("33001", True),
        ("33002", False),
        ("33003", True),
    ]


@pytest.mark.parametrize(("rows", "status"), [(120, "held"), (170, "accepted"), (290, "held"), (250, "accepted")])
def test_a_register_that_shrinks_or_grows_too_much_is_held(
    rows: int, status: str, home: Home, landing: Landing
) -> None:
    """Of 240 rows: by more than a fifth or three tenths, and by a hundred rows at least."""
    landing.put(PENSION, pensioners(*range(240)))
    landing.take_in(home, PENSION)
    landing.put(PENSION, pensioners(*range(rows * (2 if rows == 290 else 1))), NEXT)
    told = road.take_in(home, landing.contracts, landing.root, f"{PENSION}/{NEXT:%Y%m%d}")
    assert told.status == status
    known = road.batches_known(home, landing.contracts)
    assert [b.status for b in known] == ["accepted", status]
    in_use = records(home, landing.contracts, PENSION, "batch_date")
    assert max(day for _, day in in_use) == (DAY if status == "held" else NEXT)


def test_a_held_batch_says_what_to_do_and_the_next_is_measured_against_the_one_in_use(
    home: Home, landing: Landing
) -> None:
    for days, rows in enumerate((240, 120, 236)):
        day = DAY + timedelta(days=days)
        landing.put(PENSION, pensioners(*range(rows)), day)
        landing.take_in(home, PENSION, day)
    known = road.batches_known(home, landing.contracts)
    assert [b.status for b in known] == ["accepted", "held", "accepted"]
    assert "from 240 rows to 120" in known[1].reason
    assert "ask the department" in known[1].reason
    assert names_nobody(known[1])


@pytest.mark.parametrize(
    ("name", "status"),
    [("MZ_BZHH_20261113.xlsx", "held"), ("MZ_BZHH_20261101-20261130.xlsx", "accepted"), ("MZ_BZHH_20261120.xlsx", "accepted")],
)
def test_a_register_that_bears_another_day_is_held(name: str, status: str, home: Home, landing: Landing) -> None:
    path = landing.put(FUNERAL, [person(1, certificate_no="1")])
    path.rename(path.with_name(name))
    landing.take_in(home, FUNERAL)
    (batch,) = road.batches_known(home, landing.contracts)
    told = f"another day in the name of a file ({name})" in batch.reason
    assert (batch.status, told) == (status, status == "held")


def test_several_files_are_one_batch(home: Home, landing: Landing) -> None:
    landing.put(FUNERAL, [person(1, certificate_no="1"), person(2, certificate_no="2")], part="_01")
    landing.put(FUNERAL, [person(3, certificate_no="3", cremated_on="2023-02-30")], part="_02")
    report = landing.take_in(home, FUNERAL)
    assert [(f.rows, f.accepted, f.quarantined) for f in report.files] == [(2, 2, 0), (1, 0, 1)]
    assert records(home, landing.contracts, FUNERAL, "is_current") == [("1", True), ("2", True)]


def test_the_ledger_is_readable_and_names_nobody(home: Home, landing: Landing) -> None:
    landing.put(RECORD, [person(1, archive_no="1"), person(2, archive_no="2", birth_date="2023-02-30")])
    report = landing.take_in(home, RECORD)
    written = (report.folder / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(written)["status"] == "accepted"
    assert NAME not in written
    assert NUMBER not in written


@pytest.mark.parametrize("left", ["zeros", "scientific"])
def test_how_many_numbers_a_spreadsheet_cut_off_is_told_with_the_place_of_the_first(left: str, home: Home, landing: Landing) -> None:
    """Where the release shows its batches too; a number that is a word, or none, is none of them."""
    told = [sound_number(f"33010619900307{at:03}") for at in (101, 203, 305, 407)]
    cut = {"zeros": lambda n: n[:15] + "000", "scientific": lambda n: f"{n[0]}.{n[1:6]}E+17"}[left]
    numbers = [told[0], *map(cut, told[1:]), None, "不详"]
    landing.put(FUNERAL, [person(at, certificate_no=str(at), id_number=number) for at, number in enumerate(numbers)])
    report = landing.take_in(home, FUNERAL)
    note = "identity numbers that lost digits in a spreadsheet: 3 of 4, the first is line 5 of sheet"
    assert report.status == "accepted"
    (told_of,) = [text for text in report.notes if note in text]
    assert told_of.endswith("; ask the department to deliver again, with the numbers as text")
    with scratch() as connection:
        prepare_build(connection, landing.contracts, road.batches_known(home, landing.contracts), DAY)
        assert note in connection.execute("SELECT notes FROM batch").fetchall()[0][0]


def test_answers_to_work_orders_in_which_nobody_answers_are_told(home: Home, landing: Landing) -> None:
    rows = [{"order_no": "W1", "answer": None, "remark": None}, {"order_no": "W2", "answer": " ", "remark": None}]
    landing.put("police/order_answers", rows)
    assert landing.take_in(home, "police/order_answers").notes[-1].endswith(": no line has an answer in answer (答复)")


@pytest.mark.parametrize("ending", [".xls", ".XLS", ".XLSX"])
def test_a_workbook_is_read_whatever_its_ending_is_written_like(home: Home, landing: Landing, ending: str) -> None:
    path = landing.put("police/order_answers", [{"order_no": "W1", "answer": "核实无误"}])
    path.rename(path.with_suffix(ending))
    report = landing.take_in(home, "police/order_answers")
    assert (report.status, report.accepted) == ("accepted", 1)


@pytest.mark.parametrize(("ending", "control"), [(".CSV.GZ", ".ctl"), (".csv.GZ", ".CTL"), (".CSV.GZ", ".CTL")])
def test_every_ending_may_be_in_capitals(home: Home, landing: Landing, ending: str, control: str) -> None:
    path = landing.put("hr/insured", [{"insured_no": "1", "name": "王小明"}])
    named = path.rename(path.with_name(path.name.removesuffix(".csv.gz") + ending))
    path.with_name(path.name + ".ctl").rename(named.with_name(named.name + control))
    report = landing.take_in(home, "hr/insured")
    assert (report.status, report.rows, report.reason) == ("accepted", 1, "")


def test_a_control_file_in_capitals_is_held_against_its_data(home: Home, landing: Landing) -> None:
    path = landing.put("hr/insured", [{"insured_no": "1", "name": "王小明"}], control={"rows": 2})
    path.with_name(path.name + ".ctl").rename(path.with_name(path.name + ".CTL"))
    report = landing.take_in(home, "hr/insured")
    assert (report.status, "says 2 rows, the file has 1" in report.reason) == ("refused", True)


def test_nothing_is_noted_of_numbers_that_are_whole(home: Home, landing: Landing) -> None:
    landing.put(RECORD, [person(1, archive_no="1"), person(2, archive_no="2", id_number="330106199003071237")])
    assert landing.take_in(home, RECORD).notes == ()
