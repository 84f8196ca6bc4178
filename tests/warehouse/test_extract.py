"""A subscriber gets the columns of its contract, whole or not at all, and what changed since."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow.parquet.encryption import create_decryption_properties

from contracts.layout import OWN
from contracts.load import load
from contracts.model import Contracts, Regions, SmallCells, Subscription
from tests.warehouse.small_release import MAN, PEOPLE, build
from warehouse.extract import Delivery, extract, is_due
from warehouse.faults import RenkouError, WrongUseError
from warehouse.home import Home
from warehouse.parquet import batches, write
from warehouse.selection import partitions_of
from warehouse.subscriber_keys import key_of

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


def of(contracts: Contracts, subscriber: str) -> Subscription:
    return next(s for s in contracts.subscriptions if s.subscriber == subscriber)


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def data_files(folder: Path) -> list[Path]:
    return [folder / file["path"] for file in manifest(folder)["files"]]


def delivered(folder: Path) -> dict[str, dict[str, Any]]:
    frame = pd.concat(pd.read_parquet(file, partitioning=None) for file in data_files(folder))
    return {row["person_id"]: dict(row) for row in frame.to_dict("records")}


def whole(folder: Path) -> dict[str, dict[str, Any]]:
    """What was delivered, with what the folders' names tell."""
    files = [str(file) for file in data_files(folder)]
    found = duckdb.sql("FROM read_parquet($files, hive_partitioning = true, hive_types_autocast = false)", params={"files": files})
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}


@pytest.fixture
def first(database: Path, contracts: Contracts, home: Home) -> Delivery:
    return extract(database, contracts, "hr", home)


def later(contracts: Contracts, folder: Path) -> Path:
    """The next release: p2 moved county, p3 is no longer insured, p6 is new."""
    people = {person: dict(data) for person, data in PEOPLE.items()}
    people["p2"]["hukou_region"] = "330103009"
    people["p3"].pop("insurances")
    people["p6"] = {"name": "孙丽", "insurances": ["110"]}
    return build(folder / "r2.duckdb", contracts, "r2", people)


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


def test_the_next_release_tells_what_changed(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    second = extract(later(contracts, tmp_path), contracts, "hr", home)
    changes = pd.read_parquet(second.folder / "changes")

    assert (second.since, second.changes) == ("r1", {"I": 1, "U": 1, "D": 1})
    assert dict(zip(changes["person_id"], changes["op"], strict=True)) == {"p2": "U", "p3": "D", "p6": "I"}
    assert _applied(whole(first.folder), changes) == whole(second.folder)
    assert changes.set_index("person_id").loc["p2", "hukou_county"] == "330103"
    assert changes.set_index("person_id").loc["p2", "hukou_region"] == "330103009"
    assert changes.set_index("person_id").loc["p3"].drop("op").isna().all()


def _applied(before: dict[str, Any], changes: pd.DataFrame) -> dict[str, Any]:
    gone = {person: row for person, row in before.items() if person not in set(changes["person_id"])}
    come = changes[changes["op"] != "D"].drop(columns="op").to_dict("records")
    return gone | {row["person_id"]: {name: None if pd.isna(value) else value for name, value in row.items()} for row in come}


def test_the_same_release_again_does_nothing(
    first: Delivery, database: Path, contracts: Contracts, home: Home
) -> None:
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    again = extract(database, contracts, "hr", home)

    assert not again.delivered
    assert again.rows == first.rows
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_the_same_release_makes_the_same_bytes(
    first: Delivery, database: Path, contracts: Contracts, tmp_path: Path
) -> None:
    other = extract(database, contracts, "hr", Home(tmp_path / "other"))

    assert manifest(other.folder)["files"] == manifest(first.folder)["files"]


def test_a_column_added_to_the_contract_is_a_change_where_it_has_a_value(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    hr = of(contracts, "hr")
    wider = contracts.model_copy(
        update={"subscriptions": (hr.model_copy(update={"columns": (*hr.columns, "phone", "insurances")}),)}
    )
    database = build(tmp_path / "r2.duckdb", contracts, "r2")
    second = extract(database, wider, "hr", home)

    assert second.changes == {"I": 0, "U": 3, "D": 0}


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


def test_old_deliveries_are_kept_to_a_bound(contracts: Contracts, home: Home, tmp_path: Path) -> None:
    for number in range(4):
        database = build(tmp_path / f"{number}.duckdb", contracts, f"r{number}")
        extract(database, contracts, "hr", home, keep=2)

    kept = sorted(path.parent.name for path in (home.extracts / "hr").glob("*/manifest.json"))
    assert kept == ["r2", "r3"]


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


# Delivers and kills itself with SIGKILL just before the n-th file is on the disk, or before the last rename.
KILLED = """
import os, pathlib, signal, sys
from contracts.layout import OWN
from contracts.load import load
from warehouse import durable, extract, parquet
from warehouse.home import Home
from warehouse.parquet import batches, write
steps = int(sys.argv[3])
def watched(what):
    def call(*args, **kwargs):
        global steps
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps -= 1
        return what(*args, **kwargs)
    return call
for room in (durable, extract, parquet):
    room.sync = watched(room.sync)
pathlib.Path.rename = watched(pathlib.Path.rename)
pathlib.Path.replace = watched(pathlib.Path.replace)
extract.extract(pathlib.Path(sys.argv[1]), load(OWN), "hr", Home(pathlib.Path(sys.argv[2])))
"""


@pytest.mark.parametrize("step", [0, 5, 8, 10])
def test_killed_half_way_nothing_half_is_seen_and_the_next_call_heals(
    first: Delivery, contracts: Contracts, home: Home, tmp_path: Path, step: int
) -> None:
    database = later(contracts, tmp_path)
    arguments = [sys.executable, "-c", KILLED, str(database), str(home.root), str(step)]
    ended = subprocess.run(arguments, check=False).returncode
    own = home.extracts / "hr"

    assert ended == -signal.SIGKILL
    named = (own / "current").read_text()
    assert named == "r1" or (own / "r2" / "manifest.json").exists()
    if (own / "r2").exists():
        assert manifest(own / "r2")["changes"]["since"] == "r1"

    second = extract(database, contracts, "hr", home)
    assert (second.since, second.changes) == ("r1", {"I": 1, "U": 1, "D": 1})
    assert (own / "current").read_text() == "r2"
    assert not [path for path in own.iterdir() if path.name.endswith((".partial", ".removed"))]
    assert sorted(delivered(second.folder)) == ["p1", "p2", "p5", "p6"]


def changed(contracts: Contracts, subscriber: str, **update: Any) -> Contracts:
    """The contracts with one subscription, changed."""
    return contracts.model_copy(update={"subscriptions": (of(contracts, subscriber).model_copy(update=update),)})


def test_two_subscribers_pseudonyms_cannot_be_joined(database: Path, contracts: Contracts, home: Home) -> None:
    one = changed(contracts, "statistics", small_cells=None)
    renamed = of(one, "statistics").model_copy(update={"subscriber": "institute"})
    other = contracts.model_copy(update={"subscriptions": (renamed,)})
    first = delivered(extract(database, one, "statistics", home).folder)
    second = delivered(extract(database, other, "institute", home).folder)

    assert len(first) == len(second) > 2
    assert not {*first} & {*second}
    assert not [person for person in (*first, *second) if person.startswith("p")]
    remove = home.extracts / "statistics"
    shutil.rmtree(remove)
    assert {*delivered(extract(database, one, "statistics", home).folder)} == {*first}


def test_rows_that_few_have_in_common_are_withheld_and_counted(
    database: Path, contracts: Contracts, home: Home
) -> None:
    few = changed(contracts, "hr", where=None, small_cells=SmallCells(columns=("sex",), minimum=3))
    told = extract(database, few, "hr", home)

    assert (told.rows, manifest(told.folder)["withheld"]) == (3, 2)


def test_a_township_receives_its_own(database: Path, contracts: Contracts, home: Home) -> None:
    own = changed(contracts, "township", regions=Regions(datum="hukou_region", codes=("330102002",)))

    assert sorted(delivered(extract(database, own, "township", home).folder)) == ["p2"]


def test_encrypted_files_open_with_the_subscribers_key_alone(
    database: Path, contracts: Contracts, home: Home, tmp_path: Path
) -> None:
    sealed = changed(contracts, "hr", encrypted=True, partition_by=())
    folder = extract(database, sealed, "hr", home).folder
    path, key = folder / "part-0.parquet", key_of(home, "hr", "parquet")

    with duckdb.connect() as reader, pytest.raises(duckdb.Error):
        reader.execute(f"SELECT * FROM '{path}'").fetchall()
    assert pq.read_table(path, decryption_properties=create_decryption_properties(footer_key=key)).num_rows > 2
    assert MAN.encode() not in path.read_bytes()
    newer = build(tmp_path / "r2.duckdb", contracts, "r2", {"p1": PEOPLE["p1"]})
    assert extract(newer, sealed, "hr", home).changes == {"I": 0, "U": 0, "D": 3}
    assert ((home.root / "keys" / "hr.parquet").stat().st_mode & 0o777) == 0o600


def by_duckdb(path: Path, key: bytes) -> list[tuple[Any, ...]]:
    with duckdb.connect() as reader:
        reader.execute(f"PRAGMA add_parquet_key('own', '{base64.b64encode(key).decode()}')")
        return reader.execute(f"FROM read_parquet('{path}', encryption_config = {{footer_key: 'own'}})").fetchall()


def test_pandas_pyarrow_and_duckdb_read_the_same_of_an_encrypted_file(database: Path, contracts: Contracts, home: Home) -> None:
    columns = ("person_id", "birth_date", "insurances")
    sealed = changed(contracts, "hr", encrypted=True, partition_by=(), columns=columns)
    path, key = extract(database, sealed, "hr", home).folder / "part-0.parquet", key_of(home, "hr", "parquet")
    opened = create_decryption_properties(footer_key=key)

    by_arrow = [tuple(row.values()) for row in pq.read_table(path, decryption_properties=opened).to_pylist()]
    by_pandas = pd.read_parquet(path, decryption_properties=opened).astype(object)
    told = [tuple(row) for row in by_pandas.where(by_pandas.notna(), None).itertuples(index=False)]
    assert by_duckdb(path, key) == by_arrow == told
    assert by_arrow[0] == ("p1", date(1965, 3, 12), '["110","310"]')


def test_an_encrypted_file_of_many_rows_has_columns_of_one_page(tmp_path: Path) -> None:
    path, key = tmp_path / "many.parquet", bytes(range(32))
    with duckdb.connect() as connection:
        rows = "SELECT lpad(i::VARCHAR, 12, '0') AS person_id, nullif(repeat(i::VARCHAR, 20), '') AS told FROM range(45000) AS r (i)"
        assert write(batches(connection.execute(rows), key), path, {}, {}, key) == 45_000
    assert len(by_duckdb(path, key)) == pq.read_table(path, decryption_properties=create_decryption_properties(footer_key=key)).num_rows


def test_a_key_that_is_none_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKOU_KEY_HR_PARQUET", "abc")
    with pytest.raises(RenkouError, match="RENKOU_KEY_HR_PARQUET"):
        key_of(home, "hr", "parquet")


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


@pytest.mark.parametrize(
    ("cadence", "day", "due"),
    [
        ("daily", date(2026, 11, 23), True),
        ("weekly", date(2026, 11, 28), False),
        ("weekly", date(2026, 11, 29), True),
        ("monthly", date(2026, 11, 30), False),
        ("monthly", date(2026, 12, 1), True),
        ("quarterly", date(2026, 12, 31), False),
        ("quarterly", date(2027, 1, 1), True),
        ("half_yearly", date(2027, 1, 1), True),
        ("yearly", date(2026, 12, 31), False),
        ("yearly", date(2027, 1, 1), True),
    ],
)
def test_an_extract_is_due_by_its_cadence(
    contracts: Contracts, home: Home, cadence: str, day: date, due: bool
) -> None:
    database = build(home.root / "r1.duckdb", contracts, "r1", PEOPLE)
    paced = changed(contracts, "hr", cadence=cadence)
    assert is_due(database, paced, "hr", home)
    extract(database, paced, "hr", home)
    assert not is_due(database, paced, "hr", home)
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE release SET release_id = 'r2', as_of = ?", [day])
    assert is_due(database, paced, "hr", home) is due
