"""A server's clock is believed as long as it goes with ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.servers import Api
from tests.transforms.pull.conftest import Pull
from transforms.pull import Connection
from transforms.pull.arrival import RECEIPT
from warehouse import clock as county

DATASET, SOURCE = "health/birth", {"kind": "http", "path": "/v1/birth"}
VIEW = {"kind": "postgresql", "view": "v_clock"}
OURS = datetime(2026, 11, 23, 1, tzinfo=UTC).astimezone(county.COUNTY)
APART = [timedelta(hours=8), timedelta(hours=-8), timedelta(days=3_652), datetime(1970, 1, 1, tzinfo=UTC) - OURS]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(county, "now", lambda: OURS)
    with Api({"/v1/birth": [[{"op": "upsert", "birth_cert_no": "P1"}]]}) as served:
        yield served


def tells(api: Api, moment: datetime) -> None:
    api.date = format_datetime(moment.astimezone(UTC), usegmt=True)


def not_checked(connection: Connection) -> Connection:
    return replace(connection, extra=connection.extra | {"no_clock_check": "true"})


def receipts(landing: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(landing.rglob(RECEIPT))]


@pytest.mark.parametrize("apart", APART)
def test_a_server_whose_clock_is_far_from_ours_is_told_and_lands_nothing_until_one_of_them_is_right(
    apart: timedelta, api: Api, bring: Pull, tmp_path: Path
) -> None:
    tells(api, OURS + apart)
    (failed,) = bring(DATASET, SOURCE, api.connection())
    assert failed.status == "failed"
    told = f"the server's clock says {OURS + apart:%Y-%m-%d %H:%M} and ours 2026-11-23 09:00;"
    assert failed.reason.startswith(f"connection api_test: {told}")
    assert receipts(tmp_path) == []
    tells(api, OURS)
    (pulled,) = bring(DATASET, SOURCE, api.connection())
    assert (pulled.subject, pulled.status) == (f"{DATASET}/20261123", "landed")


@pytest.mark.parametrize("apart", APART)
def test_where_the_connection_says_that_the_servers_clock_does_not_count_ours_does_and_no_change_is_missed(
    apart: timedelta, api: Api, bring: Pull, tmp_path: Path
) -> None:
    tells(api, OURS + apart)
    (pulled,) = bring(DATASET, SOURCE, not_checked(api.connection()))
    assert (pulled.subject, pulled.status) == (f"{DATASET}/20261123", "landed")
    (receipt,) = receipts(tmp_path)
    assert datetime.fromisoformat(receipt["watermark"]) == min(OURS, OURS + apart) - timedelta(minutes=5)


@pytest.mark.parametrize("date", ["", "garbage", "Mon, 23 Nov 2026 01:20:00 -0000"])
def test_a_server_that_tells_no_time_or_is_some_minutes_off_is_no_fault(date: str, api: Api, bring: Pull) -> None:
    api.date = date or " "
    (pulled,) = bring(DATASET, SOURCE, api.connection())
    assert (pulled.subject, pulled.status) == (f"{DATASET}/20261123", "landed")


def test_a_watermark_that_a_wrong_clock_left_is_not_asked_for(
    api: Api, bring: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tells(api, OURS)
    bring(DATASET, SOURCE, api.connection())
    (receipt,) = tmp_path.rglob(RECEIPT)
    receipt.chmod(0o640)
    receipt.write_text(receipt.read_text().replace("2026-11-23T08:55", "2036-11-23T08:55"))
    monkeypatch.setattr(county, "now", lambda: OURS + timedelta(days=1))
    tells(api, OURS + timedelta(days=1))
    bring(DATASET, SOURCE, api.connection())
    assert api.asked[-1]["since"] == "1970-01-01T00:00:00+08:00"


def test_so_is_a_databases(database: Connection, bring: Pull, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(host=database.host, user="postgres", dbname="postgres", autocommit=True) as owner:
        owner.execute("CREATE OR REPLACE VIEW v_clock AS SELECT '1' AS aac001")
    ours = datetime.now(UTC).astimezone(county.COUNTY) + timedelta(days=3)
    monkeypatch.setattr(county, "now", lambda: ours)
    (failed,) = bring("hr/pension", VIEW, database)
    assert failed.reason.startswith("connection pg_test: the server's clock says ")
    (pulled,) = bring("hr/pension", VIEW, not_checked(database))
    assert (pulled.subject, pulled.status) == (f"hr/pension/{ours:%Y%m%d}", "landed")
