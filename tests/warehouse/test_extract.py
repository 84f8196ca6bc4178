"""A subscriber gets the columns and persons of its contract, in files that everybody reads alike."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import yaml

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts
from tests.warehouse.delivered import changed, data_files, delivered, later, manifest, of, whole
from tests.warehouse.small_release import PEOPLE
from warehouse.extract import Delivery, extract
from warehouse.faults import RenkouError, WrongUseError
from warehouse.home import Home
from warehouse.selection import partitions_of

COLUMNS = [
    "person_id",
    "id_number",
    "name",
    "sex",
    "birth_date",
    "hukou_region",
    "hukou_status",
    "death_date",
]
INSURED = ["p1", "p2", "p3", "p5"]


def test_the_contract_s_columns_and_persons_are_delivered(first: Delivery) -> None:
    assert sorted(delivered(first.folder)) == INSURED
    assert (first.delivered, first.rows, first.changes) == (True, 4, None)
    assert first.folder.parts[-3:] == ("extracts", "hr", "r1")
    assert (first.folder.parent / "current").read_text() == "r1"
    assert not (first.folder / "changes").exists()


def test_folders_are_counties_and_rows_are_in_order(first: Delivery) -> None:
    counties = {file.parent.name for file in data_files(first.folder)}

    assert counties == {
        "hukou_county=330102",
        "hukou_county=330103",
        "hukou_county=__HIVE_DEFAULT_PARTITION__",
    }
    for file in data_files(first.folder):
        ids = pq.read_table(file, partitioning=None).column("person_id").to_pylist()
        assert ids == sorted(ids)


def test_pandas_pyarrow_and_duckdb_read_the_same(first: Delivery) -> None:
    by_pandas = pd.read_parquet(first.folder / "hukou_county=330102", partitioning=None)
    by_arrow = ds.dataset([str(f) for f in data_files(first.folder)], partitioning="hive").to_table()
    by_duckdb = duckdb.sql(f"FROM read_parquet('{first.folder}/*=*/*.parquet', hive_partitioning = true)")

    assert list(by_pandas.columns) == COLUMNS
    assert by_arrow.num_rows == len(by_duckdb.fetchall()) == 4
    assert set(by_duckdb.columns) == {*COLUMNS, "hukou_county"}
    assert by_pandas["person_id"].tolist() == ["p1", "p2"]


def test_files_say_what_they_hold_and_by_which_contract(first: Delivery) -> None:
    schema = pq.read_schema(data_files(first.folder)[0])
    whole = {key.decode(): value.decode() for key, value in schema.metadata.items()}
    sex = schema.field("sex").metadata

    assert whole["renkou.contract"] == "hr.identity_and_life"
    assert whole["renkou.release"] == "r1"
    assert sex[b"label"].decode() == "性别"
    assert json.loads(sex[b"code_list"])["codes"]["1"] == "男性"
    assert json.loads(whole["renkou.columns"])["death_date"]["label"] == "死亡日期"


def test_every_column_and_folder_is_described(database: Path, contracts: Contracts, home: Home) -> None:
    for subscription in contracts.subscriptions:
        told = manifest(extract(database, contracts, subscription.subscriber, home).folder)
        assert [column["name"] for column in told["schema"] if not column.get("description")] == []
        (person,) = (column for column in told["schema"] if column["name"] == "person_id")
        assert ("pseudonym" in person["description"]) == ("person_id" in subscription.pseudonyms)


def test_zstd_and_the_manifest_s_sums(first: Delivery) -> None:
    told = manifest(first.folder)

    assert (told["release"], told["contract_version"], told["rows"]) == ("r1", "1.0.0", 4)
    assert [column["name"] for column in told["schema"]] == [*COLUMNS, "hukou_county"]
    for file in told["files"]:
        path = first.folder / file["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_plain_column_may_be_the_folder(
    database: Path, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    hr = of(contracts, "hr")
    plain = contracts.model_copy(
        update={"subscriptions": (hr.model_copy(update={"partition_by": ("sex", "hukou_status")}),)}
    )
    extract(database, plain, "hr", home)
    second = extract(later(contracts, tmp_path), plain, "hr", home)

    assert (second.folder / "sex=1" / "hukou_status=2").is_dir()
    assert second.changes == {"I": 1, "U": 1, "D": 1}


@pytest.mark.parametrize("rows_a_batch", [1, 2, 100])
def test_a_folder_has_its_rows_and_no_others_wherever_batches_end(
    database: Path, contracts: Contracts, home: Home, monkeypatch: pytest.MonkeyPatch, rows_a_batch: int
) -> None:
    monkeypatch.setattr("warehouse.parquet.BATCH_ROWS", rows_a_batch)
    folders = ("hukou_status", "is_man = sex = '1'")
    folder = extract(database, changed(contracts, "hr", where=None, partition_by=folders), "hr", home).folder
    read = f"FROM read_parquet('{folder}/*=*/*=*/*.parquet', hive_partitioning = true, hive_types_autocast = false)"

    with duckdb.connect(str(database), read_only=True) as release:
        told = release.execute("SELECT hukou_status, (sex = '1')::VARCHAR, person_id FROM person ORDER BY ALL").fetchall()
    assert duckdb.sql(f"SELECT hukou_status, is_man, person_id {read} ORDER BY ALL").fetchall() == told
    assert len({(status, is_man) for status, is_man, _ in told}) == len(data_files(folder)) > 2


def test_without_folders_it_is_one_file(database: Path, contracts: Contracts, home: Home) -> None:
    hr = of(contracts, "hr").model_copy(update={"partition_by": ()})
    told = extract(database, contracts.model_copy(update={"subscriptions": (hr,)}), "hr", home)

    assert [file.name for file in data_files(told.folder)] == ["part-0.parquet"]
    assert data_files(told.folder)[0].parent == told.folder


def test_an_unknown_subscriber_is_wrong_use(database: Path, contracts: Contracts, home: Home) -> None:
    with pytest.raises(WrongUseError, match="there are: civil_affairs"):
        extract(database, contracts, "nobody", home)


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"columns": ("person_id", "shoe_size")}, "shoe_size not in release r1"),
        ({"columns": ("name",)}, "person_id is needed"),
        ({"where": "shoe_size > 40"}, "where, transformLogic or partitionBy"),
    ],
)
def test_a_contract_that_asks_for_what_is_not_there_is_named(
    database: Path, contracts: Contracts, home: Home, update: dict[str, Any], said: str
) -> None:
    hr = of(contracts, "hr").model_copy(update=update)

    with pytest.raises(RenkouError, match=said) as raised:
        extract(database, contracts.model_copy(update={"subscriptions": (hr,)}), "hr", home)
    assert "hr.odcs.yaml" in str(raised.value)
    assert not (home.extracts / "hr" / "current").exists()


def test_a_new_subscriber_is_a_file(database: Path, home: Home, tmp_path: Path) -> None:
    contract = yaml.safe_load((OWN / "outbound" / "hr.odcs.yaml").read_text(encoding="utf-8"))
    contract |= {"id": "housing.who", "domain": "housing", "customProperties": []}
    (tmp_path / "own" / "outbound").mkdir(parents=True)
    (tmp_path / "own" / "outbound" / "housing.odcs.yaml").write_text(
        yaml.safe_dump(contract), encoding="utf-8"
    )
    contracts = load(OWN, tmp_path / "own")

    assert extract(database, contracts, "housing", home).rows == 5
    housing = next(s for s in contracts.subscriptions if s.subscriber == "housing")
    assert partitions_of(housing) == ()


def test_the_guide_names_every_column_and_nobody(database: Path, contracts: Contracts, home: Home) -> None:
    for subscription in contracts.subscriptions:
        folder = extract(database, contracts, subscription.subscriber, home).folder
        told = (folder / "README.md").read_text(encoding="utf-8")
        assert all(f"`{name}`" in told for name in subscription.columns)
        assert subscription.limitations in told
        assert not [p for p in PEOPLE.values() if p["id_number"] in told or p["name"] in told]


@pytest.mark.parametrize("subscriber", ["hr", "township"])
def test_the_guide_s_lines_read_all_that_was_delivered(
    subscriber: str, database: Path, contracts: Contracts, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = extract(database, changed(contracts, subscriber, regions=None), subscriber, home).folder
    monkeypatch.chdir(folder)
    (python, _), (sql,) = (re.findall(rf"```{kind}\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL) for kind in ("python", "sql"))
    names: dict[str, Any] = {}
    exec(python, names)
    assert {row["person_id"]: row for row in names["table"].to_pylist()} == whole(folder)
    assert sum(row[-1] for row in duckdb.sql(sql).fetchall()) == len(whole(folder)) > 1
