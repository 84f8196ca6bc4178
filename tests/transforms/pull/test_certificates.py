"""A server whose certificate nobody vouches for is no fault that passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.servers import TOKEN, Api
from tests.transforms.pull.conftest import Pull
from transforms.pull import Connection

PAGES = {"kind": "http", "path": "/v1/birth"}
OBJECTS = {"kind": "s3", "bucket": "deliveries", "path": "{day}"}


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was waited before another try."""
    waited = list[Any]()
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


@pytest.fixture
def api() -> Iterator[Api]:
    with Api({"/v1/birth": [[{"op": "upsert", "birth_cert_no": "P1"}]]}) as served:
        yield served


def secure(api: Api, **extra: str) -> Connection:
    return replace(api.connection(), schema="https", extra=extra)


def store(api: Api, **extra: str) -> Connection:
    told = {"endpoint_url": f"https://127.0.0.1:{api.connection().port}", "region_name": "us-east-1"}
    return Connection("store_test", "aws", login="renkou", password=TOKEN, extra=told | extra)


@pytest.mark.parametrize("kind", ["http", "s3"])
@pytest.mark.parametrize("host", ["127.0.0.1", "other.example"])
def test_a_certificate_that_is_not_trusted_is_told_and_not_tried_again(
    kind: str, host: str, api: Api, bring: Pull, tmp_path: Path, tries: list[Any]
) -> None:
    certificate = api.secured(tmp_path, host)
    extra = {} if host == "127.0.0.1" else {"ca": str(certificate)}
    if kind == "http":
        (failed,) = bring("health/birth", PAGES, secure(api, **extra))
    else:
        (failed,) = bring("police/resident", OBJECTS, store(api, **extra))
    assert failed.status == "failed"
    assert "the server's certificate is not trusted (" in failed.reason
    assert {"127.0.0.1": "self-signed certificate", "other.example": "127.0.0.1'"}[host] in failed.reason
    assert "ask the department whether its server was replaced" in failed.reason
    assert TOKEN not in failed.reason
    assert len(tries) == (kind == "s3"), "boto's own second try"


def test_an_authority_that_the_connection_names_is_trusted(api: Api, bring: Pull, tmp_path: Path) -> None:
    certificate = api.secured(tmp_path, "127.0.0.1")
    (pulled,) = bring("health/birth", PAGES, secure(api, ca=str(certificate)))
    assert pulled.status == "landed", pulled.reason


@pytest.mark.parametrize(
    "words",
    [
        "SSL error: certificate verify failed",
        'server certificate for "a" does not match host name "b"',
        'root certificate file "x" does not exist',
    ],
)
def test_so_is_a_databases(words: str, bring: Pull, monkeypatch: pytest.MonkeyPatch, tries: list[Any]) -> None:
    def refused(**_: object) -> None:
        raise psycopg.OperationalError(words)

    monkeypatch.setattr("transforms.pull.view._Impatient.connect", refused)
    (failed,) = bring("hr/pension", {"kind": "postgresql", "view": "v"}, Connection("hr_database", "postgres", "b"))
    assert failed.reason.startswith("connection hr_database: the server's certificate is not trusted; ask the department")
    assert tries == []
