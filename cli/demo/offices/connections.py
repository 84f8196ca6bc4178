"""What the offices and the pipeline must both know: addresses, one password, the SFTP servers' key."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import asyncssh

from contracts.model import BucketSource, Contracts, PagesSource, Source, ViewSource

LOGIN = "renkou"
REGION = "us-east-1"


def connections_file(folder: Path) -> Path:
    """Where all connections stand, as Airflow reads them."""
    return folder / "connections.json"


def password_file(folder: Path) -> Path:
    """Where the password stands that all the offices share."""
    return folder / "password"


def write_connections(folder: Path, contracts: Contracts, at: dict[str, str]) -> None:
    """Make up a password and a key, and say how every connection of the contracts is reached; ``at`` has ``host:port`` by name.

    A password that was made stays: PostgreSQL takes one when its data are first laid out, and no other later.
    """
    password, key = password_file(folder), host_key_file(folder)
    if not password.exists():
        password.write_text(secrets.token_hex(16), encoding="utf-8")
        # the images of PostgreSQL and MinIO read it as users of their own
        password.chmod(0o644)
    if not key.exists():
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(key))
        key.chmod(0o600)
    sources = {d.pulled_from.connection: d.pulled_from for d in contracts.datasets if d.pulled_from}
    told = {name: _connection(folder, name, source, at) for name, source in sources.items()}
    partial = folder / ".connections.json"
    partial.write_text(json.dumps(told, indent=1), encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(connections_file(folder))


def read_connection(folder: Path, name: str) -> dict[str, Any]:
    """One connection. Raises KeyError when no contract names it."""
    told: dict[str, Any] = json.loads(connections_file(folder).read_text(encoding="utf-8"))[name]
    return told


def host_key_file(folder: Path) -> Path:
    """Where the private key stands that the SFTP servers answer with."""
    return folder / "host_key"


def _connection(folder: Path, name: str, source: Source, at: dict[str, str]) -> dict[str, Any]:
    if source.kind == "folder":
        return {"conn_type": "fs", "extra": {"path": str(folder / name)}}
    host, _, port = at[name].rpartition(":")
    password = password_file(folder).read_text(encoding="utf-8")
    if isinstance(source, BucketSource):
        extra = {"endpoint_url": f"http://{host}:{port}", "region_name": REGION}
        return {"conn_type": "aws", "login": LOGIN, "password": password, "extra": extra}
    reached = {"host": host, "port": int(port), "password": password}
    if isinstance(source, PagesSource):
        return {"conn_type": "http", "schema": "http"} | reached
    if isinstance(source, ViewSource):
        return {"conn_type": "postgres", "login": LOGIN, "schema": LOGIN} | reached
    public = asyncssh.read_private_key(str(host_key_file(folder))).export_public_key().decode().strip()
    return {"conn_type": "sftp", "login": LOGIN, "extra": {"host_key": public}} | reached
