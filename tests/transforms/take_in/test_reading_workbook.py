"""Workbooks made by hand."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from contracts.model import Operation
from tests.transforms.take_in import Result, dataset, land, land_bytes
from transforms.take_in.reading import BatchRefused

HEADERS = ["序号", "姓名", "日期", "金额(元)"]
AGREED = dataset(HEADERS, ["序号"], format="xlsx")


def sheet_of(book: openpyxl.Workbook, rows: list[list[Any]], title: str | None = None) -> Worksheet:
    sheet = book.create_sheet(title) if title else book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(row)
    return sheet


def landed(folder: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Result:
    book = openpyxl.Workbook()
    sheet = sheet_of(book, rows)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(folder / "book.xlsx")
    return land(folder / "book.xlsx", AGREED)


def test_titles_above_and_totals_below_are_no_data(tmp_path: Path) -> None:
    rows = [
        ["花名册"],
        ["单位", "民政局"],
        HEADERS,
        [1, "张三", None, 5],
        [],
        ["  "],
        [2, "李四"],
        ["合计", 2, 3],
    ]
    result = landed(tmp_path, [*rows, [None, "总计"], [" 小计 "]], ("A1:D1",))
    assert result.cells == {4: ["1", "张三", None, "5"], 7: ["2", "李四", None, None]}
    assert {row["sheet"] for row in result.rows} == {"Sheet"}
    assert result.landed.rows == 2


def test_a_sheet_of_withdrawals_needs_its_key_alone(tmp_path: Path) -> None:
    agreed = dataset(["@sheet", *HEADERS], ["序号"], format="xlsx", sheets=("新增", "注销"))
    delivery = agreed.delivery.model_copy(update={"operation": Operation(column="c0", delete=("注销",), upsert=("新增",))})
    agreed = agreed.model_copy(update={"delivery": delivery, "withdrawn_as": frozenset({"注销"})})
    book = openpyxl.Workbook()
    sheet_of(book, [HEADERS, [1, "张三", None, 5]], "新增")
    sheet_of(book, [["注销名单"], ["序号"], [7], ["合计"]], "注销")
    book.save(tmp_path / "book.xlsx")
    result = land(tmp_path / "book.xlsx", agreed)
    assert [list(row.values()) for row in result.rows] == [
        ["新增", 2, "新增", "1", "张三", None, "5"],
        ["注销", 3, "注销", "7", None, None, None],
    ]
    assert (result.landed.not_delivered, result.landed.new_columns) == ((), ())
    with pytest.raises(BatchRefused, match="no header row"):
        land(tmp_path / "book.xlsx", agreed.model_copy(update={"withdrawn_as": frozenset()}))


def test_rows_keep_their_number_when_the_sheet_begins_lower_and_further_right(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[], [], [None, *HEADERS], [None, 1, "a"], [None, 2, "b"]]
    assert landed(tmp_path, rows).cells == {4: ["1", "a", None, None], 5: ["2", "b", None, None]}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (" 张 三 ", " 张 三 "), (1, "1"), (1.0, "1"), (-3, "-3"), (1.5, "1.5"), (0.1, "0.1"), (0, "0"),
        (999999999999999, "999999999999999"), (330102199204238000, "3.30102199204238e+17"), (True, "TRUE"),
        (330106197506180718.0, "3.30106197506180e+17"),  # written with 16 digits: 15 are right, the zero at the end too
        (152322197305188747.0, "1.52322197305188e+17"),  # as an integer 152322197305188704, whose check digit is right by chance
        (False, "FALSE"), (dt.date(2011, 3, 5), "2011-03-05"), (dt.datetime(2011, 3, 5), "2011-03-05"),
        (dt.datetime(2011, 3, 5, 10), "2011-03-05T10:00:00"), (dt.time(8, 30), "08:30:00"),
        ("2011年3月5日", "2011年3月5日"), ("#N/A", "#N/A"), ("#DIV/0!", "#DIV/0!"),
        ("007", "007"), ("a\nb", "a\nb"), ("", None),
    ],
)  # fmt: skip
def test_cells_as_text(tmp_path: Path, cell: Any, text: str | None) -> None:
    assert landed(tmp_path, [HEADERS, ["x", cell]]).cells == {2: ["x", text, None, None]}


def test_a_vertically_merged_value_stands_for_all_its_rows(tmp_path: Path) -> None:
    rows = [
        HEADERS,
        [1, "张三", None, 5],
        [2, None, None, 6],
        [3, None, None, 7],
        [4, "b"],
        [None, None],
        [5, "c", "d"],
    ]
    result = landed(tmp_path, rows, ("B2:B4", "B5:C6", "B7:C7"))
    assert result.cells == {
        2: ["1", "张三", None, "5"],
        3: ["2", "张三", None, "6"],
        4: ["3", "张三", None, "7"],
        5: ["4", "b", None, None],
        7: ["5", "c", None, None],
    }


def test_a_subtotal_beside_a_merged_cell_is_no_data(tmp_path: Path) -> None:
    rows = [HEADERS, [1, "张三"], [None, "小计", None, 5], [2, "李四"]]
    assert sorted(landed(tmp_path, rows, ("A2:A3",)).cells) == [2, 4]


def test_headers_wrapped_or_in_another_order(tmp_path: Path) -> None:
    rows = [["金额\n（元）", " 日 期", "姓名", "序号"], [5, "d", "a", 1]]
    assert landed(tmp_path, rows).cells == {2: ["1", "a", "d", "5"]}


@pytest.mark.parametrize(
    ("header", "line", "column"),
    [
        (["姓名", "日期", "金额(元)"], 2, "序号"),
        ([*HEADERS, "姓名"], 2, "姓名"),
        (["a", "b"], None, None),
    ],
)
def test_another_header_is_refused(
    tmp_path: Path, header: list[Any], line: int | None, column: str | None
) -> None:
    with pytest.raises(BatchRefused) as refused:
        landed(tmp_path, [["花名册"], header, [1, "张三"]])
    assert refused.value.line == line
    assert column is None or refused.value.column == column
    assert "张三" not in str(refused.value)


def test_columns_that_are_missing_or_new_are_told_with_their_sheet_and_line(tmp_path: Path) -> None:
    result = landed(tmp_path, [["花名册"], ["序号", "姓名", "日期", "备注"], [1, "张三", None, "x"]])
    assert (result.landed.not_delivered, result.landed.new_columns) == (("c3",), ("备注",))
    assert result.landed.differs_at == "book.xlsx sheet Sheet, line 2"
    assert result.cells == {3: ["1", "张三", None, None]}


def test_a_header_past_the_first_twenty_rows_is_refused(tmp_path: Path) -> None:
    assert landed(tmp_path, [*[["x"]] * 19, HEADERS, [1]]).landed.rows == 1
    with pytest.raises(BatchRefused):
        landed(tmp_path, [*[["x"]] * 20, HEADERS, [1]])


def test_header_only_and_empty_sheets(tmp_path: Path) -> None:
    assert landed(tmp_path, [HEADERS]).landed.rows == 0
    with pytest.raises(BatchRefused):
        landed(tmp_path, [])


def test_agreed_sheets_and_the_name_of_the_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet_of(book, [["no data here"]])
    sheet_of(book, [["标题"], ["序号"], [1]], "结婚登记")
    sheet_of(book, [["序号"], [1], [2]], "离婚登记")
    book.save(tmp_path / "book.xlsx")
    sheets = ("结婚登记", "离婚登记")
    result = land(tmp_path / "book.xlsx", dataset(["@sheet", "序号"], format="xlsx", sheets=sheets))
    assert [(row["sheet"], row["line"], row["c0"], row["c1"]) for row in result.rows] == [
        ("离婚登记", 2, "离婚登记", "1"),
        ("离婚登记", 3, "离婚登记", "2"),
        ("结婚登记", 3, "结婚登记", "1"),
    ]
    with pytest.raises(BatchRefused, match="补领"):
        land(tmp_path / "book.xlsx", dataset(["序号"], format="xlsx", sheets=("结婚登记", "补领")))


def test_sheets_by_a_pattern(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet_of(book, [["序号"], [9]])
    sheet_of(book, [["序号"], [1]], "一年级(1)班")
    sheet_of(book, [["序号"], [2]], "二年级班")
    book.save(tmp_path / "book.xlsx")
    agreed = dataset(["@sheet", "序号"], format="xlsx", sheets=("*年级*班",))
    assert [(row["c0"], row["c1"]) for row in land(tmp_path / "book.xlsx", agreed).rows] == [("一年级(1)班", "1"), ("二年级班", "2")]
    with pytest.raises(BatchRefused, match=r"no sheet \*组"):
        land(tmp_path / "book.xlsx", dataset(["序号"], format="xlsx", sheets=("*年级*班", "*组")))


MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry
 manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"""
OPEN_DOCUMENT = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="一组">{rows}</table:table></office:spreadsheet>
</office:body></office:document-content>"""


def open_document(path: Path, rows: list[list[str]], **first: str) -> Path:
    """A workbook of LibreOffice; ``first`` are attributes of its first cell."""
    cells = [[f'office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in row] for row in rows]
    cells[0][0] = " ".join(f'table:{name}="{value}"' for name, value in first.items()).replace("_", "-") + " " + cells[0][0]
    body = "".join(f"<table:table-row>{''.join(f'<table:table-cell {cell}' for cell in row)}</table:table-row>" for row in cells)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", MANIFEST)
        book.writestr("content.xml", OPEN_DOCUMENT.format(rows=body))
    return path


def test_a_workbook_of_libreoffice(tmp_path: Path) -> None:
    rows = [["花名册"], HEADERS, ["1", "张三", "2011.3.5", "5"], ["合计"]]
    book = open_document(tmp_path / "book.ods", rows, number_columns_spanned="4", number_rows_spanned="1")
    assert land(book, AGREED).cells == {3: ["1", "张三", "2011.3.5", "5"]}
    with pytest.raises(BatchRefused, match="may be merged over several rows"):
        land(open_document(tmp_path / "book.ods", rows, number_rows_spanned="2"), AGREED)


def test_every_sheet_with_the_header_is_read_where_none_is_agreed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet_of(book, [["填报说明"], ["请勿修改"]])
    sheet_of(book, [HEADERS, [1, "张三"]], "城关镇")
    sheet_of(book, [["花名册"], HEADERS, [2, "李四"]], "河西乡")
    book.create_sheet("Sheet3")
    book.save(tmp_path / "book.xlsx")
    found = [(row["sheet"], row["line"], row["c1"]) for row in land(tmp_path / "book.xlsx", AGREED).rows]
    assert found == [("城关镇", 2, "张三"), ("河西乡", 3, "李四")]


def test_a_sheet_with_the_key_and_little_else_is_not_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    agreed = dataset(["序号", "姓名", "住址", "电话"], ["序号"], format="xlsx")
    sheet_of(book, [["序号", "姓名", "住址", "电话"], [1, "张三"]], "城关镇")
    sheet_of(book, [["序号", "名字", "住处"], [2, "李四"]], "河西乡")
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(BatchRefused, match="sheet 河西乡"):
        land(tmp_path / "book.xlsx", agreed)


def test_a_hidden_sheet_with_the_header_is_refused_and_another_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet_of(book, [HEADERS, [1, "张三"]])
    book.create_sheet("代码").sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    assert land(tmp_path / "book.xlsx", AGREED).landed.rows == 1
    sheet_of(book, [HEADERS, [1, "张三"]], "上月").sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(BatchRefused, match="上月: the sheet is hidden"):
        land(tmp_path / "book.xlsx", AGREED)


def test_a_header_over_two_rows(tmp_path: Path) -> None:
    """Its columns are grouped, and those that stand alone are merged over both rows."""
    rows: list[list[Any]] = [["花名册"], ["序号", "本人", None, "金额(元)"], [None, "姓名", "日期", None], [1, "张三", "d", 5]]
    assert landed(tmp_path, rows, ("A1:D1", "A2:A3", "B2:C2", "D2:D3")).cells == {4: ["1", "张三", "d", "5"]}
    rows = [HEADERS, [], [1, "张三", "d", 5]]
    assert landed(tmp_path, rows, ("A1:A2", "B1:B2", "C1:C2", "D1:D2")).cells == {3: ["1", "张三", "d", "5"]}


GROUPED = dataset(["学籍号", "学生.姓名", "父亲.姓名", "父亲.电话", "母亲.姓名", "备注"], ["学籍号"], format="xlsx")
HEADS = [["花名册"], ["学籍号", "学生", "父亲", None, "母亲", "备注"], [None, "姓名", "姓名", "电话", "姓名"]]


@pytest.mark.parametrize("merged", [(), ("A1:F1", "A2:A3", "C2:D2", "F2:F3")])
def test_columns_below_a_head_are_named_by_both(merged: tuple[str, ...], tmp_path: Path) -> None:
    """A page further down bears the same header again."""
    book = openpyxl.Workbook()
    sheet = sheet_of(book, [*HEADS, ["1", "张一", "张三", "138", "李四", "x"], *HEADS[1:], ["2", "王一", "王三", None, "赵四"]])
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(tmp_path / "book.xlsx")
    result = land(tmp_path / "book.xlsx", GROUPED)
    assert result.cells == {4: ["1", "张一", "张三", "138", "李四", "x"], 7: ["2", "王一", "王三", None, "赵四", None]}
    assert (result.landed.new_columns, result.landed.not_delivered) == ((), ())


def test_the_same_name_below_several_heads_is_not_taken_for_one(tmp_path: Path) -> None:
    rows = [["序号", "父亲", None, "母亲", "日期", "金额(元)"], [None, "姓名", None, "姓名"], [1, "张三", None, "李四"]]
    with pytest.raises(BatchRefused, match="column 姓名: columns stand there twice"):
        landed(tmp_path, rows, ("A1:A2", "B1:C1", "E1:E2", "F1:F2"))


def test_a_header_that_is_not_found_tells_what_is_missing_and_what_stands_there(tmp_path: Path) -> None:
    agreed = dataset(["序号", "字号", "男方姓名", "男方日期", "女方姓名", "女方日期"], ["序号"], format="xlsx")
    book = openpyxl.Workbook()
    heads = [["台账"], ["序号", "字号", "男方", None, "女方", None], [None, None, "姓名", "日期", "姓名", "日期"]]
    sheet = sheet_of(book, [*heads, [1, 2, "a", "b", "c", "d"]])
    for cells in ("A2:A3", "B2:B3", "C2:D2", "E2:F2"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(BatchRefused) as refused:
        land(tmp_path / "book.xlsx", agreed)
    assert refused.value.column == "男方姓名, 男方日期, 女方姓名, 女方日期"
    told = "no header row within the first 20 rows, this one comes closest and has 2 of the 6 agreed columns (序号, 字号)"
    assert told in str(refused.value)


def test_a_header_merged_over_two_columns_is_one(tmp_path: Path) -> None:
    rows = [["序号", "姓名", None, "日期", "金额(元)"], [1, "张三", None, "d", 5]]
    assert landed(tmp_path, rows, ("B1:C1",)).cells == {2: ["1", "张三", "d", "5"]}


def test_the_header_again_is_no_row(tmp_path: Path) -> None:
    assert sorted(landed(tmp_path, [HEADERS, [1, "a"], HEADERS, [2, "b"]]).cells) == [2, 4]


@pytest.mark.parametrize("cell", ["XFD1048576", "XFD2", "B1048576"])
def test_a_stray_cell_far_outside_the_table_is_refused(tmp_path: Path, cell: str) -> None:
    """Laid out as a rectangle, the sheet would take more memory than there is."""
    book = openpyxl.Workbook()
    sheet_of(book, [HEADERS, [1, "a"]])[cell] = "x"
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(BatchRefused, match=f"{cell}; ask the department to clear it"):
        land(tmp_path / "book.xlsx", AGREED)


def test_serial_numbers_of_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    days = dataset(HEADERS, ["序号"], format="xlsx")
    columns = tuple(c.model_copy(update={"normaliser": "date"}) if c.header == "日期" else c for c in days.columns)
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet_of(book, [HEADERS, [1, "a", 43829, 43829], [2, "b", dt.date(2024, 1, 1)], [3, "c", 20240101], [4, "d", "43829"]])
    book.save(tmp_path / "book.xlsx")
    found = land(tmp_path / "book.xlsx", days.model_copy(update={"columns": columns})).cells
    assert [(row[2], row[3]) for row in found.values()] == [("45291", "43829"), ("2024-01-01", None), ("20240101", None), ("45291", None)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"id,name\n1,a\n",
        b"PK\x03\x04 rubbish",
        bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600,
        b"<html></html>",
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BatchRefused) as refused:
        land_bytes(tmp_path, content, AGREED, "book.xlsx")
    assert "book.xlsx" in str(refused.value)


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(BatchRefused, match="password"):
        land_bytes(tmp_path, content, AGREED, "book.xlsx")


def test_an_error_in_a_formula_is_its_text(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        sheet = book.add_worksheet("一月")
        sheet.write_row(2, 0, HEADERS)
        sheet.write_row(3, 0, [1, "张三"])
        sheet.write_formula(3, 3, '=VLOOKUP("a",A1:B2,2,0)&"<"', None, "#N/A")
        sheet.write_formula(3, 2, "=1+1", None, 2)
    assert land(tmp_path / "book.xlsx", AGREED).cells == {4: ["1", "张三", "2", "#N/A"]}


def test_a_workbook_that_was_cut_off_or_lacks_its_sheet_is_refused(tmp_path: Path) -> None:
    landed(tmp_path, [HEADERS, [1, "a"]])
    whole = (tmp_path / "book.xlsx").read_bytes()
    with pytest.raises(BatchRefused):
        land_bytes(tmp_path, whole[: len(whole) // 2], AGREED, "cut.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "book.xlsx") as source,
        zipfile.ZipFile(tmp_path / "torn.xlsx", "w") as target,
    ):
        for item in source.infolist():
            content = source.read(item)
            target.writestr(item, content[: len(content) // 2] if "sheet1" in item.filename else content)
    with pytest.raises(BatchRefused):
        land(tmp_path / "torn.xlsx", AGREED)


# The header and one row as Excel 97 keeps them; nothing that is installed writes such a workbook.
XLS = (
    'c-rk)O-NKx6#nj;dCm{c_{K&-0~>@)O{7VJTG+FqTqT-87Ez5kL?~knZE8`L%`z(5RMbLn)5dDk54EUWi@?f76a+Ixt5!i#3!T@w=iMixwQ#_s;(m{N?z!jOd+vGn'
    'o_pTU%jsBt;$D3Li?9_w6rB(%N@Rjc$ZJ?2z2ivMtAkV=jeiQEAZ=uYiN}!_0l9~AzY8#M*Z+(t@PW!foIuZLCY@M8Y-b-*Li*52RNy8_qNro9s+k^Tx{B!??)iji'
    '7fUWO?WDeWaRAeHPwQqC#REno>!Of$AMluWEJ>mU&t(*!y)4|mCbngdr$+uxMT5T*lc0U;PG{2D)JPt2+Q3PCa}vN;@1#CWX!**@1xWs5p*-*#`BlRYjKMj=0iL7e'
    '`qt-eaQ`f}@L80Fl$Q>D@26^Je`GIJpVDiNnGmn8+`86`9eph_Gp8u~ZrqSews*8|3d=;z2isb3up=Dsl|+Y7#e9sz-lEh!d;81l-GjaMVU~<>GIvw{TInSmoRcGH'
    'aFjI$Q>kfXem&FkY;`sB^-SXwtW-Dk)+lDzIQO~0+9sN(gE3>TE8&}o&wcKD*pT~Zw-7(oT{s<|dSg$ZkydGl#>;CQZK6%wxGwR?_G+Qh!+WN6zod$wVJY7o^<1mM'
    '9Ky`Tn7S>wI%2+MsI_uiK5F@tEwRYf86(WH7_YhPFW8oUz9ns$)N*@DTeb3$YgFStFKbuHLpKZ!4Gj$q4Gj$qjb(#Sukt?iGH<F+g@F36Ge@PUf0O*T*n?5JPSS_z'
    'PGqRg;#67jQwvjgw!{+0c>fC}_R;KF3}cY}7%n@0=~GXX-p`T;TFZBY%ALPhj-P*c{-5sd$qf'
)


@pytest.mark.parametrize("damage", [bytes.fromhex("D0CF11E0A1B11AE1").ljust(600, b"\0"), 512, 3000])
def test_a_workbook_of_excel_97_is_read_and_one_that_was_cut_off_refused(tmp_path: Path, damage: bytes | int) -> None:
    """Read by calamine in this process, half of one would end it."""
    whole = zlib.decompress(base64.b85decode(XLS))
    assert land_bytes(tmp_path, whole, AGREED, "book.xls").cells == {2: ["1", "a", "2011.3.5", "5"]}
    content = damage if isinstance(damage, bytes) else whole[:damage].ljust(len(whole), b"\0")
    with pytest.raises(BatchRefused, match="not a workbook that can be opened"):
        land_bytes(tmp_path, content, AGREED, "book.xls")


def test_cells_that_are_merged_below_the_table_for_looks(tmp_path: Path) -> None:
    assert landed(tmp_path, [HEADERS, [1, "a"]], ("A9:D12", "H1:J3")).landed.rows == 1


def test_a_damaged_sheet_list_is_refused(tmp_path: Path) -> None:
    landed(tmp_path, [HEADERS, [1, "a"]])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as source, zipfile.ZipFile(tmp_path / "torn.xlsx", "w") as target:
        for item in source.infolist():
            target.writestr(item, source.read(item).replace(b"<Relationship ", b"<Relationship <", 1))
    with pytest.raises(BatchRefused):
        land(tmp_path / "torn.xlsx", AGREED)


def test_the_content_counts_and_not_the_ending(tmp_path: Path) -> None:
    landed(tmp_path, [HEADERS, [1, "a"]])
    shutil.copy(tmp_path / "book.xlsx", tmp_path / "book.xls")
    assert land(tmp_path / "book.xls", AGREED).landed.rows == 1
