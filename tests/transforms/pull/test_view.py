"""PostgreSQL views, from a real server."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from contracts.model import Contracts
from tests.support.landing import Landing
from tests.transforms.pull.conftest import HASTE, Pull, pulled_from
from transforms.pull import Connection, Pulled, view
from transforms.pull.arrival import RECEIPT
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


def changes_of(own_contracts: Contracts, view: str, watermark: str) -> Contracts:
    """The contracts with one view alone, of which what has changed is asked for every day."""
    contracts = pulled_from(own_contracts, DATASET, SOURCE | {"view": view, "watermark": watermark})
    dataset = contracts.dataset(DATASET)
    delta = dataset.model_copy(update={"delivery": dataset.delivery.model_copy(update={"mode": "delta", "cadence": "daily"})})
    return contracts.model_copy(update={"datasets": (delta,)})


def a_day_later(landing: Path) -> None:
    """What was pulled was pulled a day earlier."""
    for folder in sorted((landing / DATASET).glob("[0-9]*")):
        receipt = json.loads((folder / RECEIPT).read_text())
        day = date.fromisoformat(receipt["day"]) - timedelta(days=1)
        (folder / RECEIPT).write_text(json.dumps(receipt | {"day": day.isoformat()}))
        folder.rename(folder.with_name(f"{day:%Y%m%d}"))


def test_a_delta_takes_what_is_not_older_than_the_watermark(
    database: Connection, office: Any, tmp_path: Path, own_contracts: Contracts
) -> None:
    contracts = changes_of(own_contracts, "office.v_pension", "aae036")
    pull(tmp_path / "landing", contracts, lambda _: database, patience=HASTE)
    a_day_later(tmp_path / "landing")
    office.execute("INSERT INTO office.paid SELECT 'new', NULL, '王小明', '202001', 1, '1', timestamp '2026-11-21 00:00:00'")
    (pulled,) = pull(tmp_path / "landing", contracts, lambda _: database, patience=HASTE)
    assert (pulled.status, pulled.reason) == ("landed", "")
    assert [r["aac001"] for r in landed(tmp_path / "landing")] == [*map(str, range(29_700, 30_001)), "new"]


NAMED = "SELECT no AS aac001, changed FROM office.change"
Later = Callable[..., tuple[list[str], Pulled]]


@pytest.fixture
def later(database: Connection, office: Any, tmp_path: Path, own_contracts: Contracts) -> Later:
    """Put rows into a view whose watermark is of some type, and pull what has changed, a day after the last pull."""
    contracts, landing = changes_of(own_contracts, "office.v_change", "changed"), tmp_path / "landing"

    def later(kind: str, *rows: tuple[str, str | None]) -> tuple[list[str], Pulled]:
        if not landing.exists():
            office.execute(f"CREATE TABLE office.change (no text, changed {kind}); CREATE VIEW office.v_change AS {NAMED}")
        for no, changed in rows:
            office.execute(f"INSERT INTO office.change VALUES (%s, %s::text::{kind.partition(' COLLATE')[0]})", [no, changed])
        a_day_later(landing)
        (pulled,) = pull(landing, contracts, lambda _: database, patience=HASTE)
        assert pulled.status == "landed", pulled.reason
        return sorted(row["aac001"] for row in landed(landing)), pulled

    return later


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("bigint", ["7", "8", "9"], ["10", "11", "12"]),
        ("numeric", ["9.5"], ["10.25"]),
        ("date", ["2026-11-20"], ["2026-11-21"]),
        ("timestamp", ["2026-11-20 09:00:00.000001"], ["2026-11-20 09:05:00.000001"]),
        ("timestamptz", ["2026-11-20 09:00:00+08"], ["2026-11-20 02:00:00+00"]),
        ("text", ["2026-11-20 09:00:00"], ["2026-11-20 09:00:01"]),
        ("text COLLATE \"C\"", ["a"], ["b"]),
        ("char(20)", ["2026-11-20"], ["2026-11-21"]),
    ],
)
def test_what_is_newer_is_asked_in_the_columns_own_type(kind: str, before: list[str], after: list[str], later: Later) -> None:
    assert later(kind, *((f"a{n}", told) for n, told in enumerate(before)))[0] == [f"a{n}" for n in range(len(before))]
    newest = f"a{len(before) - 1}"
    assert later(kind, *((f"b{n}", told) for n, told in enumerate(after)))[0] == [newest, *(f"b{n}" for n in range(len(after)))]
    found, _ = later(kind)
    assert found == ([newest] if kind == "timestamp" else []) + [f"b{len(after) - 1}"]


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_what_was_being_written_at_the_last_pull_is_not_missed(kind: str, later: Later) -> None:
    later(kind, ("a", "2026-11-20 09:00:00"))
    assert later(kind, ("written long", "2026-11-20 08:57:00"), ("old", "2026-11-20 08:54:59"))[0] == ["a", "written long"]


def test_a_row_that_does_not_tell_when_it_changed_comes_always(later: Later) -> None:
    later("timestamp", ("a", "2026-11-20 09:00:00"))
    assert later("timestamp", ("b", None), ("c", "2026-11-21 09:00:00"))[0] == ["a", "b", "c"]
    assert later("timestamp")[0] == ["b", "c"]


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "date", "text"])
def test_a_change_that_lies_ahead_is_told_and_hides_none_that_comes_later(kind: str, later: Later) -> None:
    _, pulled = later(kind, ("a", "2062-11-20"), ("b", "2026-11-20"))
    assert pulled.reason.startswith("connection pg_test: office.v_change: in 1 rows changed lies later than tomorrow")
    found, pulled = later(kind, ("c", "2026-11-21"))
    assert found == ["a", "b", "c"]
    assert "later than tomorrow" in pulled.reason


def test_a_watermark_of_before_that_lies_ahead_or_is_of_another_type_is_not_asked_for(later: Later, office: Any, tmp_path: Path) -> None:
    later("timestamp", ("a", "2026-11-20 09:00:00"))
    (receipt,) = tmp_path.glob(f"landing/{DATASET}/*/{RECEIPT}")
    receipt.write_text(receipt.read_text().replace('"2026-11-20T09:00:00"', '"2062-11-20 09:00:00"'))
    assert later("timestamp", ("b", "2026-11-19 09:00:00"))[0] == ["a", "b"]
    office.execute("DROP TABLE office.change CASCADE; CREATE TABLE office.change (no text, changed bigint)")
    office.execute(f"CREATE VIEW office.v_change AS {NAMED}")
    assert later("bigint", ("c", "1"))[0] == ["c"]


def test_a_moment_is_one_whatever_the_time_zone_and_the_style_of_dates_of_the_session(later: Later, office: Any) -> None:
    try:
        office.execute("ALTER ROLE postgres SET timezone = 'Asia/Shanghai'; ALTER ROLE postgres SET datestyle = 'SQL, DMY'")
        later("timestamptz", ("a", "2026-11-05 08:00:00+08"))
        office.execute("ALTER ROLE postgres SET timezone = 'UTC'; ALTER ROLE postgres SET datestyle = 'SQL, MDY'")
        found, _ = later("timestamptz", ("b", "2026-11-05 09:00:00+08"), ("c", "2026-11-05 15:00:00+08"), ("old", "2026-11-04 00:00:00+08"))
        assert found == ["a", "b", "c"]
    finally:
        office.execute("ALTER ROLE postgres RESET timezone; ALTER ROLE postgres RESET datestyle")


def test_a_view_that_is_gone_is_said_and_changed_columns_are_left_to_the_taking_in(
    database: Connection, office: Any, bring: Pull, tmp_path: Path
) -> None:
    (failed,) = bring(DATASET, SOURCE | {"view": "office.v_gone"}, database)
    assert "UndefinedTable" in failed.reason
    office.execute("CREATE VIEW office.v_other AS SELECT aac001 FROM office.paid LIMIT 3")
    (pulled,) = bring(DATASET, SOURCE | {"view": "office.v_other"}, database)
    assert pulled.status == "landed"
    assert landed(tmp_path / "landing") == [{"aac001": str(n)} for n in (1, 2, 3)]


def test_only_agreed_columns_land_and_others_are_told_once(
    database: Connection, office: Any, tmp_path: Path, own_contracts: Contracts
) -> None:
    office.execute("CREATE VIEW office.v_more AS SELECT aac001, 'x' AS creed, aae036, aae019 AS \"AAE019\" FROM office.paid LIMIT 1")
    contracts, landing = changes_of(own_contracts, "office.v_more", "aae036"), tmp_path / "landing"
    (pulled,) = pull(landing, contracts, lambda _: database, patience=HASTE)
    assert pulled.status == "landed"
    assert "office.v_more: columns that were not agreed are left there (creed); agree them in the contract" in pulled.reason
    assert landed(landing) == [{"aac001": "1", "aae036": "2026-11-20 08:00:01", "AAE019": "3001.00"}]
    a_day_later(landing)
    (again,) = pull(landing, contracts, lambda _: database, patience=HASTE)
    assert (again.status, again.reason) == ("landed", "")


def test_a_view_without_any_agreed_column_is_told_and_nothing_of_it_lands(
    database: Connection, office: Any, bring: Pull, tmp_path: Path
) -> None:
    office.execute("CREATE VIEW office.v_none AS SELECT 'x' AS creed")
    (failed,) = bring(DATASET, SOURCE | {"view": "office.v_none"}, database)
    assert (failed.status, "has none of the agreed columns" in failed.reason) == ("failed", True)
    assert not list((tmp_path / "landing" / DATASET).glob("[0-9]*"))


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
