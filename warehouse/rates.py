"""How often a key may ask, or an address fail, counted over all processes that answer."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from pathlib import Path

from warehouse.digests import sm3

SLOTS = 4096
TRIED = 32
_SLOT = struct.Struct("<8sd")


class Rates:
    """A token bucket for each key in a file that the processes share; it holds what may be asked in ten seconds.

    A slot of the file holds the beginning of a key's digest and the moment at which its bucket is full again; from then on the
    slot is free. A key lies in one of ``TRIED`` slots; where all are taken by others, the one that is full soonest gives way.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._handle, SLOTS * _SLOT.size)
        self._shared = mmap.mmap(self._handle, SLOTS * _SLOT.size)

    def wait(self, key_id: str, rate: int, take: int = 1) -> float:
        """Seconds until the key may ask again, of ``rate`` calls a minute; 0 counts ``take`` calls."""
        digest = bytes.fromhex(sm3(key_id.encode()))
        per_second, most = rate / 60, max(1.0, rate / 6)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            now = time.time()
            place, full_at = self._find(digest, now)
            missing = min(most, max(0.0, full_at - now) * per_second)
            lacking = max(0.0, missing + 1 - most)
            taken = 0 if lacking else take
            if missing or taken:
                _SLOT.pack_into(self._shared, place, digest[:8], now + (missing + taken) / per_second)
            return lacking / per_second
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def _find(self, digest: bytes, now: float) -> tuple[int, float]:
        """Where in the file the key's slot is, or may be, and when its bucket is full."""
        first = int.from_bytes(digest[:4], "big")
        soonest, soonest_at = 0, float("inf")
        for place in ((first + step) % SLOTS * _SLOT.size for step in range(TRIED)):
            held, full_at = _SLOT.unpack_from(self._shared, place)
            if held == digest[:8]:
                return place, full_at
            if full_at < soonest_at:
                soonest, soonest_at = place, full_at
        return soonest, now
