"""Rows that the engine writes into a workbook are read back as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import python_calamine
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.worksheets import Cells, fill, rows

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda text: "\x00" not in text)
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 31))


def read_back(told: list[tuple[str | None, date | None]]) -> list[list[object]]:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        shell, target = Path(folder) / "shell.xlsx", Path(folder) / "full.xlsx"
        with xlsxwriter.Workbook(shell) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet = book.add_worksheet("一")
            sheet.write_row(0, 0, ["text", "day"])
            sheet.set_column(1, 1, 11, day)
        connection.execute("CREATE TABLE told (text VARCHAR, day DATE)")
        connection.executemany("INSERT INTO told VALUES (?, ?)", told)
        fill(shell, target, [rows(connection, "told", [Cells("text"), Cells("day", day.xf_index)], 100)])
        header, *found = python_calamine.load_workbook(target).get_sheet_by_name("一").to_python()
        assert header == ["text", "day"]
        return found


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(TEXT, DAYS), min_size=1, max_size=5))
@example([("甲 & <乙> \"丙\"\n丁", date(2026, 11, 20))])
@example([("_x0041_\x0b\x1f", date(2026, 11, 20)), ("  两端的空格 ", date(2026, 1, 1))])
def test_any_text_and_day_comes_back_as_it_was(told: list[tuple[str, date]]) -> None:
    assert read_back(list(told)) == [list(row) for row in told]


def test_a_cell_without_a_value_is_empty() -> None:
    assert read_back([("甲", None), (None, date(2026, 11, 20))]) == [["甲", ""], ["", date(2026, 11, 20)]]
