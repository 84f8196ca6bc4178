"""What one source raises, of whatever kind, is told, and the others go on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import TypeAdapter

from contracts.model import Contracts, Source
from tests.support.landing import Landing
from tests.support.servers import TOKEN, Api
from tests.transforms.pull.conftest import HASTE, Pull
from transforms.pull import Connection, Pulled, view
from transforms.pull.road import pull

FIRST, BEHIND = "health/birth", "police/resident"
PAGES = {"kind": "http", "path": "/v1/birth"}
FILES = {"kind": "sftp", "path": f"{BEHIND}/{{day}}", "settled": 0}
NOBODY = Connection("share", "fs", extra={"path": "/nowhere"})
VALUE = "330102199001011234"


@pytest.fixture
def offered_file(offered: Path, own_contracts: Contracts) -> None:
    Landing(offered, own_contracts).put(BEHIND, [{"resident_no": "1", "name": "某某"}], date(2026, 11, 20))


@pytest.fixture
def both(tmp_path: Path, own_contracts: Contracts, sftp_server: Connection, offered_file: None) -> Any:
    """Pull a dataset of the connection that is given, and behind it one from a server that is well."""

    def both(dataset_id: str, source: dict[str, Any], connection: Any) -> list[Pulled]:
        sources = {dataset_id: source | {"connection": "a_first"}, BEHIND: FILES | {"connection": "behind"}}
        typed: Any = {name: TypeAdapter(Source).validate_python(told) for name, told in sources.items()}
        datasets = tuple(d.model_copy(update={"pulled_from": typed.get(d.id)}) for d in own_contracts.datasets)
        contracts = own_contracts.model_copy(update={"datasets": datasets})

        def lookup(name: str) -> Connection:
            if name == "behind":
                return sftp_server
            if isinstance(connection, Exception):
                raise connection
            return connection

        return pull(tmp_path / "landing", contracts, lookup, patience=HASTE)

    return both


def told(found: list[Pulled]) -> str:
    """What is said of the one that failed; the one behind it has landed."""
    (failed,) = [p for p in found if p.status == "failed"]
    assert [(p.subject, p.status) for p in found if p is not failed] == [(f"{BEHIND}/20261120", "landed")]
    assert TOKEN not in failed.reason
    assert VALUE not in failed.reason
    return failed.reason


def test_a_value_that_a_view_cannot_compute_is_told_without_it(both: Any, database: Connection) -> None:
    with psycopg.connect(host=database.host, user="postgres", dbname="postgres", autocommit=True) as owner:
        owner.execute("DROP VIEW IF EXISTS v_broken")
        owner.execute(f"CREATE VIEW v_broken AS SELECT n::text AS aac001, ('{VALUE}' || n)::date AS aae036 FROM generate_series(1, 3) AS n")
    reason = told(both("hr/pension", {"kind": "postgresql", "view": "v_broken"}, database))
    assert re.fullmatch(r"connection pg_test: v_broken: the database says \w+; ask the department about the view", reason)


def test_half_a_character_is_told(both: Any) -> None:
    with Api({"/v1/birth": [[{"child_name": "某\ud800"}]]}) as api:
        api.escaped = True
        reason = told(both(FIRST, PAGES, api.connection()))
    assert reason == "connection api_test: /v1/birth: an item has half a character in it (a lone surrogate); ask the department"


@pytest.mark.parametrize("following", [{"a": 1}, ["1"], 1.5])
def test_a_cursor_that_is_none_is_told(following: Any, both: Any) -> None:
    with Api({"/v1/birth": [[{"child_name": "某"}]]}) as api:
        api.next = lambda _: following
        assert "as agreed; ask the department" in told(both(FIRST, PAGES, api.connection()))


def test_certificates_that_are_not_there_are_told(both: Any, tmp_path: Path) -> None:
    nothing = tmp_path / "ca.pem"
    nothing.touch()
    for ca in (tmp_path / "none.pem", nothing):
        with Api({}) as api:
            connection = replace(api.connection(), schema="https", extra={"ca": str(ca)})
            (failed,) = [p for p in both(FIRST, PAGES, connection) if p.status == "failed"]
        assert f"connection api_test: its ca {ca} holds no certificate that can be read" in failed.reason


@pytest.mark.parametrize("extra", [{"host_key": "AAAA"}, {"private_key": "AAAA"}, {"key_file": "/none/id"}])
def test_keys_that_cannot_be_read_are_told(extra: dict[str, str], bring: Pull, sftp_server: Connection) -> None:
    (failed,) = bring(BEHIND, FILES, replace(sftp_server, extra=sftp_server.extra | extra))
    (name,) = extra
    assert re.fullmatch(rf"connection sftp_test: its {name} is no key that can be read \(\w+\); mend its setting", failed.reason)
    assert "AAAA" not in failed.reason


@pytest.mark.parametrize("where", ["lookup", "pages"])
def test_what_nobody_foresaw_is_told_with_its_kind_and_place_and_shown_whole_where_that_is_asked_for(
    where: str, both: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raising(*_: object) -> None:
        raise KeyError(VALUE)

    monkeypatch.delenv("RENKOU_DEBUG", raising=False)
    monkeypatch.setattr("transforms.pull.road.pull_pages", raising)
    connection = KeyError(VALUE) if where == "lookup" else NOBODY
    reason = told(both(FIRST, PAGES, connection))
    place = r"road\.py:\d+" if where == "lookup" else r"\w+\.py:\d+"
    assert re.match(rf"connection \w+: KeyError at {place}, which nobody foresaw; look at the connection's setting", reason)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("RENKOU_DEBUG", "1")
    both(FIRST, PAGES, connection)
    assert f"KeyError: '{VALUE}'" in capsys.readouterr().err


def test_a_view_that_fails_keeps_no_other_of_its_database_back(
    database: Connection, own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(host=database.host, user="postgres", dbname="postgres", autocommit=True) as owner:
        owner.execute("CREATE OR REPLACE VIEW v_well AS SELECT 'a' AS aac001")
        owner.execute("CREATE OR REPLACE VIEW v_odd AS SELECT 'a' AS aac002")
    views = {"hr/insured": "v_odd", "hr/pension": "v_well"}
    typed: Any = {n: TypeAdapter(Source).validate_python({"kind": "postgresql", "connection": "x", "view": v}) for n, v in views.items()}
    datasets = tuple(d.model_copy(update={"pulled_from": typed.get(d.id)}) for d in own_contracts.datasets)
    write = view._write

    def odd(database: Any, query: Any, names: list[str], file: Path) -> int:
        return write(database, query, names, file) if names == ["aac001"] else int(VALUE + "x")

    monkeypatch.setattr(view, "_write", odd)
    found = pull(tmp_path / "landing", own_contracts.model_copy(update={"datasets": datasets}), lambda _: database, patience=HASTE)
    assert [p.status for p in found] == ["failed", "landed"]
    assert "hr/insured" in found[0].subject
    assert "ValueError" in found[0].reason
