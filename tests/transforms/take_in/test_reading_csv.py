"""Delimited text: what is a row, what is a fault, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from contracts.model import Operation
from tests.transforms.take_in import Result, dataset, land_bytes
from transforms.take_in import encoding
from transforms.take_in.reading import BatchRefused

THREE = dataset(["id", "name", "town"], ["id"], format="csv")


def landed(folder: Path, content: str | bytes) -> Result:
    return land_bytes(folder, content if isinstance(content, bytes) else content.encode(), THREE)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_come_as_they_are(tmp_path: Path, end: str, mark: str) -> None:
    result = landed(tmp_path, mark + end.join(["id,name,town", " 1 ,张 三,", "2,NULL,　x", '3,="a,-']) + end)
    assert result.cells == {2: [" 1 ", "张 三", None], 3: ["2", "NULL", "　x"], 4: ["3", '="a', "-"]}
    assert result.landed.encoding == "utf-8"


def test_lines_that_end_with_carriage_returns_alone(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\r1,a,b\r2,c,d\r").cells == {2: ["1", "a", "b"], 3: ["2", "c", "d"]}


def test_width_and_case_of_a_header_do_not_count(tmp_path: Path) -> None:
    """Nor does that it comes again so."""
    result = landed(tmp_path, "\ufeffＩＤ,Name ,ＴＯＷＮ\n1,a,b\nＩＤ,Name ,ＴＯＷＮ\n")
    assert (result.cells, result.landed.new_columns) == ({2: ["1", "a", "b"]}, ())


def test_the_header_again_is_no_row(tmp_path: Path) -> None:
    """As where two exports were put together; with quotes it goes the way of irregular lines."""
    result = landed(tmp_path, 'id,name,town\nid, name,town\n1,a,b\n"id","name","town"\nid,name,b\n')
    assert result.cells == {3: ["1", "a", "b"], 5: ["id", "name", "b"]}
    assert result.landed.rows == 2


@pytest.mark.parametrize("header", ["id;name;town", "Residents of the town", "id,na\rme,town", ""])
def test_what_is_no_header_is_refused_with_what_to_do(tmp_path: Path, header: str) -> None:
    with pytest.raises(BatchRefused, match=r"line 1: .*header.*; .*ask the department"):
        landed(tmp_path, f"{header}\n1,a,b\n")


def test_another_delimiter_than_was_agreed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match=r"line 1: .*by a semicolon, and a comma was agreed; ask the department"):
        landed(tmp_path, "id;name;town\n1;a;b\n")


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n1,a,b").cells == {2: ["1", "a", "b"]}


def test_empty_lines_are_passed_over_but_counted_as_lines(tmp_path: Path) -> None:
    result = landed(tmp_path, "id,name,town\n\n1,a,b\n\r\n  \n2,,\n\n")
    assert result.cells == {3: ["1", "a", "b"], 6: ["2", None, None]}
    assert result.landed.rows == 2


def test_a_row_of_delimiters_is_a_row(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n,,\n").cells == {2: [None, None, None]}


def test_a_column_that_is_always_empty_is_text(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n1,,\n2,,\n").cells == {2: ["1", None, None], 3: ["2", None, None]}


def test_titles_above_the_header_are_no_data(tmp_path: Path) -> None:
    result = landed(tmp_path, '花名册,,\n"单位, 民政局"\n\nid,"name",town\n1,a,b\n2,a\n')
    assert (result.cells, result.reasons) == ({5: ["1", "a", "b"]}, {6: "too_few_columns"})
    with pytest.raises(BatchRefused, match="line 1: here should stand the header"):
        landed(tmp_path, "花名册\n" * 20 + "id,name,town\n1,a,b\n")


@pytest.mark.parametrize("total", ["合计,2,", "合计,2", "总计", ",合计,2", '"合计",2,', "合计 ,,"])
def test_totals_are_no_data(tmp_path: Path, total: str) -> None:
    result = landed(tmp_path, f"id,name,town\n1,a,b\n{total}\n")
    assert result.cells == {2: ["1", "a", "b"]}
    assert result.landed.rows == 1


def test_columns_in_any_order_by_name(tmp_path: Path) -> None:
    assert landed(tmp_path, "town, name ,id\nb,a,1\n").cells == {2: ["1", "a", "b"]}
    assert landed(tmp_path, '"town","name","id"\nb,a,1\n').cells == {2: ["1", "a", "b"]}


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("name,town", "id"),
        ("id", "name, town"),
        ("id,place,full_name", "name, town"),
        ("id,name,town,town", "town"),
    ],
)
def test_without_a_key_or_half_of_the_columns_or_with_one_twice_a_file_is_refused(tmp_path: Path, header: str, column: str) -> None:
    with pytest.raises(BatchRefused) as refused:
        landed(tmp_path, f"{header}\n1,a,b\n")
    assert (refused.value.line, refused.value.column) == (1, column)


@pytest.mark.parametrize(
    ("header", "missing", "new"),
    [
        ("name,id", ("c2",), ()),
        ("id,age,name,town", (), ("age",)),
        ("id,name,place", ("c2",), ("place",)),
        ("id,,name,town", (), ("(no name)",)),
        ("id,name,330106199003071236,town", (), ("(a name of many digits)",)),
    ],
)
def test_columns_that_are_missing_or_new_are_told_and_the_agreed_ones_taken(
    tmp_path: Path, header: str, missing: tuple[str, ...], new: tuple[str, ...]
) -> None:
    cells = dict.fromkeys(header.split(","), "x") | {"id": "1", "name": "a", "town": "b"}
    result = landed(tmp_path, f"{header}\n{','.join(cells[name] for name in header.split(','))}\n")
    assert result.cells == {2: ["1", "a", None if missing else "b"]}
    assert (result.landed.not_delivered, result.landed.new_columns) == (missing, new)
    assert result.landed.differs_at == "register, line 1"


def test_header_only_is_no_rows_and_empty_is_refused(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n").landed.rows == 0
    assert landed(tmp_path, "id,name,town").landed.rows == 0
    with pytest.raises(BatchRefused, match="empty"):
        landed(tmp_path, "")


def test_quotes_around_delimiters_quotes_and_line_feeds(tmp_path: Path) -> None:
    result = landed(
        tmp_path, 'id,name,town\n1,"a,b","say ""x"""\n2,"two\nlines","and\r\n\n more"\n3,"",5"\n4,c,d\n'
    )
    assert result.cells == {
        2: ["1", "a,b", 'say "x"'],
        3: ["2", "two\nlines", "and\r\n\n more"],
        7: ["3", None, '5"'],
        8: ["4", "c", "d"],
    }


def test_a_cell_that_says_that_it_is_text_stays_one_cell(tmp_path: Path) -> None:
    assert landed(tmp_path, 'id,name,town\n="001",a,"b"\n2,="x",c\n').cells == {2: ['="001"', "a", "b"], 3: ["2", '="x"', "c"]}


def test_a_file_with_every_cell_quoted(tmp_path: Path) -> None:
    lines = [f'"{at}","a,{at}",""' for at in range(500)] + ['"x","a ""b""","c\nd"', '"y",z,"w"']
    result = landed(tmp_path, '"id","name","town"\r\n' + "\r\n".join(lines) + "\r\n")
    assert result.cells[2] == ["0", "a,0", None]
    assert result.cells[501] == ["499", "a,499", None]
    assert result.cells[502] == ["x", 'a "b"', "c\nd"]
    assert result.cells[504] == ["y", "z", "w"]
    assert result.faults == []


def test_damaged_rows_are_faults_and_their_neighbours_are_not(tmp_path: Path) -> None:
    body = ["1,a,b", "2,a", '3,"a,b', "4,a,b", "5,a,b,c", '6,"a"b,c', '7,"a', "8,a,b"]
    result = landed(tmp_path, "\n".join(["id,name,town", *body]) + "\n")
    assert result.cells == {2: ["1", "a", "b"], 5: ["4", "a", "b"], 9: ["8", "a", "b"]}
    assert [(f["line"], f["record_key"], f["reason"], f["raw"]) for f in result.faults] == [
        (3, "2", "too_few_columns: 2 columns where 3 are agreed", "2,a"),
        (4, "3", "open_quote: a quotation mark is opened and never closed", '3,"a,b'),
        (6, "5", "too_many_columns: 4 columns where 3 are agreed", "5,a,b,c"),
        (7, "6", "bad_quote: text follows a closing quotation mark", '6,"a"b,c'),
        (8, "7", "open_quote: a quotation mark is opened and never closed", '7,"a'),
    ]


def test_an_open_quote_does_not_swallow_a_row_that_closes_it(tmp_path: Path) -> None:
    result = landed(tmp_path, 'id,name,town\n1,"a,b\n2,"c",d\n3,"e\nf",g\n')
    assert result.reasons == {2: "open_quote"}
    assert result.cells == {3: ["2", "c", "d"], 4: ["3", "e\nf", "g"]}


def test_an_open_quote_does_not_swallow_the_beginning_of_a_row_of_two_lines(tmp_path: Path) -> None:
    result = landed(tmp_path, 'id,name,town\n1,a,"b\n2,c,"\nd"\n3,e,f\n')
    assert result.reasons == {2: "open_quote"}
    assert result.cells == {3: ["2", "c", "\nd"], 5: ["3", "e", "f"]}


def test_the_key_of_a_fault_is_told_only_where_it_is_certain(tmp_path: Path) -> None:
    agreed = dataset(["id", "name", "kind"], ["id", "kind"], format="csv")
    result = land_bytes(tmp_path, b'id,name,kind\n1,a\n2,"a,k\n3,\xff,k\n\xff4,a,k\n', agreed)
    assert [fault["record_key"] for fault in result.faults] == ["1", "2|k", "3|k", None]


def test_a_withdrawal_cut_off_counts_where_nothing_before_its_key_may_lack(tmp_path: Path) -> None:
    whole = {"first": ["op", "id", "name", "town"], "later": ["op", "name", "id", "town"]}
    for order, headers in whole.items():
        agreed = dataset(headers, ["id"], format="csv")
        delivery = agreed.delivery.model_copy(update={"operation": Operation(column="c0", delete=("D",), upsert=("U",))})
        agreed = agreed.model_copy(update={"delivery": delivery, "withdrawn_as": frozenset({"D"})})
        result = land_bytes(tmp_path, (",".join(headers) + "\nD,1,2,\nD,1,2\nU,1,2\n").encode(), agreed)
        assert sorted(result.cells) == ([2, 3] if order == "first" else [2])
        assert set(result.reasons.values()) == {"too_few_columns"}


def test_a_line_with_a_bad_byte_is_a_fault_with_its_bytes_escaped(tmp_path: Path) -> None:
    result = landed(
        tmp_path, "id,name,town\n1,张".encode() + b"\xff,b\n" + "2,李,b\n3,".encode() + b"\xe5\xbc,b\n"
    )
    assert result.reasons == {2: "bad_bytes", 4: "bad_bytes"}
    assert [fault["raw"] for fault in result.faults] == ["1,张\\xff,b", "3,\\xe5\\xbc,b"]
    assert [fault["record_key"] for fault in result.faults] == ["1", "3"]
    assert result.cells == {3: ["2", "李", "b"]}


def test_a_bad_byte_within_a_row_of_two_lines_is_one_fault(tmp_path: Path) -> None:
    result = landed(tmp_path, b'id,name,town\n1,"a\n\xffb",c\n2,a,b\n')
    assert result.reasons == {2: "bad_bytes"}
    assert result.cells == {4: ["2", "a", "b"]}


def test_lone_carriage_returns_stay_in_their_cell(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n1,a\rx,b\n2,c,d\n").cells == {
        2: ["1", "a\rx", "b"],
        3: ["2", "c", "d"],
    }


def test_a_delimiter_at_the_end_of_every_line_is_nothing(tmp_path: Path) -> None:
    result = landed(tmp_path, 'id,name,town,\n1,a,b,\n2,"a\nb",c,\r\n3,a,b\n4,a,b,c\n')
    assert result.cells == {2: ["1", "a", "b"], 3: ["2", "a\nb", "c"]}
    assert result.reasons == {5: "too_few_columns", 6: "too_many_columns"}


def test_rows_may_end_with_a_delimiter_where_the_header_does_not_and_the_other_way_round(tmp_path: Path) -> None:
    plain = [f"{n},a,b" for n in range(20)]
    more = landed(tmp_path, "id,name,town\n" + "".join(f"{row},\n" for row in plain) + "10,c,d\n11,e,f,g\n")
    rows = {n + 2: [str(n), "a", "b"] for n in range(20)}
    assert (more.cells, [fault["line"] for fault in more.faults]) == (rows, [22, 23])
    less = landed(tmp_path, "id,name,town,\n" + "".join(f"{row}\n" for row in plain))
    assert (less.cells, less.faults) == (rows, [])


def test_few_rows_do_not_tell_that_their_last_delimiter_is_one_too_many(tmp_path: Path) -> None:
    result = landed(tmp_path, "id,name,town\n1,12,Long Lane,\n")
    assert result.cells == {}
    assert [fault["reason"].partition(":")[0] for fault in result.faults] == ["too_many_columns"]


def test_delimiters_too_many_behind_a_needed_column_are_nothing(tmp_path: Path) -> None:
    """A cell that was cut in two would have moved that column on, and left its place to another."""
    agreed = dataset(["name", "id", "town"], ["id"], format="csv")
    result = land_bytes(tmp_path, b'name,town,id\na,b,1,\n"a,b",c,2,,\na,b,,\na,b,c,3\n', agreed)
    assert result.cells == {2: ["a", "1", "b"], 3: ["a,b", "2", "c"]}
    assert result.reasons == {4: "too_many_columns", 5: "too_many_columns"}


def test_a_row_of_another_width_tells_the_keys_that_it_may_have(tmp_path: Path) -> None:
    agreed = dataset(["name", "id", "kind"], ["id", "kind"], format="csv")
    result = land_bytes(tmp_path, b'name,id,kind\na,b,1,k\n1,k\na,,1,k\na,1,"k\n', agreed)
    told = [(fault["record_key"], fault["possible_keys"]) for fault in result.faults]
    assert told == [(None, ["1|k", "b|k", "b|1"]), (None, ["1|k", "k"]), (None, ["1|k"]), (None, [])]


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "\x01", "~", "¦", "，"])
def test_other_delimiters_even_where_they_are_trail_bytes(tmp_path: Path, delimiter: str) -> None:
    agreed = dataset(["id", "name"], format="csv", delimiter=delimiter, encoding="gb18030")
    # 亅 is 81 7C and 亇 81 7E: their second bytes are | and ~.
    content = f"id{delimiter}name\n1{delimiter}{bytes.fromhex('817C817E').decode('gb18030')}\n"
    result = land_bytes(tmp_path, content.encode("gb18030"), agreed)
    assert result.cells == {2: ["1", bytes.fromhex("817C817E").decode("gb18030")]}


def test_one_column(tmp_path: Path) -> None:
    result = land_bytes(tmp_path, b'id\n1\n\n"2"\n\r\n3,4\n"5\n6"\n', dataset(["id"], format="csv"))
    assert result.cells == {2: ["1"], 4: ["2"], 7: ["5\n6"]}
    assert result.reasons == {6: "too_many_columns"}


def test_a_byte_order_mark_inside_the_file_stays(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name,town\n\ufeff1,a,b\n").cells == {2: ["\ufeff1", "a", "b"]}


def test_a_very_long_cell(tmp_path: Path) -> None:
    long = "x" * (5 << 20)
    assert landed(tmp_path, f"id,name,town\n1,{long},b\n2,a,b\n").cells[2] == ["1", long, "b"]


def test_rows_across_the_edges_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 64)
    lines = [f'{at},"a\nb{at}\n","c"' if at % 3 == 0 else f"{at},张三,x" for at in range(200)]
    result = landed(tmp_path, "id,name,town\n" + "\n".join(lines) + '\n999,"x\n')
    assert len(result.rows) == 200
    assert [row["c0"] for row in result.rows] == [str(at) for at in range(200)]
    assert {row["c1"] for row in result.rows if row["c1"] != "张三"} == {
        f"a\nb{at}\n" for at in range(0, 200, 3)
    }
    assert list(result.reasons.values()) == ["open_quote"]
    assert result.faults[0]["line"] == 2 + 200 + 2 * 67


def test_bad_bytes_across_the_edges_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 64)
    lines = [b"%d,\xff,x" % at if at % 7 == 0 else b'%d,"y\n",x' % at for at in range(100)]
    result = landed(tmp_path, b"id,name,town\n" + b"\n".join(lines) + b"\n")
    assert [fault["record_key"] for fault in result.faults] == [str(at) for at in range(0, 100, 7)]
    assert len(result.rows) == 85


def test_a_line_longer_than_a_block_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 64)
    with pytest.raises(BatchRefused, match="longer"):
        landed(tmp_path, "id,name,town\n" + "1" * 9_000_000)


GZIP = dataset(["id", "name"], format="csv", compression="gzip")


def test_gzip_of_one_or_more_members(tmp_path: Path) -> None:
    content = gzip.compress(b"\xef\xbb\xbfid,name\n1,a\n") + gzip.compress(b"2,b\n") + b"\0\0"
    assert land_bytes(tmp_path, content, GZIP).cells == {2: ["1", "a"], 3: ["2", "b"]}


def test_plain_text_that_should_be_gzip_is_told(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match="not compressed by gzip"):
        land_bytes(tmp_path, b"id,name\n1,a\n", GZIP)


@pytest.mark.parametrize("damage", ["cut", "flipped", "nothing", "tail"])
def test_broken_gzip_is_refused(tmp_path: Path, damage: str) -> None:
    whole = gzip.compress(b"id,name\n" + b"".join(b"%d,%d\n" % (at, at * at) for at in range(5000)))
    content = {
        "cut": whole[:-9],
        "flipped": whole[:2000] + bytes([whole[2000] ^ 255]) + whole[2001:],
        "nothing": b"",
        "tail": whole + b"rubbish",
    }[damage]
    with pytest.raises(BatchRefused, match="gzip"):
        land_bytes(tmp_path, content, GZIP)
