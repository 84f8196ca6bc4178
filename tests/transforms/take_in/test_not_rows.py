"""Lines of a table that are no rows of the register, in a workbook and in delimited text alike."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.transforms.take_in import Result, dataset, land, land_bytes

HEADERS = ["序号", "证号", "姓名", "住址", "备注"]
FIRST, LAST = ["1", "A1", "张三", "城关镇", ""], ["2", "A2", "李四", "", "备注：外出"]
BLANK = [""] * len(HEADERS)


def workbook(folder: Path, *lines: list[str]) -> Result:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (HEADERS, *lines):
        book.active.append([cell or None for cell in line])
    book.save(folder / "book.xlsx")
    return land(folder / "book.xlsx", dataset(HEADERS, ["证号"], format="xlsx"))


def delimited(folder: Path, *lines: list[str]) -> Result:
    text = "".join(",".join(line) + "\n" for line in (HEADERS, *lines))
    return land_bytes(folder, text.encode(), dataset(HEADERS, ["证号"], format="csv"))


BOTH = pytest.mark.parametrize("written", [workbook, delimited])


@BOTH
@pytest.mark.parametrize(
    ("line", "what"),
    [
        (["合 计", "", "2"], "total"), (["合计：2人"], "total"), (["", "本页小计", "2"], "total"), (["总计:"], "total"),
        (["审核人：", "王五"], "remark"), (["审 核 人：", "", "王五", "", "日期：2026.11.1"], "remark"),
        (["填表人：张三  联系电话：13800000000"], "remark"), (["备注：以上数据截至11月"], "remark"), (["制表人", "王五"], "remark"),
        (["单位（盖章）", "", "", "2026年11月1日"], "remark"), (["", "", "负责人（签字）：", "赵六", "2026-11-01"], "remark"),
        (["注：1.本表一式三份；2.逾期不候"], "remark"), (["制表日期：", "2026年11月1日"], "remark"),
        (HEADERS, "header again"),
    ],
)  # fmt: skip
def test_a_line_below_the_table_is_told_and_not_counted(written: object, line: list[str], what: str, tmp_path: Path) -> None:
    result = written(tmp_path, FIRST, LAST, (line + BLANK)[: len(HEADERS)])  # type: ignore[operator]
    assert (sorted(result.cells), result.landed.rows) == ([2, 3], 2)
    assert [note.replace(" of sheet Sheet", "") for note in result.landed.notes] == [
        f"lines passed over as {what}: 1, the first is line 4"
    ]


@BOTH
@pytest.mark.parametrize(
    "line",
    [
        LAST, ["", "", "王五", "河西乡", "备注：证号待补"], ["3", "", "", "地址：河西乡", ""], ["合计生", "A3", "王五", "", ""],
        ["审核人：", "A3", "王五", "", ""], ["3", "A3", "王五", "", "2026-11-01"], ["2026-11-01", "", "", "", ""],
        ["08:30", "A3", "", "", ""],
    ],
)  # fmt: skip
def test_what_may_be_a_row_is_one(written: object, line: list[str], tmp_path: Path) -> None:
    result = written(tmp_path, FIRST, line)  # type: ignore[operator]
    assert (sorted(result.cells), result.landed.notes) == ([2, 3], ())


def test_a_line_alone_above_the_header_that_stands_there_again_is_a_title(tmp_path: Path) -> None:
    result = workbook(tmp_path, FIRST, BLANK, ["河西乡"], HEADERS, LAST, ["河东乡"])
    assert sorted(result.cells) == [2, 6, 7]
    assert [note.split(":")[0] for note in result.landed.notes] == ["lines passed over as header again", "lines passed over as title"]


def test_a_line_after_one_that_was_cut_off_may_be_its_other_half(tmp_path: Path) -> None:
    text = ",".join(HEADERS) + "\n1,A1,张三,城关镇\n备注：搬迁\n备注：全县\n"
    result = land_bytes(tmp_path, text.encode(), dataset(HEADERS, ["证号"], format="csv"))
    assert sorted(result.reasons) == [2, 3, 4]
