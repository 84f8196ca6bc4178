"""What a subscriber is not told: pseudonyms, small cells, other regions; and files sealed with its key."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet.encryption import create_decryption_properties

from contracts.model import Contracts, Regions, SmallCells
from tests.warehouse.delivered import by_duckdb, changed, delivered, manifest, of
from tests.warehouse.small_release import MAN, PEOPLE, build
from warehouse.extract import extract
from warehouse.faults import RenkouError
from warehouse.home import Home
from warehouse.parquet import batches, write
from warehouse.subscriber_keys import key_of


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


def test_of_whom_no_record_stands_any_more_nothing_is_counted(contracts: Contracts, home: Home, tmp_path: Path) -> None:
    gone = build(tmp_path / "gone.duckdb", contracts, "r1", PEOPLE | {"p9": {}})
    told = extract(gone, changed(contracts, "statistics", small_cells=None), "statistics", home)

    assert told.rows == len([person for person in PEOPLE.values() if not person.get("death_date")])


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
