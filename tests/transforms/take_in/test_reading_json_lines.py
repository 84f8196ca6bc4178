"""JSON lines: what is a row, what is a fault, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.take_in import Result, dataset, land_bytes
from transforms.take_in import encoding
from transforms.take_in.reading import BatchRefused

TEXTS = dataset(["op", "no", "name", "allergies", "mother.name", "mother.id"], ["no"], format="jsonl")
NORMALISERS = {"allergies": "set", "name": "name", "mother.name": "name", "mother.id": "key"}
AGREED = TEXTS.model_copy(
    update={"columns": tuple(c.model_copy(update={"normaliser": NORMALISERS.get(c.header, "text")}) for c in TEXTS.columns)}
)


def member(**changed: Any) -> str:
    whole = {"op": "upsert", "no": "1", "name": "张三", "allergies": [], "mother": {"name": "李", "id": "2"}}
    return json.dumps({**whole, **changed}, ensure_ascii=False)


def landed(folder: Path, *lines: str | bytes) -> Result:
    content = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return land_bytes(folder, content, AGREED)


def test_one_object_a_line(tmp_path: Path) -> None:
    result = landed(
        tmp_path, "\ufeff" + member(name='a\nb"c\\\t\u2028'), "", " \t\r", member(name="", no="2") + "\r"
    )
    assert result.cells == {
        1: ["upsert", "1", 'a\nb"c\\\t\u2028', "[]", "李", "2"],
        4: ["upsert", "2", None, "[]", "李", "2"],
    }
    assert result.landed.rows == 2


@pytest.mark.parametrize(
    "shape", [{"name": {"a": 1}}, {"name": ["张三", "李四"]}, {"name": [{"a": 1.5}]}, {"allergies": [["a"]]}, {"allergies": {"a": 1}},
              {"allergies": ["a", {"b": 2}]}, {"mother": {"name": {"first": "李"}, "id": "2"}}, {"mother": [{"name": "李"}]}]
)  # fmt: skip
def test_a_value_of_another_shape_keeps_its_row_out_alone(shape: dict[str, Any], tmp_path: Path) -> None:
    result = landed(tmp_path, member(), member(no="77", **shape), member(no="2", name="[注销]张三"), member(no="3", name="{张三"))
    assert sorted(result.cells) == [1, 3, 4]
    assert [(f["line"], f["record_key"], f["reason"].partition(":")[0] in {"not_single", "not_object"}) for f in result.faults] == [
        (2, "77", True)
    ]


def test_several_values_in_a_list_are_read_like_several_in_one_cell_of_a_table(tmp_path: Path) -> None:
    """Phones and texts beside each other, for the normaliser to choose; else a list of one is that one, and any other is told."""
    agreed = dataset(["no", "phones", "contact.phone", "remark", "born"], ["no"], format="jsonl")
    normalisers = {"phones": "phone", "contact.phone": "phone", "born": "birth_date"}
    columns = tuple(c.model_copy(update={"normaliser": normalisers.get(c.header, "text")}) for c in agreed.columns)
    lines = [
        {"no": "1", "phones": ["13857112233", None, "", 57188889123], "remark": ["甲", "乙"], "born": ["1990-02-03"]},
        {"no": "2", "phones": [], "contact": [{"phone": "13857112233"}, {"phone": 13900001111}], "remark": [1.50]},
        {"no": "3", "phones": ["13857112233", ["13900001111"]]},
        {"no": "4", "phones": "[13857112233]", "born": ["1990-02-03", "1990-02-04"]},
        {"no": "5", "phones": [None], "contact": {"phone": ["13857112233"]}, "remark": "[甲]", "born": [{"day": 1}]},
    ]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    result = land_bytes(tmp_path, content, agreed.model_copy(update={"columns": columns}))
    assert result.cells == {
        1: ["1", "13857112233、57188889123", None, "甲、乙", "1990-02-03"],
        2: ["2", None, "13857112233、13900001111", "1.5", None],
    }
    assert [(fault["line"], fault["reason"]) for fault in result.faults] == [
        (3, "not_single: c1 (phones) has an object or a list among its values"),
        (4, "not_single: c4 (born) is an object or a list, where one value is agreed"),
        (5, "not_single: c4 (born) is an object or a list, where one value is agreed"),
    ]


def test_an_empty_list_or_object_is_nothing(tmp_path: Path) -> None:
    result = landed(tmp_path, member(name=[], mother=[]), member(name={}, mother={"name": "李", "id": []}), member(name=[], op=1.5))
    assert [row["c2"] for row in result.rows] == [None] * 3
    assert [(row["c4"], row["c5"]) for row in result.rows] == [(None, None), ("李", None), ("李", "2")]


def test_a_set_is_gathered_out_of_a_list_of_objects(tmp_path: Path) -> None:
    agreed = dataset(["no", "illness.code"], ["no"], format="jsonl")
    sets = tuple(c.model_copy(update={"normaliser": "set"}) if "." in c.header else c for c in agreed.columns)
    told = [
        *([{"code": "I10", "name": "x"}, {"code": 1.50}], [{"code": None}, {}], {"code": ["I10", "E11"]}, [], None),
        *(["I10"], [{"code": {"a": 1}}], [{"code": ["I10"]}], "I10"),
    ]
    lines = [json.dumps({"no": str(at), "illness": illness}) for at, illness in enumerate(told)]
    result = land_bytes(tmp_path, "\n".join(lines).encode(), agreed.model_copy(update={"columns": sets}))
    assert [row["c1"] for row in result.rows] == ['["I10",1.5]', "[null,null]", '["I10","E11"]', None, None]
    assert list(result.reasons.values()) == ["not_single", "not_single", "not_single", "not_object"]
    assert result.landed.new_columns == ("illness.name",)


def test_a_line_too_deep_is_no_json(tmp_path: Path) -> None:
    assert landed(tmp_path, member(), member().replace('"张三"', "[" * 5000 + "]" * 5000)).reasons == {2: "not_json"}


def test_nothing_is_nothing(tmp_path: Path) -> None:
    result = landed(
        tmp_path, member(), member(name=None, mother=None), member(mother={"name": None, "id": ""})
    )
    assert result.cells[2] == ["upsert", "1", None, "[]", None, None]
    assert result.cells[3][4:] == [None, None]
    assert landed(tmp_path, member(), '{"op":"delete","no":"1"}').cells[2] == [
        "delete",
        "1",
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-1",
        "3710",
        "3.10",
        "1e3",
        "1E-2",
        "-0",
        "-0.0",
        "330102199001011234",
        "1" * 30,
        "0.1000",
        "1e400",
    ],
)
def test_numbers_keep_their_digits(tmp_path: Path, number: str) -> None:
    line = member().replace('"张三"', number).replace("[]", f'[{number}, "a", null, true]')
    assert landed(tmp_path, line).cells[1][2:4] == [number, f'[{number},"a",null,true]']


def test_a_list_is_its_json_text(tmp_path: Path) -> None:
    result = landed(tmp_path, member(allergies=["青霉素", 'a"b']), member(allergies=[1, None], name=True))
    assert result.cells[1][3] == '["青霉素","a\\"b"]'
    assert result.cells[2][2:4] == ["true", "[1,null]"]


@pytest.mark.parametrize(
    "line",
    [
        member()[:-20], member().replace('"张三"', '"张三'), "[1]", "1", '"text"', "null", "not",
        member() + member(), member() + ",", member()[:-1] + ",}", member().replace("[]", "[1,]"),
        member().replace("[]", "NaN"), member().replace("[]", "[-Infinity]"),
        member().replace("张三", "\\ud800"), member().replace("张三", "a\tb"), "/* */" + member(),
        member().replace('"', "'"), "{", "\u3000",
    ],
)  # fmt: skip
def test_a_line_that_is_not_one_json_object_is_a_fault(tmp_path: Path, line: str) -> None:
    result = landed(tmp_path, member(no="0"), line, member(no="2", name="3.0, 1.5"))
    assert result.reasons == {2: "not_json"}
    assert result.faults[0]["raw"] == line
    assert [row["c1"] for row in result.rows] == ["0", "2"]


def test_the_key_of_a_fault_where_its_member_stands_whole(tmp_path: Path) -> None:
    result = landed(tmp_path, member()[:-9], '{"op":"upsert","no":"1', b'{"no": "77", "name": "\xff"}')
    assert [fault["record_key"] for fault in result.faults] == ["1", None, "77"]


def test_bad_bytes_are_faults(tmp_path: Path) -> None:
    result = landed(tmp_path, member(), b'{"op":"\xe5\xbc","no":"1"}', member(no="2"))
    assert result.reasons == {2: "bad_bytes"}
    assert result.faults[0]["raw"] == '{"op":"\\xe5\\xbc","no":"1"}'
    assert sorted(result.cells) == [1, 3]


def test_text_where_an_object_is_agreed_is_a_fault(tmp_path: Path) -> None:
    result = landed(tmp_path, member(), member(mother="李"), member(mother=[1.5]), member(no="2"))
    assert result.reasons == {2: "not_object", 3: "not_object"}
    assert sorted(result.cells) == [1, 4]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (member(age=1), "age"),
        (member(mother={"name": "a", "id": "b", "age": 1.5}), "mother.age"),
        ('{"mother.name": "a"}', "mother.name"),
        (member(Name="x"), "Name"),
    ],
)
def test_an_unknown_key_is_told_with_its_line_and_not_taken(tmp_path: Path, line: str, column: str) -> None:
    result = landed(tmp_path, member(), member(), line)
    assert (result.landed.new_columns, result.landed.differs_at) == ((column,), "register, line 3")
    assert {len(cells) for cells in result.cells.values()} == {6}


def test_a_key_that_no_line_has_is_told_and_a_key_of_the_record_must_be_there(tmp_path: Path) -> None:
    lines = ('{"op":"a","no":"1","name":"b","mother":{"name":"c"}}', '{"op":"a","mother":null}')
    assert landed(tmp_path, *lines).landed.not_delivered == ("c3", "c5")
    with pytest.raises(BatchRefused, match=r"column no: no line has the key"):
        landed(tmp_path, '{"op":"a","name":"b","allergies":[],"mother":{"name":"a","id":"b"}}')
    with pytest.raises(BatchRefused, match=r"column allergies, mother\.name, mother\.id"):
        landed(tmp_path, '{"op":"a","no":"1","name":"b"}')


def test_an_object_that_is_always_null_does_not_speak_of_its_keys(tmp_path: Path) -> None:
    assert landed(tmp_path, member(mother=None)).landed.readable == 1


def test_an_empty_file_is_a_delta_without_changes(tmp_path: Path) -> None:
    assert landed(tmp_path).landed.rows == 0
    assert landed(tmp_path, "not json").landed.unreadable == 1


def test_lines_are_counted_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BLOCK", 300)
    lines = ["" if at % 5 == 0 else "x" if at % 7 == 0 else member(no=str(at)) for at in range(1, 101)]
    result = landed(tmp_path, *lines)
    assert [(row["line"], row["c1"]) for row in result.rows] == [
        (at, str(at)) for at in range(1, 101) if at % 5 and at % 7
    ]
    assert list(result.reasons) == [at for at in range(7, 101, 7) if at % 5]


def test_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    assert land_bytes(tmp_path, f"{member()}\n".encode("utf-16"), AGREED).cells == landed(tmp_path, member()).cells
