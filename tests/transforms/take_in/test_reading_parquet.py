"""Parquet: typed columns, lists and structs are read as text; what has none is refused with its column."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.model import Dataset
from tests.transforms.take_in import Result, dataset, land
from transforms.take_in.reading import BatchRefused

NORMALISERS = {"classes": "set", "phones": "phone"}


def agreed(*headers: str, not_taken: tuple[str, ...] = ()) -> Dataset:
    plain = dataset(["no", *headers], ["no"], not_taken, format="parquet")
    columns = tuple(c.model_copy(update={"normaliser": NORMALISERS.get(c.header, "name")}) for c in plain.columns)
    return plain.model_copy(update={"columns": columns})


def landed(folder: Path, contract: Dataset, **columns: Any) -> Result:
    pq.write_table(pa.table(columns), folder / "register")
    return land(folder / "register", contract)


def test_days_moments_amounts_truths_and_numbers_are_text(tmp_path: Path) -> None:
    result = landed(
        tmp_path,
        agreed("day", "at", "amount", "true", "float", "word"),
        no=pa.array([7], pa.int64()),
        day=pa.array([date(2026, 11, 20)]),
        at=pa.array([datetime(2026, 11, 20, 1, 2, 3)], pa.timestamp("us")),
        amount=pa.array([Decimal("12.50")], pa.decimal128(12, 2)),
        true=pa.array([True]),
        float=pa.array([9000000.0]),
        word=pa.array([""]).dictionary_encode(),
    )
    assert result.cells == {1: ["7", "2026-11-20", "2026-11-20 01:02:03.000000", "12.50", "true", "9000000", None]}


def test_lists_and_structs_are_read_by_their_paths_as_in_json_lines(tmp_path: Path) -> None:
    result = landed(
        tmp_path,
        agreed("classes", "phones", "home.line", "held", not_taken=("held",)),
        no=["1", "2", "3"],
        classes=[["A2", "D"], [], None],
        phones=pa.array([[13800001111, 13800002222], None, [13800003333]], pa.large_list(pa.int64())),
        home=pa.array([{"line": "文三路1号"}, {"line": ""}, None]),
        held=pa.array([{"anything": 1}] * 3),
    )
    assert result.cells == {
        1: ["1", '["A2","D"]', "13800001111、13800002222", "文三路1号"],
        2: ["2", "[]", None, None],
        3: ["3", None, "13800003333", None],
    }
    assert not (result.landed.not_delivered or result.landed.new_columns)


def test_a_list_where_one_value_is_agreed_keeps_its_row_out_alone(tmp_path: Path) -> None:
    names = pa.array([["张三"], ["张三", "李四"], None])
    result = landed(tmp_path, agreed("name"), no=["1", "77", "3"], name=names)
    assert result.cells == {1: ["1", "张三"], 3: ["3", None]}
    assert [(f["line"], f["record_key"], f["reason"].partition(":")[0]) for f in result.faults] == [(2, "77", "not_single")]


def test_members_that_were_not_agreed_are_new_columns_and_those_that_lack_are_told(tmp_path: Path) -> None:
    home = pa.array([{"line": "文三路1号", "county": "330106"}])
    result = landed(tmp_path, agreed("home.line", "home.room", "name"), no=["1"], home=home, name=["张三"])
    assert (result.landed.new_columns, result.landed.not_delivered) == (("home.county",), ("c2",))


@pytest.mark.parametrize("held", [pa.array([b"\xff\xd8"]), pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))])
def test_what_cannot_be_text_refuses_its_file_with_the_column(held: pa.Array, tmp_path: Path) -> None:
    with pytest.raises(BatchRefused) as refused:
        landed(tmp_path, agreed("photo"), no=["1"], photo=held)
    assert str(refused.value).startswith("register, column photo: what it holds (")
    assert landed(tmp_path, agreed("photo", not_taken=("photo",)), no=["1"], photo=held).cells == {1: ["1"]}


def test_damage_within_a_file_refuses_it(tmp_path: Path) -> None:
    pq.write_table(pa.table({"no": [str(n) for n in range(50_000)]}), tmp_path / "register", use_dictionary=False)
    content = bytearray((tmp_path / "register").read_bytes())
    content[100:4000] = bytes(3900)
    (tmp_path / "register").write_bytes(content)
    with pytest.raises(BatchRefused, match="not a whole Parquet file"):
        land(tmp_path / "register", agreed())
