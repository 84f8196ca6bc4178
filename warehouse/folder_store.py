"""The files of a home in a folder, as ``warehouse.object_store.ObjectStore`` offers those of a bucket."""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from warehouse.durable import sync
from warehouse.home import NOT_KEPT
from warehouse.object_store import LOCKS, BusyError, GoneError, Object
from warehouse.sealing import PIECE, is_sealed

SETTLED = 3600  # seconds after which nobody is still writing a delivery that was laid into the folder by hand


class FolderStore:
    """The files below a folder, by their names without it."""

    def __init__(self, folder: str) -> None:
        self.url, self._root = folder, Path(folder)

    def listed(self, part: str) -> dict[str, Object]:
        """The files below a part, by name."""
        return {name: there for name, path in self._files(part) if (there := _seen(path))}

    def told_of(self, name: str) -> dict[str, str]:
        """A link's goal, or the time of a file. Raises GoneError."""
        path = self._root / name
        if self.seen(name) is None:
            raise GoneError(f"{path}: is not there any more")
        return {"link": str(path.readlink())} if path.is_symlink() else _told(path.stat())

    def seen(self, name: str) -> Object | None:
        """A file as a listing tells it; None when it is not there."""
        return _seen(self._root / name)

    @contextmanager
    def reading(self, name: str, expected: Object) -> Iterator[tuple[IO[bytes], dict[str, str]]]:
        """A file's bytes, its time and mode. Raises GoneError when it is not there as it was listed, or is written to meanwhile."""
        path = self._root / name
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                if _seen(path) != expected:
                    raise GoneError(f"{path}: was written again meanwhile")
                yield file, _told(before)
                after = os.fstat(file.fileno())
        except FileNotFoundError:
            raise GoneError(f"{path}: is not there any more") from None
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise GoneError(f"{path}: was written to meanwhile")

    def put(self, name: str, content: IO[bytes], told: Mapping[str, str], expected: Object | None = None) -> Object | None:
        """Put bytes in the place of what was there, in one step; nothing, and answer None, when that is no longer as ``expected``."""
        path = self._place(name)
        partial = path.with_name(f".{path.name}.{'again.' if expected else ''}partial")
        try:
            _written(partial, content, told)
            return self._replaced(partial, path, expected)
        finally:
            partial.unlink(missing_ok=True)  # what does not fit would keep the disk full

    def put_once(self, name: str, content: bytes, told: Mapping[str, str]) -> bool:
        """Put a few bytes there unless something is; answers whether they were put."""
        path = self._place(name)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            _written(partial, io.BytesIO(content), told)
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
        there = self._replaced(partial, path)
        assert there is not None
        return there

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

    def is_arriving(self, name: str, _there: Object) -> bool:
        """Whether somebody may still be writing it: what is sealed has come whole."""
        path = self._root / name
        return not is_sealed(path) and time.time() - path.stat().st_mtime < SETTLED

    def remove_unfinished(self, part: str) -> None:
        """Take away what processes left open here that worked in this folder before it was sealed."""
        for path in list(self._all(part)):
            left = NOT_KEPT.search(path.relative_to(self._root).as_posix()) and path.is_file() and not path.is_symlink()
            if left and path.stat().st_size and not is_sealed(path):
                path.unlink()

    def _replaced(self, partial: Path, path: Path, expected: Object | None = None) -> Object | None:
        """Put ``partial`` in the place of ``path``, unless that is no longer what was ``expected``."""
        with self._lock_file(".replacing").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if expected not in (None, _seen(path)):
                return None
            partial.replace(path)
        sync(path.parent)
        return _seen(path)

    def _place(self, name: str) -> Path:
        path = self._root / name
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in path.parent.parents:
                sync(folder)
                if folder in (self._root, self._root.parent):
                    break
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

    def _all(self, part: str) -> Iterator[Path]:
        for folder, _, files in os.walk(self._root / part):
            yield from (Path(folder, file) for file in files)


class Written:
    """A part that this process alone writes, for as long as it lives."""

    def renew(self) -> None:
        """The kernel keeps the lock."""


def _written(partial: Path, content: IO[bytes], told: Mapping[str, str]) -> None:
    partial.unlink(missing_ok=True)
    with partial.open("xb") as file:
        shutil.copyfileobj(content, file, PIECE)
    os.utime(partial, ns=(int(told["mtime"]),) * 2)
    partial.chmod(int(told["mode"], 8))
    sync(partial)


def _told(status: os.stat_result) -> dict[str, str]:
    return {"mtime": str(status.st_mtime_ns), "mode": f"{status.st_mode & 0o777:o}"}


def _seen(path: Path) -> Object | None:
    """The state of a file; a link's is its goal. None when it is not there."""
    try:
        status = path.lstat()
        if path.is_symlink():
            return Object(f"link to {path.readlink()}", 0, is_link=True)
    except FileNotFoundError:
        return None
    return Object(f"{status.st_ino}-{status.st_ctime_ns}", status.st_size)


def _part(name: str) -> str:
    return name.partition("/")[0]
