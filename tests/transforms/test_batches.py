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

from contracts.model import Contracts
from tests.support.identity import number
from tests.support.landing import DAY, Landing, Row, quarantined
from transforms import road
from transforms.linking.records import present
from transforms.prepare import prepare_build
from transforms.run import run
from transforms.take_in.deliveries import deliveries, unknown_folders
from transforms.take_in.ledger import BatchReport
from warehouse.connection import scratch
from warehouse.home import Home

NAME, NUMBER = "欧阳锦绣", "330106199003071236"
RESIDENT, PERMIT, INSURED, RECORD, FUNERAL = (
    "police/resident",
    "police/residence_permit",
    "hr/insured",
    "health/record",
    "civil_affairs/funeral",
)
NEXT = DAY + timedelta(days=1)


def person(at: int, **more: Any) -> Row:
    """A row that names somebody; every dataset used here has these properties."""
    return {"name": NAME, "id_number": NUMBER, "updated_at": "2026-11-01 08:00:00"} | more | {"at": at}


def pensioners(*keys: int, **more: Any) -> list[Row]:
    return [person(key, person_no=f"3300{key}", pension_amount="100", pension_status="1", **more) for key in keys]


PENSION = "hr/pension"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def landing(tmp_path: Path, own_contracts: Contracts) -> Landing:
    return Landing(tmp_path / "landing", own_contracts)


def records(home: Home, contracts: Contracts, dataset_id: str, columns: str, until: date = NEXT) -> list[tuple[Any, ...]]:
    """The newest versions that a build would use."""
    with scratch() as connection:
        prepare_build(connection, contracts, road.batches_known(home, contracts), until)
        table = contracts.dataset(dataset_id).table
        return connection.execute(f"SELECT record_key, {columns} FROM record_{table} ORDER BY record_key").fetchall()


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


def test_a_row_with_nothing_but_its_key_is_kept_out(home: Home, landing: Landing) -> None:
    landing.put(FUNERAL, [person(1, certificate_no="1"), {"certificate_no": "2"}, {"certificate_no": "制表：民政科"}])
    report = landing.take_in(home, FUNERAL)
    assert [(q["record_key"], q["reason"].partition(":")[0]) for q in quarantined(report)] == [("2", "says_nothing")]
    assert [note.split(": ")[1] for note in report.notes] == ["lines passed over as remark", "lines passed over as total"]
    landing.put(PERMIT, [{"permit_no": "a", "change": "D"}, {"permit_no": "b", "change": "I"}])
    report = landing.take_in(home, PERMIT)
    assert (report.accepted, report.quarantined) == (1, 1)


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


def test_several_files_are_one_batch(home: Home, landing: Landing) -> None:
    landing.put(FUNERAL, [person(1, certificate_no="1"), person(2, certificate_no="2")], part="_01")
    landing.put(FUNERAL, [person(3, certificate_no="3", cremated_on="2023-02-30")], part="_02")
    report = landing.take_in(home, FUNERAL)
    assert [(f.rows, f.accepted, f.quarantined) for f in report.files] == [(2, 2, 0), (1, 0, 1)]
    assert records(home, landing.contracts, FUNERAL, "is_current") == [("1", True), ("2", True)]


# --- deltas -----------------------------------------------------------------------------------------------------


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


def test_an_operation_that_was_not_agreed_is_quarantined(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [permit("a", "X", "20261101080000"), permit("b", "I", "20261101080000")])
    report = landing.take_in(home, PERMIT)
    assert (report.accepted, report.quarantined) == (1, 1)


def test_an_empty_delta_is_a_day_without_changes(home: Home, landing: Landing) -> None:
    landing.put(PERMIT, [])
    report = landing.take_in(home, PERMIT)
    assert (report.status, report.rows) == ("accepted", 0)


# --- what the ledger says ---------------------------------------------------------------------------------------


def test_the_ledger_is_readable_and_names_nobody(home: Home, landing: Landing) -> None:
    landing.put(RECORD, [person(1, archive_no="1"), person(2, archive_no="2", birth_date="2023-02-30")])
    report = landing.take_in(home, RECORD)
    written = (report.folder / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(written)["status"] == "accepted"
    assert NAME not in written
    assert NUMBER not in written
