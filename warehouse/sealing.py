"""Files sealed with SM4-GCM (GB/T 32907, NIST SP 800-38D): nobody reads or changes them without the key.

A sealed file is a header (magic, key's name, 8 random bytes), then pieces of 1 MiB, each with its tag. A piece's number and whether it
is the last are authenticated with it, so that pieces cannot be swapped and an end cut off is noticed.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from warehouse.faults import RenkouError

MAGIC = b"renkou-sealed-1\n"
PIECE, TAG = 1 << 20, 16
KEY_LINE = re.compile(r"([A-Za-z0-9_.-]{1,32}):([0-9a-fA-F]{32})")


@dataclass(frozen=True)
class Keys:
    """Keys by name, the first for sealing, all for opening: a new key is put first, the old ones stay until all is resealed."""

    current: str
    by_name: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Keys({', '.join(self.by_name)})"

    @classmethod
    def from_environment(cls) -> Keys | None:
        """The keys of the file that ``RENKOU_KEYS`` names; None without one."""
        named = os.environ.get("RENKOU_KEYS")
        return cls.read(Path(named)) if named else None

    @classmethod
    def read(cls, named: Path) -> Keys:
        """The keys of a file, one ``name:32 hexadecimal digits`` a line. Raises RenkouError."""
        try:
            lines = [line.strip() for line in named.read_text(encoding="utf-8").splitlines()]
        except OSError as error:
            raise RenkouError(f"{named}: {error.strerror}; RENKOU_KEYS names the file of keys") from None
        found = [KEY_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
        if not found or not all(found):
            raise RenkouError(f"{named}: a line is not name:32 hexadecimal digits; make a key with: openssl rand -hex 16")
        keys = {m[1]: bytes.fromhex(m[2]) for m in found if m}
        return cls(next(iter(keys)), keys)


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def key_name(path: Path) -> str:
    """The name of the key that a sealed file needs."""
    with path.open("rb") as file:
        return _header(file, path)[0]


class SealingWriter:
    """A file object that seals what is written to it; closing it writes the last piece."""

    def __init__(self, file: IO[bytes], keys: Keys) -> None:
        self._file, self._key = file, keys.by_name[keys.current]
        self._salt, self._number, self._held = os.urandom(8), 0, bytearray()
        name = keys.current.encode()
        file.write(MAGIC + struct.pack("B", len(name)) + name + self._salt)

    def write(self, content: bytes) -> int:
        self._held += content
        while len(self._held) > PIECE:
            self._piece(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(content)

    def close(self) -> None:
        self._piece(bytes(self._held), last=True)

    def _piece(self, content: bytes, *, last: bool) -> None:
        engine = Cipher(SM4(self._key), GCM(_nonce(self._salt, self._number))).encryptor()
        engine.authenticate_additional_data(_place(self._number, last))
        self._file.write(engine.update(content) + engine.finalize() + engine.tag)
        self._number += 1


def opened(path: Path, keys: Keys | None) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece. Raises RenkouError when the key is missing, or a byte is not as sealed."""
    with path.open("rb") as file:
        name, salt = _header(file, path)
        if keys is None or name not in keys.by_name:
            raise RenkouError(
                f"{path}: sealed with key {name}, which RENKOU_KEYS does not have; put that key's line back into the file of keys."
                " Without it nobody can open this"
            )
        number, piece = 0, file.read(PIECE + TAG)
        while True:
            following = file.read(PIECE + TAG)
            yield _open_piece(path, keys.by_name[name], _nonce(salt, number), piece, _place(number, not following))
            if not following:
                return
            number, piece = number + 1, following


def content_of(path: Path, keys: Keys | None) -> Iterator[bytes]:
    """The content of a file, sealed or not. Raises RenkouError as ``opened`` does."""
    if is_sealed(path):
        yield from opened(path, keys)
        return
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _open_piece(path: Path, key: bytes, nonce: bytes, piece: bytes, place: bytes) -> bytes:
    try:
        engine = Cipher(SM4(key), GCM(nonce, piece[-TAG:])).decryptor()
        engine.authenticate_additional_data(place)
        return engine.update(piece[:-TAG]) + engine.finalize()
    except (InvalidTag, ValueError):
        raise RenkouError(
            f"{path}: cut off or changed since it was sealed, or the key of that name is another one now; use another copy, or that key"
        ) from None


def _header(file: IO[bytes], path: Path) -> tuple[str, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise RenkouError(f"{path}: not a sealed file")
    length = file.read(1)
    return file.read(length[0]).decode("ascii", "replace"), file.read(8)


def _nonce(salt: bytes, number: int) -> bytes:
    return salt + struct.pack(">I", number)


def _place(number: int, last: bool) -> bytes:
    return struct.pack(">I?", number, last)
