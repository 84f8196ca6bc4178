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
_BUCKET = struct.Struct("<dd")


class Rates:
    """A token bucket for each key in a file that the processes share; it holds what may be asked in ten seconds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._handle, SLOTS * _BUCKET.size)
        self._shared = mmap.mmap(self._handle, SLOTS * _BUCKET.size)

    def wait(self, key_id: str, rate: int, take: int = 1) -> float:
        """Seconds until the key may ask again, of ``rate`` calls a minute; 0 counts ``take`` calls."""
        slot = int(sm3(key_id.encode())[:8], 16) % SLOTS * _BUCKET.size
        per_second, most = rate / 60, max(1.0, rate / 6)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            left, at = _BUCKET.unpack_from(self._shared, slot)
            now = time.time()
            left = most if at == 0 else min(most, left + max(0.0, now - at) * per_second)
            allowed = left >= 1
            _BUCKET.pack_into(self._shared, slot, left - take * allowed, now)
            return 0.0 if allowed else (1 - left) / per_second
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
