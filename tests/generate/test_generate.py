"""The synthetic county: repeatable, consistent with its truth, and with every kind of fault."""

from __future__ import annotations

import csv
import datetime
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from generate.county import Summary, generate
from generate.identifiers import check_character, credit_code
from generate.rates import Rates

PERSONS = 3000
SETTINGS = {"births_a_day", "deaths_a_day", "moves_a_day", "work_changes_a_day", "permits_a_day"}
NOT_KINDS = SETTINGS | {"damaged_workbooks", "stale_phone", "stale_address"}
FULL = {"police/resident", "hr/insured", "hr/employment"}
DELTAS = {"police/residence_permit", "health/birth", "health/death"}
MONTHLY = {"hr/pension", "health/record"} | {
    f"civil_affairs/{name}" for name in ("marriage", "funeral", "assistance")
}
COLUMNS = {
    "link": "department dataset batch_date file sheet line record_key op role true_id expected",
    "planted": "kind department dataset record_key role true_ids expected detail batch_date file line",
    "reported_error": "department dataset record_key role true_id datum reported true",
    "household": "household household_no head members hukou_address residence_address",
    "person": """
        true_id kind id_number id_type old_id_number old_id_reason name former_name sex birth_date ethnicity
        hukou_region hukou_address residence_region residence_address household_no relation_to_head
        hukou_status hukou_cancelled_on marital_status spouse late_spouse marriage_date
        assistance_type assistance_status funeral_date employer_code employer_name employment_status
        education insurances first_insured
        pension_status pension_amount phone birth_cert_no birth_institution mother father death_date
        death_known_to blood_abo blood_rh chronic_conditions allergies health_record_no family_doctor
    """,
}


class Delivered:
    """A generated county, its truth and the lines of its files."""

    def __init__(self, root: Path, summary: Summary) -> None:
        self.root = root
        self.summary = summary
        self.db = duckdb.connect()
        for table in COLUMNS:
            self.db.execute(f"create view {table} as from '{root}/truth/{table}.parquet'")
        self._files: dict[Path, Any] = {}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query over the truth."""
        return self.db.execute(query).fetchall()

    def path(self, department: str, dataset: str, batch: str, file: str) -> Path:
        """Where a data file lies."""
        return self.root / "landing" / department / dataset / batch / file

    def line(self, path: Path, sheet: str, line: int) -> list[str]:
        """The cells of one line; a text line is one cell."""
        if path not in self._files:
            self._files[path] = _sheets(path) if path.suffix == ".xlsx" else _lines(path)
        content = self._files[path]
        return list(content[sheet][line]) if path.suffix == ".xlsx" else [content[line - 1]]


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    encoding = "gb18030" if path.suffix == ".csv" else "utf-8-sig"
    return data.decode(encoding, errors="replace").replace("\r\n", "\n").split("\n")


def _sheets(path: Path) -> dict[str, dict[int, list[str]]]:
    book = openpyxl.load_workbook(path)
    return {
        page.title: {
            number: ["" if cell is None else str(cell) for cell in row]
            for number, row in enumerate(page.iter_rows(values_only=True), 1)
        }
        for page in book
    }


def _tree(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def harsh(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A small county with many faults."""
    root = tmp_path_factory.mktemp("harsh")
    return Delivered(root, generate(PERSONS, 11, root, rates=Rates.harsh()))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """A small county without faults."""
    root = tmp_path_factory.mktemp("clean")
    return Delivered(root, generate(800, 5, root, rates=Rates.none()))


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    assert generate(600, 3, first) == generate(600, 3, second)
    generate(600, 4, other)
    assert dict(_tree(first)) == dict(_tree(second))
    assert dict(_tree(first)) != dict(_tree(other))


def test_layout_of_the_days(harsh: Delivered) -> None:
    days = {
        (path.parent.parent.name + "/" + path.parent.name, path.name)
        for path in (harsh.root / "landing").glob("*/*/*")
    }
    every_day = {(name, day) for name in FULL | DELTAS for day in ("20261120", "20261121", "20261122")}
    assert days == every_day | {(name, "20261120") for name in MONTHLY}
    assert harsh.summary.persons == PERSONS


def test_first_day_and_number_of_days_can_be_chosen(tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    first_day = datetime.date(2026, 3, 2)
    generate(
        300,
        1,
        tmp_path,
        days=1,
        first_day=first_day,
        progress=lambda step, share: steps.append((step, share)),
    )
    assert {path.name for path in (tmp_path / "landing").glob("*/*/*")} == {"20260302"}
    assert steps[0] == ("people", 0.0)
    assert steps[-1] == ("done", 1.0)
    assert [share for _, share in steps] == sorted(share for _, share in steps)


def test_control_files_agree_with_data_files(harsh: Delivered) -> None:
    controls = sorted(harsh.root.rglob("*.ctl"))
    data = [path for path in (harsh.root / "landing").rglob("*.*") if path.suffix not in (".ctl", ".xlsx")]
    assert len(controls) == len([path for path in data if path.is_file()])
    for control in controls:
        entry = json.loads(control.read_text(encoding="utf-8"))
        file = control.with_name(entry["file"])
        assert control.name == entry["file"] + ".ctl"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == entry["sha256"]
        header = 0 if file.suffix == ".jsonl" else 1
        assert len([line for line in _lines(file) if line]) - header == entry["rows"]
        assert entry["extract_date"].replace("-", "") == file.parent.name


def test_every_kind_is_planted(harsh: Delivered) -> None:
    kinds = {kind for (kind,) in harsh.rows("select distinct kind from planted")}
    damage = {"sheet_damage_numeric", "sheet_damage_scientific", "sheet_damage_zeros"}
    assert kinds == {field.name for field in fields(Rates)} - NOT_KINDS | damage


def test_no_kind_is_planted_without_rates(clean: Delivered) -> None:
    kinds = {kind for (kind,) in clean.rows("select distinct kind from planted")}
    assert kinds == set()
    assert clean.rows("select count(*) from link where expected <> 'accepted'") == [(0,)]


def test_links_point_at_their_lines(harsh: Delivered) -> None:
    query = "select department, dataset, batch_date, file, sheet, line, record_key from link"
    for department, dataset, batch, file, sheet, line, key in harsh.rows(query):
        cells = harsh.line(harsh.path(department, dataset, batch, file), sheet, line)
        if dataset == "assistance":
            certificate, number = key.split("|")
            # the certificate's cell may be merged with one above
            assert cells[0] == number
            assert cells[1] in (certificate, "")
        elif dataset in {"marriage", "funeral"}:
            assert key in cells
        else:
            assert key.split("|")[0] in cells[0]


def test_planted_values_stand_in_their_lines(harsh: Delivered) -> None:
    query = """
        select kind, department, dataset, batch_date, file, line, record_key, detail from planted
        where line is not null and department <> 'civil_affairs'
    """
    for kind, department, dataset, batch, file, line, key, detail in harsh.rows(query):
        path = harsh.path(department, dataset, batch, file)
        text = harsh.line(path, "", line)[0]
        assert key.split("|")[0] in text
        if kind == "row_empty":
            assert harsh.line(path, "", line - 1) == [""]
        if " -> " in detail and kind not in ("number_corrected", "name_changed"):
            assert detail.split(" -> ")[1] in text, (kind, detail, text)


def test_damaged_rows_cannot_be_read(harsh: Delivered) -> None:
    query = """
        select kind, department, dataset, batch_date, file, line from planted
        where kind in ('row_short', 'row_bad_byte', 'row_open_quote') and department in ('police', 'hr')
    """
    for kind, department, dataset, batch, file, line in harsh.rows(query):
        path = harsh.path(department, dataset, batch, file)
        text, header = harsh.line(path, "", line)[0], harsh.line(path, "", 1)[0]
        if kind == "row_short":
            assert text.count(",") < header.count(",")
        elif kind == "row_bad_byte":
            assert "\ufffd" in text
        else:
            assert text.count('"') % 2 == 1


def test_numbers_have_valid_checks(harsh: Delivered) -> None:
    numbers = [number for (number,) in harsh.rows("select id_number from person where id_number is not null")]
    modern = [number for number in numbers if len(number) == 18]
    assert all(number[:17].isdigit() and check_character(number[:17]) == number[17] for number in modern)
    assert all(number[:3].isalpha() and number[3:].isdigit() for number in set(numbers) - set(modern))
    query = """
        select count(*) from person where id_type in ('111', '511', '512', '513')
        and ((substring(id_number, 17, 1)::int % 2 = 1) <> (sex = '1')
             or id_number[7:14] <> strftime(birth_date, '%Y%m%d'))
    """
    assert harsh.rows(query) == [(0,)]
    codes = harsh.rows("select distinct employer_code from person where employer_code is not null")
    assert codes
    assert all(credit_code(code[:2], code[2:8], code[8:16]) == code for (code,) in codes)
    assert check_character("11010519491231002") == "X"


def test_numbers_are_shared_only_where_planted(harsh: Delivered) -> None:
    shared = harsh.rows(
        "select count(*) from person where id_number is not null group by id_number having count(*) > 1"
    )
    planted = harsh.rows("""
        select count(*) from planted, person
        where planted.kind = 'number_issued_twice' and true_id = true_ids[2]
        and old_id_reason is null
    """)
    assert len(shared) == planted[0][0]


def test_truth_columns(harsh: Delivered) -> None:
    for table, names in COLUMNS.items():
        assert [row[0] for row in harsh.rows(f"describe {table}")] == names.split()


def test_truth_is_consistent(harsh: Delivered) -> None:
    assert harsh.rows("select count(*), count(distinct true_id), min(true_id), max(true_id) from person") == [
        (PERSONS, PERSONS, 1, PERSONS)
    ]
    assert harsh.rows("select sum(len(members)) from household") == [(PERSONS,)]
    one_sided = """
        select count(*) from person a join person b on a.spouse = b.true_id
        where b.marital_status = '20' and b.spouse <> a.true_id
    """
    assert harsh.rows(one_sided) == [(0,)]
    too_young = """
        select count(*) from person c join person p on p.true_id in (c.mother, c.father)
        where date_diff('year', p.birth_date, c.birth_date) < 13
    """
    assert harsh.rows(too_young) == [(0,)]
    assert harsh.rows("select count(*) from person where death_date < birth_date") == [(0,)]
    unknown = "select count(*) from link where true_id is null and record_key not like '9999%'"
    assert harsh.rows(unknown) == [(0,)]


def test_reported_errors_are_what_differs_from_the_truth(harsh: Delivered) -> None:
    """Read one register as delivered and compare it with the truth, without the generator's help."""
    harmless = {
        "id_15_digits", "id_fullwidth", "id_lower_x", "id_spaces", "id_placeholder",
        "name_dot_variant", "name_remark", "name_spaces", "birth_other_form",
        "id_odd_x", "id_marked", "id_disability_card", "id_other_number", "name_radical", "name_is_word",
    }  # fmt: skip
    kinds: dict[str, set[str]] = {}
    for key, kind in harsh.rows("select record_key, kind from planted where dataset = 'insured'"):
        kinds.setdefault(key, set()).add(kind)
    errors = set(harsh.rows("select record_key, datum from reported_error where dataset = 'insured'"))
    query = """
        select record_key, file, line, id_number, name, strftime(birth_date, '%Y%m%d')
        from link join person using (true_id)
        where dataset = 'insured' and batch_date = '20261120' and expected = 'accepted'
    """
    compared = 0
    for key, file, line, *true in harsh.rows(query):
        cells = next(csv.reader(harsh.line(harsh.path("hr", "insured", "20261120", file), "", line)))
        for datum, delivered, value in zip(
            ("id_number", "name", "birth_date"), (cells[1], cells[2], cells[5]), true, strict=True
        ):
            if not kinds.get(key, set()) & harmless:
                assert ((key, datum) in errors) == (delivered not in ("", value)), (
                    key,
                    datum,
                    delivered,
                    value,
                )
                compared += 1
    assert compared > 10_000


def test_each_error_is_listed_once(harsh: Delivered) -> None:
    query = """
        select department, dataset, record_key, role, datum from reported_error
        group by all having count(*) > 1
    """
    assert harsh.rows(query) == []
