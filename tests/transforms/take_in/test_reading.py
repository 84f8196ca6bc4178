"""What holds for every format: the layout by name, the Parquet files, a refusal."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.model import FileLayout
from tests.transforms.take_in import dataset, land, land_bytes
from transforms.take_in import archives
from transforms.take_in.reading import BatchRefused, land_file


def test_the_first_layout_whose_glob_fits_is_used(tmp_path: Path) -> None:
    agreed = dataset(["id", "name"], format="csv")
    layouts = (
        FileLayout(files="*.txt", format="csv", delimiter="|"),
        FileLayout(files="*.csv", format="csv"),
        FileLayout(files="*", format="jsonl"),
    )
    agreed = agreed.model_copy(update={"delivery": agreed.delivery.model_copy(update={"layouts": layouts})})
    assert land_bytes(tmp_path, b"id|name\n1|a\n", agreed, "x.txt").cells == {2: ["1", "a"]}
    assert land_bytes(tmp_path, b"id,name\n1,a\n", agreed, "x.csv").cells == {2: ["1", "a"]}
    assert land_bytes(tmp_path, b'{"id":1,"name":"a"}\n', agreed, "x.jsonl").cells == {1: ["1", "a"]}


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_the_one_agreed_file_in_a_zip_archive_is_read_whatever_lies_beside_it(tmp_path: Path) -> None:
    agreed = dataset(["id", "name"], format="csv", files="人口_*.csv")
    content = "id,name\n1,张\n".encode()
    packed = zipped(tmp_path / "20261120.ZIP", {"人口/人口_1.csv": content, "__MACOSX/._人口_1.csv": b"x", "说明.txt": b"y"})
    assert land(packed, agreed).cells == {2: ["1", "张"]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20261120.ZIP", "faults.parquet", "rows.parquet"]


def test_a_name_in_a_zip_archive_of_chinese_windows_is_read(tmp_path: Path) -> None:
    packed = zipped(tmp_path / "x.zip", {"AAAA_1.csv": b"id\n1\n"})
    packed.write_bytes(packed.read_bytes().replace(b"AAAA", "人口".encode("gb18030")))
    assert land(packed, dataset(["id"], format="csv", files="人口_*.csv")).cells == {2: ["1"]}


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"a_1.csv": b"id\n1\n", "a_2.csv": b"id\n2\n"}, "holds 2 files of a name agreed"),
        ({"b_1.csv": b"id\n1\n"}, "holds no files of a name agreed"),
        ({}, "holds no files"),
    ],
)
def test_a_zip_archive_with_none_or_several_is_refused_with_what_to_do(tmp_path: Path, members: dict[str, bytes], told: str) -> None:
    with pytest.raises(BatchRefused, match=told) as refused:
        land(zipped(tmp_path / "x.zip", members), dataset(["id"], format="csv", files="a_*.csv"))
    assert "lay the files that are in it" in str(refused.value)


def test_a_zip_archive_that_is_damaged_locked_or_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = dataset(["id"], format="csv", files="*.csv")
    packed = zipped(tmp_path / "x.zip", {"a.csv": b"id\n" + b"1\n" * 100_000})
    whole = packed.read_bytes()
    locked = whole[:6] + b"\1" + whole[7:]
    at = locked.rindex(b"PK\1\2") + 8
    for content, told in ((whole[:-30], "cut off or damaged"), (locked[:at] + b"\1" + locked[at + 1 :], "needs a password")):
        packed.write_bytes(content)
        with pytest.raises(BatchRefused, match=told):
            land(packed, agreed)
    packed.write_bytes(whole)
    monkeypatch.setattr(archives, "LARGEST", 200_000)
    with pytest.raises(BatchRefused, match="larger than"):
        land(packed, agreed)
    size = whole.rindex(b"PK\1\2") + 24  # says that it is smaller than it is
    packed.write_bytes(whole[:size] + (1000).to_bytes(4, "little") + whole[size + 4 :])
    with pytest.raises(BatchRefused, match="cut off or damaged"):
        land(packed, agreed)
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copy of x.csv").write_bytes(b"id\n1\n")
    with pytest.raises(BatchRefused) as refused:
        land(tmp_path / "copy of x.csv", dataset(["id"], format="csv", files="x_*.csv"))
    assert "copy of x.csv" in str(refused.value)
    assert "x_*.csv" in str(refused.value)


def test_landed_parquet_has_place_then_taken_columns_as_text(tmp_path: Path) -> None:
    agreed = dataset(["id", "clerk", "name"], not_taken=["clerk"], format="csv")
    land_bytes(tmp_path, b"id,clerk,name\n1,x,a\n", agreed)
    schema = pq.read_schema(tmp_path / "rows.parquet")
    assert schema.names == ["sheet", "line", "c0", "c2"]
    assert schema.types == [pa.string(), pa.int32(), pa.string(), pa.string()]
    found = pq.read_metadata(tmp_path / "rows.parquet").row_group(0).column(0)
    assert found.compression == "ZSTD"
    assert pq.read_schema(tmp_path / "faults.parquet").names == [
        "sheet",
        "line",
        "record_key",
        "reason",
        "raw",
        "possible_keys",
    ]


def test_a_refusal_leaves_nothing_behind_and_says_where_what_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("编号,名\n1,张三\n".encode())
    with pytest.raises(BatchRefused) as refused:
        land_file(
            tmp_path / "x.csv",
            dataset(["编号", "姓名"], format="csv"),
            tmp_path / "r.parquet",
            tmp_path / "f.parquet",
        )
    assert [file.name for file in tmp_path.iterdir()] == ["x.csv"]
    assert (refused.value.file, refused.value.line, refused.value.column) == ("x.csv", 1, "姓名")
    assert str(refused.value).startswith("x.csv, line 1, column 姓名: ")
    assert refused.value.remedy in str(refused.value)
    assert "张三" not in str(refused.value)


def test_a_refusal_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    agreed = dataset(["id"], format="jsonl", compression="gzip")
    (tmp_path / "x.gz").write_bytes(gzip.compress(b'{"id":"1"}\n')[:-4])
    with pytest.raises(BatchRefused):
        land_file(tmp_path / "x.gz", agreed, tmp_path / "r.parquet", tmp_path / "f.parquet")
    assert [file.name for file in tmp_path.iterdir()] == ["x.gz"]
