"""Keys of subscribers: from the environment or from files that only the operator reads, never from the repository."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Literal

from warehouse.durable import sync
from warehouse.faults import RenkouError
from warehouse.home import Home

Use = Literal["pseudonym", "parquet"]
LENGTHS: dict[Use, int] = {"pseudonym": 32, "parquet": 32}


def key_of(home: Home, subscriber: str, use: Use) -> bytes:
    """A subscriber's key: 32 bytes, for pseudonyms (SM3) or for files (AES-256-GCM of Parquet), written as hex.

    ``RENKOU_KEY_<SUBSCRIBER>_<USE>`` names it, else the file ``<subscriber>.<use>`` in ``RENKOU_SUBSCRIBER_KEYS`` (by default
    ``keys`` in the home); one that is not there is made, once. Raises RenkouError for a key that is none.
    """
    variable = f"RENKOU_KEY_{re.sub(r'[^A-Z0-9]', '_', subscriber.upper())}_{use.upper()}"
    if given := os.environ.get(variable):
        return _read(given, variable, use)
    folder = Path(os.environ.get("RENKOU_SUBSCRIBER_KEYS", home.root / "keys"))
    path = folder / f"{subscriber}.{use}"
    if not path.exists():
        _make(path, use)
    return _read(path.read_text(encoding="ascii"), str(path), use)


def _make(path: Path, use: Use) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(LENGTHS[use]) + "\n")
    sync(partial)
    partial.replace(path)
    sync(path.parent)


def _read(text: str, place: str, use: Use) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != LENGTHS[use]:
        raise RenkouError(f"{place}: no key of {LENGTHS[use]} bytes as hex; make one with openssl rand -hex {LENGTHS[use]}")
    return key
