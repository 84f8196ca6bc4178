"""Connections without Airflow: from the same environment variables and the same file that Airflow reads.

``AIRFLOW_CONN_<ID>`` holds a URI or JSON; ``RENKOU_CONNECTIONS`` names a JSON file ``{id: URI or object}``, the format of
Airflow's local filesystem backend, so that secrets can be a mounted file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from transforms.pull import Connection, PullError


def from_environment(connection_id: str) -> Connection | None:
    """The connection of that name, or None when it is not set up. Raises PullError when it cannot be read."""
    told: Any = os.environ.get(f"AIRFLOW_CONN_{connection_id.upper()}") or _from_file(connection_id)
    if not told:
        return None
    try:
        return _from_object(connection_id, told) if isinstance(told, dict) else from_text(connection_id, told)
    except (ValueError, TypeError, AttributeError):
        raise PullError(
            f"connection {connection_id}: neither a URI nor JSON with conn_type, host, login, ...; mend its setting"
        ) from None


def from_text(connection_id: str, text: str) -> Connection:
    """A connection as Airflow writes it, ``kind://login:password@host:port/schema?extra`` or JSON."""
    if text.lstrip().startswith("{"):
        return _from_object(connection_id, json.loads(text))
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError("no scheme")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = json.loads(query.pop("__extra__", "{}")) | query
    return Connection(
        id=connection_id,
        kind=parts.scheme,
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        schema=unquote(parts.path.lstrip("/")),
        extra=extra,
    )


def _from_object(connection_id: str, told: dict[str, Any]) -> Connection:
    extra = told.get("extra") or {}
    return Connection(
        id=connection_id,
        kind=told.get("conn_type") or "",
        host=told.get("host") or "",
        port=int(told["port"]) if told.get("port") else None,
        login=told.get("login") or "",
        password=told.get("password") or "",
        schema=told.get("schema") or "",
        extra=json.loads(extra) if isinstance(extra, str) else dict(extra),
    )


def _from_file(connection_id: str) -> Any:
    named = os.environ.get("RENKOU_CONNECTIONS")
    if not named:
        return None
    try:
        return json.loads(Path(named).read_text(encoding="utf-8")).get(connection_id)
    except (OSError, ValueError, AttributeError):
        raise PullError(f"{named}: cannot be read as JSON {{id: connection}}; see RENKOU_CONNECTIONS") from None
