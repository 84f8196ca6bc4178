"""Who reads a release can read the release, and nothing else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from contracts.model import Contracts
from tests.warehouse.small_release import MAN
from warehouse.connection import open_read_only
from warehouse.published import Published


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t AS SELECT 1",
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM '{other}'",
        "COPY (SELECT 1) TO '{other}'",
        "ATTACH '{other}' AS other",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "INSTALL httpfs",
    ],
)
def test_a_reader_can_do_nothing_but_read(statement: str, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    duckdb.connect(str(tmp_path / "release.duckdb")).execute("CREATE TABLE person AS SELECT 1 AS person_id").close()
    with open_read_only(tmp_path / "release.duckdb") as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(other=other))
        assert connection.execute("SELECT * FROM person").fetchall() == [(1,)]


def test_one_process_reads_a_release_in_every_way_at_once(database: Path, contracts: Contracts) -> None:
    now = Published(database, contracts)
    then = Published(database, contracts, now.release.as_of)
    with open_read_only(database) as alone, open_read_only(database, beside_others=True) as beside:
        assert alone.execute("SELECT count(*) FROM person").fetchall() == beside.execute("SELECT count(*) FROM person").fetchall()
        assert [dossier.person_id for dossier in now.bearers(MAN)] == ["p1"]
        assert then.release == now.release
