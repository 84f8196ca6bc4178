"""The home that a command or a process works in: a folder as it is, one on a store or a sealed one through its working copy."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from warehouse.faults import NotFoundError, WrongUseError
from warehouse.folder_store import Written
from warehouse.home import Home
from warehouse.object_store import BusyError, Lock
from warehouse.working_copy import WorkingCopy

AGAIN = 1.0  # seconds between two tries to get a lock
REFRESHED_EVERY = 2.0  # seconds


@dataclass(frozen=True)
class Work:
    """What a command reads of the home, the parts that it writes, and those to which its copy adds files of its own name.

    The first part written is locked on the store. In the parts that it ``seals`` people lay files by hand.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()


@contextmanager
def at_home(work: Work, patience: timedelta = timedelta(0)) -> Iterator[Home]:
    """``RENKOU_HOME`` to work in; on a store, brought up to date first and written back at the end of the block.

    A block that raises writes nothing back but its looks. Raises BusyError when another is writing for longer than ``patience``, StoreError
    when the store cannot be used.
    """
    home = Home.from_environment()
    if home.store is None:
        yield home
        return
    copy = _copy(home)
    with ExitStack() as held:
        lock = _waited(copy, work, held, patience) if work.writes else None
        if not work.writes:
            copy.bring(work.reads)
        try:
            yield replace(home, keep=lambda: copy.keep(work.writes, lock), need=copy.need)
            copy.keep(work.writes, lock)
            if home.is_sealed:
                copy.seal(work.seals)
        finally:
            copy.keep(work.adds, None, own=True)


def refresh(home: Home, work: Work) -> None:
    """For processes that go on: bring what they read up to date, write back what they add. A folder needs neither.

    Those of one machine take turns: who finds that another did so a moment ago does nothing.
    """
    if home.store is None:
        return
    mark = home.root.parent / "refreshed"
    if mark.exists() and 0 <= time.time() - mark.stat().st_mtime < REFRESHED_EVERY:
        return
    copy = _copy(home)
    mark.touch()
    copy.bring(work.reads)
    write_back(home, work)


def write_back(home: Home, work: Work) -> None:
    """Write back what a process has added to a home on a store."""
    if home.store is not None:
        _copy(home).keep(work.adds, None, own=True)


def keep_at_once(home: Home, path: Path, content: bytes) -> None:
    """Put down what a process has just added, before it is written back with the rest. In a folder it is there already."""
    if home.store is not None:
        _copy(home).keep_at_once(path.relative_to(home.root).as_posix(), content)


def keep_once(home: Home, file: Path, path: Path) -> bool:
    """Put ``file`` on the store as what lies at ``path``, unless another machine did; then bring that one, and answer false."""
    if home.store is None:
        return True
    return _copy(home).keep_once(file, path.relative_to(home.root).as_posix())


def reseal(home: Home, parts: tuple[str, ...]) -> int:
    """Seal with the current key whatever in parts of a home is not; answers how many files. Raises BusyError when another writes."""
    return _copy(home).reseal(parts)


def handed_out(home: Home, name: str, to: Path) -> Path:
    """Copy a file or folder of the home to ``to``. Raises NotFoundError, and WrongUseError for what would be written over."""
    source, target = home.root / name, to / name
    if ".." in Path(name).parts or not source.exists():
        raise NotFoundError(f"{home.address(source)}: there is nothing of that name")
    if target.exists():
        raise WrongUseError(f"{target}: is there already; take it away, or name another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        return Path(shutil.copytree(source, target))
    return Path(shutil.copy2(source, target))


@lru_cache(maxsize=4)
def _copy(home: Home) -> WorkingCopy:
    return WorkingCopy(home)


def _waited(copy: WorkingCopy, work: Work, held: ExitStack, patience: timedelta) -> Lock | Written:
    until = time.monotonic() + patience.total_seconds()
    while True:
        with ExitStack() as attempt:
            try:
                lock = copy.begin(work.writes, work.reads, attempt)
            except BusyError:
                if time.monotonic() >= until:
                    raise
            else:
                held.push(attempt.pop_all())
                return lock
        time.sleep(AGAIN)
