"""A file of entries that only grows: one JSON object a line, each bearing the digest of the line before.

An entry is there whole and on the disk, or not at all: a line that a power cut tore has no end, and is cut off by the next
writer. A line that was changed or taken out afterwards breaks the chain, and reading says so.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from warehouse.durable import one_at_a_time, sync
from warehouse.faults import RenkouError

Entry = dict[str, Any]
FIRST = "0" * 16


class Journal:
    """The entries of one file, oldest first."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Everything that was ever written down. Raises RenkouError when the file was changed by another hand."""
        return [entry for entry, _ in self._read()]

    def digest(self) -> str:
        """Of all entries together: the same file, the same digest."""
        found = self._read()
        return found[-1][1] if found else FIRST

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The only writer there is, till the end of the block; what it reads stays true while it writes."""
        with one_at_a_time(self.path.parent):
            yield Writer(self)

    def _read(self) -> list[tuple[Entry, str]]:
        if not self.path.exists():
            return []
        found: list[tuple[Entry, str]] = []
        before = FIRST
        for number, line in enumerate(self._whole_lines(), start=1):
            entry = _entry(line)
            if entry is None or entry.get("after") != before:
                raise RenkouError(
                    f"{self.path}, line {number}: does not follow from the line before, so the file was changed by hand;"
                    " restore it from the backup"
                )
            before = _digest(line)
            found.append((entry, before))
        return found

    def _whole_lines(self) -> list[bytes]:
        return self.path.read_bytes().split(b"\n")[:-1]


class Writer:
    """Adds entries to a journal; made by ``Journal.writing`` alone."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, entry: Entry) -> None:
        """Write one entry down; when this answers, it is on the disk."""
        journal = self._journal
        line = json.dumps({"after": journal.digest()} | entry, ensure_ascii=False).encode()
        is_new = not journal.path.exists()
        handle = os.open(journal.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            _cut_torn_line(handle, journal.path)
            os.lseek(handle, 0, os.SEEK_END)
            if os.write(handle, line + b"\n") <= len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(journal.path))
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            sync(journal.path.parent)


def _cut_torn_line(handle: int, path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.ftruncate(handle, whole)


def _entry(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]
