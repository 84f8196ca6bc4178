"""Whatever is damaged: every row is counted, undamaged rows arrive exactly, and no neighbour is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.take_in import Result, dataset, land, land_bytes
from transforms.take_in import encoding as decoding

HEADERS = ["key", "name", "address", "note"]
DAMAGES = ["none", "none", "none", "cut", "bad byte", "open quote", "empty line before"]

plain = st.text(st.sampled_from("ab1 \"',;|.张伟𠮷䶮　　·\t\\"), max_size=6)
anything = st.text(
    st.one_of(
        st.sampled_from('"",,\n\r\n\\ 张'),
        st.characters(codec="gb18030", exclude_characters="\ufeff" + "".join(decoding.MOVED)),
    ),
    max_size=8,
)


@dataclass(frozen=True)
class Line:
    cells: list[str]
    damage: str


def tables(texts: st.SearchStrategy[str]) -> st.SearchStrategy[list[Line]]:
    line = st.builds(Line, st.lists(texts, min_size=3, max_size=3), st.sampled_from(DAMAGES))
    return st.lists(line, min_size=1, max_size=12).map(
        lambda lines: [Line([f"k{at}", *line.cells], line.damage) for at, line in enumerate(lines)]
    )


@contextmanager
def small_blocks(size: int) -> Iterator[Path]:
    with TemporaryDirectory() as folder, patch.object(decoding, "BLOCK", size):
        yield Path(folder)


def csv_line(cells: list[str], end: str) -> str:
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set('",\r\n') else cell for cell in cells]
    return ",".join(quoted) + end


def damaged_csv(line: Line, encoding: str, end: str) -> bytes:
    raw = csv_line(line.cells, end).encode(encoding)
    match line.damage:
        case "cut":
            return f"{line.cells[0]},cu{end}".encode(encoding)
        case "bad byte":
            return (
                raw.replace(b",", b",\xff", 1)
                if b'"' not in raw
                else f"{line.cells[0]},".encode() + b"\xff" + end.encode()
            )
        case "open quote":
            return f'{line.cells[0]},"left,open,{end}'.encode(encoding)
        case "empty line before":
            return end.encode() + raw
        case _:
            return raw


def check(result: Result, lines: list[Line], sound: set[str]) -> None:
    expected = [[cell or None for cell in line.cells] for line in lines if line.damage in sound]
    arrived = [row for row in result.cells.values() if str(row[0]).startswith("k")]
    assert [row for row in arrived if row in expected] == expected
    assert result.landed.rows == result.landed.readable + result.landed.unreadable


WAYS = (st.sampled_from(["utf-8", "gb18030"]), st.sampled_from(["\n", "\r\n"]), st.sampled_from([40, 200, 1 << 20]))
"""Encodings, line ends, and bytes of a block."""


def read_csv_of(lines: list[Line], encoding: str, end: str, size: int) -> Result:
    content = csv_line(HEADERS, end).encode() + b"".join(damaged_csv(line, encoding, end) for line in lines)
    with small_blocks(size) as folder:
        return land_bytes(folder, content, dataset(HEADERS, ["key"], format="csv", encoding=encoding))


@settings(max_examples=600, deadline=None)
@given(tables(plain), *WAYS)
def test_csv_counts_every_row_and_reads_every_sound_one(
    lines: list[Line], encoding: str, end: str, size: int
) -> None:
    result = read_csv_of(lines, encoding, end, size)
    check(result, lines, {"none", "empty line before"})
    assert result.landed.rows == len(lines)
    assert [fault["reason"].partition(":")[0] for fault in result.faults] == [
        {"cut": "too_few_columns", "bad byte": "bad_bytes", "open quote": "open_quote"}[line.damage]
        for line in lines
        if line.damage not in {"none", "empty line before"}
    ]
    keys = [line.cells[0] for line in lines if line.damage not in {"none", "empty line before"}]
    assert [fault["record_key"] for fault in result.faults] == keys


@settings(max_examples=600, deadline=None)
@given(tables(anything), *WAYS)
def test_csv_with_line_feeds_in_cells_loses_no_neighbour(
    lines: list[Line], encoding: str, end: str, size: int
) -> None:
    result = read_csv_of(lines, encoding, end, size)
    check(result, lines, {"none", "empty line before"})


@settings(max_examples=400, deadline=None)
@given(tables(anything), st.sampled_from([40, 200, 1 << 20]))
def test_json_lines_count_every_row_and_read_every_sound_one(lines: list[Line], size: int) -> None:
    content = b""
    for line in lines:
        raw = json.dumps(
            dict(zip(HEADERS, line.cells, strict=True)), ensure_ascii=len(content) % 2 == 0
        ).encode()
        content += {
            "cut": raw[: len(raw) // 2],
            "bad byte": raw.replace(b'"name"', b'"na\xffme"', 1),
            "open quote": raw[:-2] + b"}",
            "empty line before": b"\n" + raw,
        }.get(line.damage, raw) + b"\n"
    with small_blocks(size) as folder:
        result = land_bytes(folder, content, dataset(HEADERS, ["key"], format="jsonl"))
    check(result, lines, {"none", "empty line before"})
    assert result.landed.rows == len(lines)


@settings(max_examples=60, deadline=None)
@given(tables(plain))
def test_workbooks_read_every_row(lines: list[Line]) -> None:
    rows: list[list[str]] = [["title"], HEADERS]
    for line in lines:
        rows += [[], line.cells] if line.damage == "empty line before" else [line.cells]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate([*rows, ["合计", str(len(lines))]]):
                for column, cell in enumerate(row):
                    sheet.write_string(at, column, cell)
        result = land(path, dataset(HEADERS, ["key"], format="xlsx"))
    assert list(result.cells.values()) == [[cell or None for cell in line.cells] for line in lines]


WHOLE = 'key,name,address,note\nk1,张,b,c\nk2,"a\nb",c,d\nk3,李,b,c\n'.encode("gb18030")


@pytest.mark.parametrize("size", [50, 1 << 20])
def test_wherever_a_file_is_cut_the_rows_before_arrive(tmp_path: Path, size: int) -> None:
    agreed = dataset(HEADERS, ["key"], format="csv", encoding="gb18030")
    rows = [["k1", "张", "b", "c"], ["k2", "a\nb", "c", "d"], ["k3", "李", "b", "c"]]
    ends = [WHOLE.index(b"k2"), WHOLE.index(b"k3"), len(WHOLE)]
    with patch.object(decoding, "BLOCK", size):
        for cut in range(WHOLE.index(b"k1"), len(WHOLE)):
            arrived = list(land_bytes(tmp_path, WHOLE[:cut], agreed).cells.values())
            whole = rows[: sum(end <= cut for end in ends)]
            assert arrived[: len(whole)] == whole
            assert len(arrived) <= len(whole) + 1
