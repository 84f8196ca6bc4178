"""Connections as Airflow writes them, read without Airflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transforms.pull import PullError
from transforms.pull.connections import from_environment

URI = "sftp://renkou:s%40cret@files.example:2222/out?host_key=ssh-ed25519+AAAA"
OBJECT = {
    "conn_type": "sftp",
    "login": "renkou",
    "password": "s@cret",
    "host": "files.example",
    "port": 2222,
    "schema": "out",
    "extra": {"host_key": "ssh-ed25519 AAAA"},
}


@pytest.mark.parametrize("text", [URI, json.dumps(OBJECT), json.dumps(OBJECT | {"extra": json.dumps(OBJECT["extra"])})])
def test_both_forms_say_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_POLICE", text)
    found = from_environment("police")
    assert found
    assert (found.kind, found.host, found.port, found.login, found.password) == ("sftp", "files.example", 2222, "renkou", "s@cret")
    assert (found.schema, found.extra) == ("out", {"host_key": "ssh-ed25519 AAAA"})
    assert "s@cret" not in repr(found)


def test_secrets_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "connections.json").write_text(json.dumps({"police": URI, "hr": OBJECT}))
    monkeypatch.setenv("RENKOU_CONNECTIONS", str(tmp_path / "connections.json"))
    assert from_environment("police")
    assert from_environment("hr")
    assert from_environment("nobody") is None


@pytest.mark.parametrize("text", ["s@cret", "sftp://files:s-cret", '{"conn_type": '])
def test_what_cannot_be_read_is_said_without_its_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_POLICE", text)
    with pytest.raises(PullError, match="connection police") as said:
        from_environment("police")
    assert "cret" not in str(said.value)
