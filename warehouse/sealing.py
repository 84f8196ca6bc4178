"""Files sealed with SM4-GCM (GB/T 32907, NIST SP 800-38D): nobody reads or changes them without the key.

A sealed file is a header (magic, key's name, 8 random bytes), then pieces of 1 MiB, each with its tag. A piece's number and whether it
is the last are authenticated with it, so that pieces cannot be swapped and an end cut off is noticed.
"""

from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from warehouse.faults import RenkouError

MAGIC = b"renkou-sealed-1\n"
PIECE, TAG = 1 << 20, 16
HEADER = len(MAGIC) + 1 + 32 + 8  # at most
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
    """Whether the file is one that a key has sealed."""
    return key_name(path) is not None


def key_name(path: Path) -> str | None:
    """The name of the key that a sealed file needs; None for one that is not sealed."""
    with path.open("rb") as file:
        return key_in(file.read(HEADER))


def key_in(header: bytes) -> str | None:
    """The name of the key that the first ``HEADER`` bytes of a sealed file tell; None when they are not those of one."""
    if not header.startswith(MAGIC) or len(header) == len(MAGIC):
        return None
    return _header(io.BytesIO(header[len(MAGIC) :]))[0]


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


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        taken = self._held[: len(buffer)]
        buffer[: len(taken)] = taken
        self._held = self._held[len(taken) :]
        return len(taken)


def as_file(pieces: Iterator[bytes]) -> IO[bytes]:
    """Bytes that come piece by piece, as a file that is read from front to back."""
    return io.BufferedReader(_Pieces(pieces), PIECE)


def sealed(file: IO[bytes], keys: Keys) -> Iterator[bytes]:
    """What a file reads as when it is sealed, piece by piece."""
    made = io.BytesIO()
    writer = SealingWriter(made, keys)
    while piece := file.read(PIECE):
        writer.write(piece)
        yield made.getvalue()
        made.seek(0)
        made.truncate()
    writer.close()
    yield made.getvalue()


def content(file: IO[bytes], name: str | Path, keys: Keys | None) -> Iterator[bytes]:
    """What a file holds, sealed or not, piece by piece.

    Raises RenkouError, which tells ``name``, when the key is missing, or a byte is not as sealed.
    """
    start = file.read(len(MAGIC))
    if start != MAGIC:
        yield start
        while piece := file.read(PIECE):
            yield piece
        return
    key, salt = _header(file)
    if keys is None or key not in keys.by_name:
        raise RenkouError(
            f"{name}: sealed with key {key}, which RENKOU_KEYS does not have; put that key's line back into the file of keys."
            " Without it nobody can open this"
        )
    number, piece = 0, file.read(PIECE + TAG)
    while True:
        following = file.read(PIECE + TAG)
        yield _open_piece(name, keys.by_name[key], _nonce(salt, number), piece, _place(number, not following))
        if not following:
            return
        number, piece = number + 1, following


def content_of(path: Path, keys: Keys | None) -> Iterator[bytes]:
    """What lies at a path, sealed or not. Raises RenkouError as ``content`` does."""
    with path.open("rb") as file:
        yield from content(file, path, keys)


def _open_piece(name: str | Path, key: bytes, nonce: bytes, piece: bytes, place: bytes) -> bytes:
    try:
        engine = Cipher(SM4(key), GCM(nonce, piece[-TAG:])).decryptor()
        engine.authenticate_additional_data(place)
        return engine.update(piece[:-TAG]) + engine.finalize()
    except (InvalidTag, ValueError):
        raise RenkouError(
            f"{name}: cut off or changed since it was sealed, or the key of that name is another one now; use another copy, or that key"
        ) from None


def _header(file: IO[bytes]) -> tuple[str, bytes]:
    """The key's name and the random bytes that follow the magic."""
    length = file.read(1)
    return file.read(length[0] if length else 0).decode("ascii", "replace"), file.read(8)


def _nonce(salt: bytes, number: int) -> bytes:
    return salt + struct.pack(">I", number)


def _place(number: int, last: bool) -> bytes:
    return struct.pack(">I?", number, last)
