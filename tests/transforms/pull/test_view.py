"""PostgreSQL views, from a real server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from contracts.model import Contracts
from tests.support.landing import Landing
from tests.transforms.pull.conftest import HASTE, Pull, pulled_from
from transforms.pull import Connection
from transforms.pull.road import pull
from warehouse.home import Home

DATASET = "hr/pension"
SOURCE = {"kind": "postgresql", "view": "office.v_pension"}


@pytest.fixture
def office(database: Connection) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(host=database.host, user="postgres", dbname="postgres", autocommit=True) as owner:
        owner.execute("""
            DROP SCHEMA IF EXISTS office CASCADE; CREATE SCHEMA office;
            CREATE TABLE office.paid (
                aac001 text, aac002 text, aac003 text, aic160 text, aae019 numeric(10, 2), aae116 text, aae036 timestamp(0));
            INSERT INTO office.paid
            SELECT n::text, NULL, '王小明', '202001', 3000 + n, '1', timestamp '2026-11-20 08:00:00' + n * interval '1 second'
            FROM generate_series(1, 30000) AS n;
            CREATE VIEW office.v_pension AS SELECT * FROM office.paid""")
        yield owner


def landed(landing: Path) -> list[dict[str, Any]]:
    files = sorted(landing.glob("hr/pension/*/*.parquet"))
    rows: list[dict[str, Any]] = pq.read_table(files[-1]).to_pylist()
    return rows


def test_a_view_lands_and_is_taken_in(
    database: Connection, office: Any, bring: Pull, tmp_path: Path, own_contracts: Contracts
) -> None:
    (pulled,) = bring(DATASET, SOURCE, database)
    assert pulled.status == "landed", pulled.reason
    assert len(landed(tmp_path / "landing")) == 30_000
    assert {p.status for p in bring(DATASET, SOURCE, database)} == {"up_to_date"}
    (folder,) = (tmp_path / "landing" / DATASET).glob("[0-9]*")
    from transforms.pull.arrival import day_of  # noqa: PLC0415

    report = Landing(tmp_path / "landing", own_contracts).take_in(Home(tmp_path / "home"), DATASET, day_of(folder.name))
    assert (report.status, report.accepted, report.reason) == ("accepted", 30_000, "")
    row = pq.read_table(report.normalised, filters=[("record_key", "=", "7")]).to_pylist()[0]
    assert (row["name"], str(row["updated_at"])) == ("王小明", "2026-11-20 08:00:07")


def test_views_of_one_connection_show_one_moment(
    database: Connection, office: Any, tmp_path: Path, own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that come between two views are in neither."""
    from transforms.pull import view  # noqa: PLC0415

    contracts = pulled_from(own_contracts, DATASET, SOURCE)
    insured = contracts.dataset("hr/insured").model_copy(update={"pulled_from": contracts.dataset(DATASET).pulled_from})
    contracts = contracts.model_copy(update={"datasets": (insured, contracts.dataset(DATASET))})
    write = view._write

    def late(*arguments: Any) -> int:
        rows = write(*arguments)
        office.execute("INSERT INTO office.paid SELECT 'late', NULL, '王小明', '202001', 1, '1', now()")
        return rows

    monkeypatch.setattr(view, "_write", late)
    assert [p.status for p in pull(tmp_path / "landing", contracts, lambda _: database, patience=HASTE)] == ["landed"] * 2
    counts = [pq.read_metadata(f).num_rows for f in (tmp_path / "landing").rglob("*.parquet")]
    assert counts == [30_000, 30_000]


def test_a_delta_takes_what_is_not_older_than_the_watermark(
    database: Connection, office: Any, tmp_path: Path, own_contracts: Contracts
) -> None:
    contracts = pulled_from(own_contracts, DATASET, SOURCE | {"watermark": "aae036"})
    dataset = contracts.dataset(DATASET)
    delta = dataset.model_copy(update={"delivery": dataset.delivery.model_copy(update={"mode": "delta", "cadence": "daily"})})
    contracts = contracts.model_copy(update={"datasets": (delta,)})
    pull(tmp_path / "landing", contracts, lambda _: database, patience=HASTE)
    (first,) = (tmp_path / "landing" / DATASET).glob("[0-9]*")
    yesterday = first.with_name("20200101")
    first.rename(yesterday)
    told = (yesterday / ".receipt.json").read_text().replace(f"{first.name[:4]}-{first.name[4:6]}-{first.name[6:]}", "2020-01-01")
    (yesterday / ".receipt.json").write_text(told)
    office.execute("INSERT INTO office.paid SELECT 'new', NULL, '王小明', '202001', 1, '1', timestamp '2026-12-01 00:00:00'")
    (pulled,) = pull(tmp_path / "landing", contracts, lambda _: database, patience=HASTE)
    assert pulled.status == "landed"
    assert [r["aac001"] for r in landed(tmp_path / "landing")] == ["30000", "new"]


def test_a_view_that_is_gone_is_said_and_changed_columns_are_left_to_the_taking_in(
    database: Connection, office: Any, bring: Pull, tmp_path: Path
) -> None:
    (failed,) = bring(DATASET, SOURCE | {"view": "office.v_gone"}, database)
    assert "UndefinedTable" in failed.reason
    office.execute("CREATE VIEW office.v_other AS SELECT aac001 FROM office.paid LIMIT 3")
    (pulled,) = bring(DATASET, SOURCE | {"view": "office.v_other"}, database)
    assert pulled.status == "landed"
    assert landed(tmp_path / "landing") == [{"aac001": str(n)} for n in (1, 2, 3)]


@contextmanager
def met(office: psycopg.Connection[Any], what: str, times: int) -> Iterator[None]:
    """Stop, or end, the database's process that reads the view, as often as it does so."""
    done, stopped = Event(), set[int]()

    def meet() -> None:
        while not done.wait(0.01) and times > len(stopped):
            found = office.execute("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'FETCH%'").fetchall()
            for (pid,) in found:
                if pid not in stopped:
                    os.kill(pid, {"stands still": signal.SIGSTOP, "ends": signal.SIGTERM}[what])
                    stopped.add(pid)

    meeting = Thread(target=meet)
    meeting.start()
    try:
        yield
    finally:
        done.set()
        meeting.join()
        assert stopped
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["stands still", "ends"])
def test_a_database_that_stands_still_or_cuts_off_is_outlived_or_told_in_time(
    what: str, database: Connection, office: Any, bring: Pull, tmp_path: Path
) -> None:
    office.execute("CREATE VIEW office.v_slow AS SELECT * FROM office.paid WHERE pg_sleep(0.002) IS NOT NULL LIMIT 200")
    source, hasty = SOURCE | {"view": "office.v_slow"}, replace(HASTE, silence=0.1)
    with met(office, what, times=HASTE.tries):
        (failed,) = bring(DATASET, source, database, hasty)
    assert (failed.status, failed.reason) == (
        "failed",
        "connection pg_test: the database cannot be reached, or the connection broke",
    )
    assert not list((tmp_path / "landing").glob(f"{DATASET}/[0-9]*"))
    with met(office, what, times=1):
        (pulled,) = bring(DATASET, source, database, hasty)
    assert pulled.status == "landed", pulled.reason
    assert len(landed(tmp_path / "landing")) == 200


def test_a_database_that_is_not_there_is_said(bring: Pull, tmp_path: Path) -> None:
    gone = Connection("hr_database", "postgres", "127.0.0.1", 1, "x", "secret-of-the-office", schema="x")
    (failed,) = bring(DATASET, SOURCE, gone)
    assert "connection hr_database" in failed.reason
    assert "secret-of-the-office" not in failed.reason
