"""Which encoding a file turns out to have, and the characters that moved between editions of GB18030."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.take_in import Result, dataset, land_bytes
from transforms.take_in.reading import BatchRefused


def landed(folder: Path, content: bytes, encoding: str, header: str = "id") -> Result:
    return land_bytes(folder, content, dataset([header, "name"], ["id"], format="csv", encoding=encoding))


NAMES = ["王小明", "李雷", "欧阳娜娜", "𠮷野", "䶮"]


def table(encoding: str, header: str = "id") -> bytes:
    return (f"{header},name\n" + "".join(f"{at},{name}\n" for at, name in enumerate(NAMES))).encode(encoding)


@pytest.mark.parametrize("declared", ["utf-8", "gb18030"])
@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("header", ["id", "编号"])
def test_the_other_encoding_is_taken_and_noted(
    tmp_path: Path, declared: str, written: str, header: str
) -> None:
    result = landed(tmp_path, table(written, header), declared, header)
    assert result.landed.encoding == written.removesuffix("-sig")
    assert [row["c1"] for row in result.rows] == NAMES


@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
def test_json_lines_are_read_in_either_too(tmp_path: Path, written: str) -> None:
    content = "".join(f'{{"id": {at}, "name": "{name}"}}\n' for at, name in enumerate(NAMES)).encode(written)
    result = land_bytes(tmp_path, content, dataset(["id", "name"], ["id"], format="jsonl"))
    assert (result.landed.encoding, [row["c1"] for row in result.rows]) == (written, NAMES)


@pytest.mark.parametrize("end", [b"\x1a", b"\n\x1a", b"\r\n\x1a"])
def test_the_mark_of_dos_behind_the_last_line_is_no_row(tmp_path: Path, end: bytes) -> None:
    result = landed(tmp_path, table("utf-8").removesuffix(b"\n") + end, "utf-8")
    assert (result.landed.unreadable, [row["c1"] for row in result.rows]) == (0, NAMES)


def test_names_of_two_characters_in_utf8_are_not_read_as_gb18030(tmp_path: Path) -> None:
    names = ["张伟", "李娜", "王芳", "刘洋"]
    content = "id,name\n" + "".join(f"{at},{name}\n" for at, name in enumerate(names))
    content.encode().decode("gb18030")
    result = landed(tmp_path, content.encode(), "gb18030")
    assert [row["c1"] for row in result.rows] == names
    assert result.landed.encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_some_bad_lines_do_not_change_the_encoding(tmp_path: Path, encoding: str) -> None:
    result = landed(tmp_path, table(encoding) + b"90,\xff\n91,\x81\n92,ok\n", encoding)
    assert result.landed.encoding == encoding
    assert result.reasons == {7: "bad_bytes", 8: "bad_bytes"}
    assert [row["c1"] for row in result.rows] == [*NAMES, "ok"]


def test_the_other_encoding_is_not_taken_when_it_fails_anywhere(tmp_path: Path) -> None:
    result = landed(tmp_path, table("gb18030") + b"9,\xff\n", "utf-8")
    assert result.landed.encoding == "utf-8"
    assert result.landed.unreadable == len(NAMES) + 1


def test_a_bad_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused) as refused:
        landed(tmp_path, b"id\xff,name\n1,a\n", "utf-8")
    assert refused.value.line == 1


@pytest.mark.parametrize("declared", ["utf-8", "gb18030"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_by_its_mark_and_refused_without_or_cut_off(tmp_path: Path, encoding: str, declared: str) -> None:
    content = ("\ufeff" + table("utf-16").decode("utf-16")).encode(encoding)
    result = landed(tmp_path, content, declared)
    assert (result.landed.unreadable, [row["c1"] for row in result.rows]) == (0, NAMES)
    with pytest.raises(BatchRefused, match="line 1: the header has NUL bytes, as UTF-16"):
        landed(tmp_path, content[2:], declared)
    with pytest.raises(BatchRefused, match="UTF-16, and cut off"):
        landed(tmp_path, content[:-1], declared)


@pytest.mark.parametrize("begin", [b"PK\x03\x04", bytes.fromhex("D0CF11E0"), b"%PDF-1.7", b"\xff\xfe\0\0"])
def test_what_is_no_text_is_called_what_it_is(tmp_path: Path, begin: bytes) -> None:
    with pytest.raises(BatchRefused, match=r"the file is .*; lay the text that is in it"):
        landed(tmp_path, begin + table("utf-8"), "utf-8")


MOVED = {
    "FE59": "\u9fb4", "FE61": "\u9fb5", "FE66": "\u9fb6", "FE67": "\u9fb7",
    "FE6D": "\u9fb8", "FE7E": "\u9fb9", "FE90": "\u9fba", "FEA0": "\u9fbb",
    "A6D9": "\ufe10", "A6DA": "\ufe12", "A6DB": "\ufe11", "A6DC": "\ufe13", "A6DD": "\ufe14",
    "A6DE": "\ufe15", "A6DF": "\ufe16", "A6EC": "\ufe17", "A6ED": "\ufe18", "A6F3": "\ufe19",
    "A8BC": "\u1e3f",
}  # fmt: skip


@pytest.mark.parametrize(("code", "character"), MOVED.items())
def test_characters_that_left_the_private_use_area(tmp_path: Path, code: str, character: str) -> None:
    raw = bytes.fromhex(code)
    assert 0xE000 <= ord(raw.decode("gb18030")) <= 0xF8FF, "Python's codec has moved on: drop the table"
    result = landed(tmp_path, b"id,name\n1,a" + raw + b"b\n", "gb18030")
    assert result.cells == {2: ["1", f"a{character}b"]}


def test_other_private_use_characters_stay(tmp_path: Path) -> None:
    private = [
        chr(code) for code in range(0xE000, 0xF900) if chr(code).encode("gb18030").hex().upper() not in MOVED
    ]
    assert len(private) == 0x1900 - len(MOVED)
    content = "id,name\n" + "".join(f"{at},{character}\n" for at, character in enumerate(private))
    result = landed(tmp_path, content.encode("gb18030"), "gb18030")
    assert [row["c1"] for row in result.rows] == private


def test_private_use_characters_in_utf8_stay(tmp_path: Path) -> None:
    assert landed(tmp_path, "id,name\n1,\ue81e\n".encode(), "utf-8").cells == {2: ["1", "\ue81e"]}
