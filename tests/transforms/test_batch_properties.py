"""Thousands of faulty rows through taking in: every row of a file is accepted or quarantined, each exactly once."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.model import Column, Dataset, FileLayout
from tests.support.county import agreed
from tests.support.landing import Landing, Row, accepted, json_lines, quarantined, table
from transforms.take_in.ledger import BatchReport
from warehouse.home import Home

ROWS = 300
# Texts of each kind, good and bad; what is common to all kinds stands last.
ANYTHING = (None, "", " ", "无", "不详", "/", "-", "NULL", "?", "０", "\u200b", "x" * 300, "'); DROP TABLE landed; --", '"', "$1", "#N/A")
TEXTS: dict[str, tuple[str, ...]] = {
    "identity_number": (
        "330106199003071236",
        "33010619900307123x",
        "330106900307123",
        "330106199003071000",
        "3.30106E+17",
        "111111111111111111",
        "330106199013071236",
        "FRA330085021501",
    ),
    "name": ("张伟", "欧阳锦绣", "买买提•吐尔逊", "张伟之子", "测试", "王?", "张 三(小三)", "WANG John"),
    "birth_date": ("19900307", "1990年3月7日", "20230230", "20991231", "18000101", "1990", "45291"),
    "event_date": ("20200307", "2020.3.7", "2023-02-30", "2099-12-31", "1.5"),
    "date": ("20200307", "2099-12-31", "20200230"),
    "timestamp": ("20261103081500", "2026-11-03T08:15:00+08:00", "yesterday"),
    "code": ("1", "2", "01", "男", "汉", "88", "I"),
    "phone": ("13857112233", "0571-88889123", "13800138000", "138 5711 2233/139"),
    "division": ("330106", "330106001003", "110103", "9"),
    "set": ('["I10"]', "青霉素；花粉", "["),
}
DAMAGES = ("cut", "bad byte", "open quote", "blank before")


# A dataset for each form of file, as the departments deliver it.
FORMS = {"csv": "police/resident", "xlsx": "civil_affairs/funeral", "jsonl": "health/record"}


def delivered_as(form: str) -> Dataset:
    return agreed().dataset(FORMS[form])


def cell(chance: random.Random, column: Column, at: int) -> str | None:
    if column.key is not None and chance.random() < 0.9:
        return f"k{at}"
    return chance.choice((*TEXTS.get(column.normaliser, ("文三路1号",)), *ANYTHING))


def row(chance: random.Random, dataset: Dataset, at: int) -> Row:
    return {column.name: cell(chance, column, at) for column in dataset.columns}


def spoilt(line: str, damage: str, encoding: str) -> bytes:
    raw = line.encode(encoding)
    match damage:
        case "cut":
            return b"k" + raw[: len(raw) // 3]
        case "bad byte":
            return b"k\xff" + raw
        case "open quote":
            return b'k,"' + raw.replace(b'"', b"")
        case _:
            return raw


def written(lines: list[str], layout: FileLayout, chance: random.Random, header: bool) -> tuple[bytes, Counter[int]]:
    """The file's bytes, some lines damaged, and the numbers of the lines that hold a row."""
    content, expected, number = [], Counter[int](), 0
    for at, line in enumerate(lines):
        damage = chance.choice(DAMAGES) if chance.random() < 0.1 and not (header and at == 0) else "none"
        if damage == "blank before":
            content.append(b"")
            number += 1
        number += 1
        bare = spoilt(line, damage, layout.encoding)
        content.append(bare)
        if bare.strip() and not (header and at == 0):
            expected[number] += 1
    return b"\n".join(content) + b"\n", expected


def lines_of(report: BatchReport) -> Counter[int]:
    return Counter(row["line"] for row in (*accepted(report), *quarantined(report)))


def no_blank_line(rows: list[Row], dataset: Dataset) -> list[Row]:
    """Rows of nothing but blanks are passed over in a table, so none is made."""
    named = next(c.name for c in dataset.columns if c.not_taken is None and c.key is None)
    return [r if any(str(v or "").strip() for v in r.values()) else r | {named: "x"} for r in rows]


def without_quotes(rows: list[Row]) -> list[Row]:
    """A lone quotation mark would open a cell that ends lines later, which is a row of its own right."""
    return [{name: (value or "").replace('"', "").replace(",", "") for name, value in r.items()} for r in rows]


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_every_row_is_accepted_or_quarantined_and_never_both(form: str, seed: int) -> None:
    chance, dataset = random.Random(seed), delivered_as(form)
    rows = no_blank_line([row(chance, dataset, at) for at in range(ROWS)], dataset)
    with TemporaryDirectory() as folder:
        landing, home = Landing(Path(folder) / "landing", agreed()), Home(Path(folder) / "home")
        path = landing.put(dataset.id, [] if form != "xlsx" else rows)
        expected = Counter(range(4, 4 + ROWS))
        if form != "xlsx":
            layout = dataset.delivery.layouts[0]
            lines = table(dataset, layout, without_quotes(rows)) if form == "csv" else json_lines(dataset, rows)
            content, expected = written(lines, layout, chance, header=form == "csv")
            path.write_bytes(content)
            landing.control(path, expected.total())
        report = landing.take_in(home, dataset.id)
        assert report.status == "accepted", report.reason
        assert report.rows == report.accepted + report.quarantined == expected.total()
        assert lines_of(report) == expected
        assert min(report.accepted, report.quarantined) > 0


def test_columns_have_texts_of_their_own() -> None:
    kinds = {column.normaliser for form in FORMS for column in delivered_as(form).taken}
    assert kinds - set(TEXTS) <= {"key", "text", "address"}
