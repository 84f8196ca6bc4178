"""What a home holds at rest, on a disk or on a store that others may get hold of: sealed when there is a key.

Every file lies in the place and under the name that it has in any home. Nothing is worked on here: ``warehouse.working_copy``
opens what a command reads and seals what it wrote. Files that lay here before a key was given are read as they are, until they are
written again or resealed. Names, sizes and times stay visible; what is made for people's eyes and holds no person's data
(``OPEN``) stays open.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from warehouse.faults import RenkouError
from warehouse.folder_store import FolderStore, Written
from warehouse.home import S3, SEALED, Home
from warehouse.object_store import AT_ONCE, Lock, Object, ObjectStore
from warehouse.sealing import HEADER, Keys, as_file, content, key_in, sealed

OPEN = frozenset({"reports", "data_docs", "lineage"})
NAMES_THE_NEWEST = frozenset({"current", "current.duckdb"})
LANDING = "landing"
MARK = b"This home is sealed (SM4-GCM): set RENKOU_KEYS to the file of its keys. See docs/runbooks/backup-and-restore.md.\n"


class AtRest:
    """The files of a home below a folder or a prefix of a bucket, opened when they are got and sealed when they are put."""

    def __init__(self, home: Home) -> None:
        assert home.store is not None
        self._store = ObjectStore(home.store) if home.store.startswith(S3) else FolderStore(home.store)
        self.url, self._is_marked = self._store.url, False
        if _keys() is None and self._store.seen(SEALED):
            raise RenkouError(f"{self.url} is sealed: set RENKOU_KEYS to the file of its keys")

    def listed(self, part: str) -> dict[str, Object]:
        """The files below a part, by name."""
        return self._store.listed(part)

    def told_of(self, name: str) -> dict[str, str]:
        """What was put down with a file: its time and mode, or a link's goal. Raises GoneError."""
        return self._store.told_of(name)

    def get(self, name: str, expected: Object, target: Path) -> dict[str, str]:
        """Open a file into ``target``, which only its owner may read; answers what was put down with it.

        Raises GoneError when it is not there as it was listed, RenkouError when there is no key for it or it was changed.
        """
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened, self._store.reading(name, expected) as (file, told):
            for piece in content(file, f"{self.url}/{name}", _keys()):
                opened.write(piece)
        return told

    def put(self, name: str, what: Path | bytes, told: Mapping[str, str]) -> Object:
        """Put a file or a few bytes in the place of what was there; readers see that until all of it has come."""
        with io.BytesIO(what) if isinstance(what, bytes) else what.open("rb") as file:
            put = self._store.put(name, self._closed(name, file), told)
        assert put is not None
        return put

    def put_once(self, name: str, what: bytes, told: Mapping[str, str]) -> bool:
        """Put a few bytes there unless something is; answers whether they were put."""
        return self._store.put_once(name, self._closed(name, io.BytesIO(what)).read(), told)

    def copy(self, source: str, name: str, told: Mapping[str, str]) -> Object:
        """Let a name stand for another file of its folder, in one step."""
        return self._store.copy(source, name, told)

    def delete(self, names: Iterable[str]) -> None:
        """Take files away."""
        self._store.delete(names)

    def writing(self, part: str, holder: str) -> AbstractContextManager[Lock | Written]:
        """The right to write one part, for one working copy at a time. Raises BusyError."""
        return self._store.writing(part, holder)

    def reseal(self, part: str, lock: Lock | Written) -> int:
        """Seal with the current key whatever of a part is not; answers how many files. Cut off anywhere, the same call again ends it."""
        self._store.remove_unfinished(part)
        keys, listed = _keys(), self.listed(part)
        if keys is None:
            return 0
        todo = [name for name, key in self._sealed_with(part, listed) if key != keys.current]
        todo = [name for name in todo if not (part == LANDING and self._store.is_arriving(name, listed[name]))]
        return sum(self._reseal(name, listed[name], lock, keys) for name in todo)

    def sealed_with(self, part: str) -> Iterator[str | None]:
        """The name of the key of each file of a part that is to be sealed, None for one that is not."""
        yield from (key for _, key in self._sealed_with(part, self.listed(part)))

    def _sealed_with(self, part: str, listed: Mapping[str, Object]) -> list[tuple[str, str | None]]:
        closed = [name for name, there in listed.items() if part not in OPEN and not there.is_link]
        closed.sort(key=lambda name: (Path(name).name in NAMES_THE_NEWEST, name))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(zip(closed, pool.map(lambda name: self._key_of(name, listed[name]), closed), strict=True))

    def _key_of(self, name: str, there: Object) -> str | None:
        with self._store.reading(name, there) as (file, _):
            return key_in(file.read(HEADER))

    def _reseal(self, name: str, there: Object, lock: Lock | Written, keys: Keys) -> int:
        """Seal a file anew. A log that a look was added to meanwhile is done once more."""
        seen: Object | None = there
        while seen and self._key_of(name, seen) != keys.current:
            lock.renew()
            with self._store.reading(name, seen) as (file, told):
                if link := told.get("link"):
                    self._store.copy((Path(name).parent / link).as_posix(), name, told)
                    break
                opened = as_file(content(file, f"{self.url}/{name}", keys))
                self._store.put(name, self._closed(name, opened), told, expected=seen)
            seen = self._store.seen(name)
        return 1

    def _closed(self, name: str, file: IO[bytes]) -> IO[bytes]:
        """The bytes as they are to lie there."""
        keys = _keys()
        if keys is None or name.partition("/")[0] in OPEN:
            return file
        if not self._is_marked:
            self._store.put_once(SEALED, MARK, {"mtime": "0", "mode": "644"})
            self._is_marked = True
        return as_file(sealed(file, keys))


def sealed_by(home: Home, parts: Iterable[str]) -> dict[str | None, int]:
    """How many files of a sealed home each key seals; under None those that lie open."""
    counts: dict[str | None, int] = {}
    there = AtRest(home)
    for part in parts:
        for key in there.sealed_with(part):
            counts[key] = counts.get(key, 0) + 1
    return counts


def _keys() -> Keys | None:
    """Read each time: a process that goes on must know the key that was put first meanwhile."""
    return Keys.from_environment()
