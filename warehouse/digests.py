"""SM3 (GB/T 32905) digests, and seals by a key that only this machine's pipeline can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import constant_time, hashes, hmac


def sm3(content: bytes) -> str:
    """The digest as 64 hexadecimal digits."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def sealed(key: bytes, content: bytes) -> str:
    """HMAC-SM3 (GB/T 15852.2) as 64 hexadecimal digits."""
    seal = hmac.HMAC(key, hashes.SM3())
    seal.update(content)
    return seal.finalize().hex()


def same(one: str, other: str) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ."""
    return constant_time.bytes_eq(one.encode(), other.encode())


def own_key(path: Path) -> bytes:
    """The key in ``path``, made at the first call; only its owner may read the file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(made, path)  # the first process to come gives the key to all
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_bytes()
