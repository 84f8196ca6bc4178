"""Who of one machine is at work on a copy of a home: locks on files beside it, which the system gives back when a process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.object_store import BusyError


class MachineLocks:
    """Locks in the folder ``beside`` the copy of the home at ``address``."""

    def __init__(self, beside: Path, address: str) -> None:
        self._beside, self._address = beside, address

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Wait until nobody else does what is called so."""
        with (self._beside / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def writing(self, part: str) -> Iterator[None]:
        """Be the one who writes a part. Raises BusyError, which names the process that does."""
        with (self._beside / f"part-{part}.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise BusyError(
                    f"{self._address}: {part} is being written by process {lock.read() or '?'} of this machine; wait until it has ended"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def unlocked(self, parts: Iterable[str]) -> list[str]:
        """Those of the parts that no process of this machine is writing."""
        found = []
        for part in parts:
            with (self._beside / f"part-{part}.lock").open("a") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    found.append(part)
                except BlockingIOError:
                    continue
        return found
