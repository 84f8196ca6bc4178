"""A home at rest on a disk that others may get hold of: every file sealed, in the place and under the name that it has in any home.

Nothing of it is worked on here: ``warehouse.working_copy`` opens what a command reads into memory and seals what it wrote. Files that
lay here before a key was given are read as they are, until they are written again or resealed. Names, sizes and times stay
visible; what is made for people's eyes and holds no person's data (``OPEN``) stays open.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from warehouse.durable import sync
from warehouse.faults import WrongUseError
from warehouse.home import NOT_KEPT, SEALED, Home
from warehouse.object_store import LOCKS, BusyError, GoneError, Object
from warehouse.sealing import Keys, SealingWriter, content_of, is_sealed, key_name

CHUNK = 1 << 20
OPEN = frozenset({"reports", "data_docs", "lineage"})
ARRIVING = "landing"
SETTLED = 3600  # seconds after which nobody is still writing a delivery that was laid into the folder by hand
MARK = "This home is sealed (SM4-GCM): set RENKOU_KEYS to the file of its keys. See docs/runbooks/backup-and-restore.md.\n"


class SealedFolder:
    """The files of a sealed home as ``warehouse.object_store.ObjectStore`` offers those of a bucket."""

    def __init__(self, folder: str) -> None:
        self.url, self._root = folder, Path(folder)
        _keys()

    def listed(self, part: str) -> dict[str, Object]:
        """The files below a part, by name."""
        return {name: there for name, path in self._files(part) if (there := _seen(path))}

    def told_of(self, name: str) -> dict[str, str]:
        """A link's goal, or the time of a file. Raises GoneError."""
        path = self._root / name
        if _seen(path) is None:
            raise GoneError(f"{path}: is not there any more")
        return {"link": str(path.readlink())} if path.is_symlink() else {"mtime": str(path.stat().st_mtime_ns)}

    def get(self, name: str, expected: Object, target: Path) -> dict[str, str]:
        """Open a file into ``target``, which only its owner may read; answers its time and mode.

        Raises GoneError when it is not there as it was listed, RenkouError when there is no key for it or it was changed.
        """
        path = self._root / name
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for piece in content_of(path, _keys()):
                    file.write(piece)
            status = path.stat()
        except FileNotFoundError:
            raise GoneError(f"{path}: is not there any more") from None
        if _seen(path) != expected:
            raise GoneError(f"{path}: was written again meanwhile")
        return {"mtime": str(status.st_mtime_ns), "mode": f"{status.st_mode & 0o777:o}"}

    def put(self, name: str, content: Path | bytes, told: Mapping[str, str]) -> Object:
        """Seal a file or a few bytes into the place of what was there, in one step."""
        path = self._place(name)
        partial = path.with_name(f".{path.name}.partial")
        try:
            self._sealed(partial, _pieces(content), told, is_open=_part(name) in OPEN)
            return self._replaced(partial, path)
        except OSError:
            partial.unlink(missing_ok=True)  # what does not fit would keep the disk full
            raise

    def put_once(self, name: str, content: bytes, told: Mapping[str, str]) -> bool:
        """Seal a few bytes there unless something is; answers whether they were put."""
        path = self._place(name)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            self._sealed(partial, [content], told)
            os.link(partial, path)
            sync(path.parent)
        except FileExistsError:
            return False
        finally:
            partial.unlink(missing_ok=True)
        return True

    def copy(self, _source: str, name: str, told: Mapping[str, str]) -> Object:
        """Let a link lead to another file of its folder, in one step."""
        path = self._place(name)
        partial = path.with_name(f".{path.name}.partial")
        partial.unlink(missing_ok=True)
        partial.symlink_to(told["link"])
        return self._replaced(partial, path)

    def delete(self, names: Iterable[str]) -> None:
        """Take files away, and the folders that they leave empty."""
        for name in names:
            path = self._root / name
            path.unlink(missing_ok=True)
            folder = path.parent
            while folder != self._root / _part(name) and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent

    @contextmanager
    def writing(self, part: str, holder: str) -> Iterator[Written]:
        """The right to write one part, for one working copy at a time; a process that dies gives it back. Raises BusyError."""
        with self._lock_file(part).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise BusyError(f"{self.url}: {part} is being written by {lock.read() or 'another'}; wait until it has ended") from None
            lock.truncate(0)
            lock.write(f"{holder}, process {os.getpid()}")
            lock.flush()
            yield Written()

    def reseal(self, part: str) -> int:
        """Seal with the current key whatever of a part is not; answers how many files. Cut off anywhere, the same call again ends it."""
        keys, count = _keys(), 0
        for path in self._unfinished(part):
            path.unlink()
        for _, path in list(self._files(part)) if part not in OPEN else ():
            if part == ARRIVING and not is_sealed(path) and time.time() - path.stat().st_mtime < SETTLED:
                continue
            while not path.is_symlink() and (before := _seen(path)) and not _has_key(path, keys.current):
                status = path.stat()
                partial = path.with_name(f".{path.name}.resealed.partial")
                told = {"mtime": str(status.st_mtime_ns), "mode": f"{status.st_mode & 0o777:o}"}
                try:
                    self._sealed(partial, content_of(path, keys), told)
                    # a look may have been added to a log meanwhile: then it is sealed once more
                    self._replaced(partial, path, expected=before)
                finally:
                    partial.unlink(missing_ok=True)
                count += 1
        return count

    def sealed_with(self, part: str) -> Iterator[str | None]:
        """The name of the key of each file of a part that is to be sealed, None for one that is not."""
        for _, path in self._files(part) if part not in OPEN else ():
            if not path.is_symlink():
                yield key_name(path) if is_sealed(path) else None

    def _sealed(self, partial: Path, pieces: Iterable[bytes], told: Mapping[str, str], *, is_open: bool = False) -> None:
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:
            writer = file if is_open else SealingWriter(file, _keys())
            for piece in pieces:
                writer.write(piece)
            if writer is not file:
                writer.close()
        os.utime(partial, ns=(int(told["mtime"]),) * 2)
        partial.chmod(int(told["mode"], 8))
        sync(partial)

    def _replaced(self, partial: Path, path: Path, expected: Object | None = None) -> Object:
        """Put ``partial`` in the place of ``path``, unless that is no longer what was ``expected``."""
        with self._lock_file(".replacing").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if expected in (None, _seen(path)):
                partial.replace(path)
        sync(path.parent)
        there = _seen(path)
        assert there is not None, path
        return there

    def _place(self, name: str) -> Path:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError), (self._root / SEALED).open("x", encoding="utf-8") as mark:
            mark.write(MARK)
        return path

    def _lock_file(self, part: str) -> Path:
        folder = self._root / LOCKS
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / part

    def _files(self, part: str) -> Iterator[tuple[str, Path]]:
        for path in self._all(part):
            name = path.relative_to(self._root).as_posix()
            if not NOT_KEPT.search(name):
                yield name, path

    def _unfinished(self, part: str) -> Iterator[Path]:
        """What processes left open here that worked in this folder before it was sealed."""
        for path in list(self._all(part)):
            open_one = NOT_KEPT.search(path.relative_to(self._root).as_posix()) and path.is_file() and not path.is_symlink()
            if open_one and path.stat().st_size and not is_sealed(path):
                yield path

    def _all(self, part: str) -> Iterator[Path]:
        for folder, _, files in os.walk(self._root / part):
            yield from (Path(folder, file) for file in files)


class Written:
    """A part that this process alone writes, for as long as it lives."""

    def renew(self) -> None:
        """The kernel keeps the lock."""


def reseal(home: Home, parts: Iterable[str]) -> int:
    """Seal with the current key whatever in parts of a sealed home is not; nobody else writes meanwhile. Raises BusyError."""
    assert home.store is not None
    folder, parts = SealedFolder(home.store), tuple(parts)
    with ExitStack() as held:
        for part in parts:
            held.enter_context(folder.writing(part, "renkou reseal"))
        return sum(folder.reseal(part) for part in parts)


def sealed_by(home: Home, parts: Iterable[str]) -> dict[str | None, int]:
    """How many files of a sealed home each key seals; under None those that lie open."""
    assert home.store is not None
    counts: dict[str | None, int] = {}
    for part in parts:
        for name in SealedFolder(home.store).sealed_with(part):
            counts[name] = counts.get(name, 0) + 1
    return counts


def _keys() -> Keys:
    """Read each time: a process that goes on must know the key that was put first meanwhile."""
    keys = Keys.from_environment()
    if keys is None:
        raise WrongUseError("RENKOU_KEYS names no file of keys")
    return keys


def _has_key(path: Path, key: str) -> bool:
    return is_sealed(path) and key_name(path) == key


def _seen(path: Path) -> Object | None:
    """The state of a file; a link's is its goal. None when it is not there."""
    try:
        status = path.lstat()
        if path.is_symlink():
            return Object(f"link to {path.readlink()}", 0)
    except FileNotFoundError:
        return None
    return Object(f"{status.st_ino}-{status.st_ctime_ns}", status.st_size)


def _part(name: str) -> str:
    return name.partition("/")[0]


def _pieces(content: Path | bytes) -> Iterator[bytes]:
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
