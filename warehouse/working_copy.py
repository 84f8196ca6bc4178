"""The working copy of a home on an object store: brought up to date before a command, written back after it.

The store tells what is so; the copy is a cache of it. What a command made counts once it is written back: data first, then the
manifests that complete them, then what names the newest (``current``), so that a reader of the store never finds half a release.
What was not written back when a process died is thrown away by the next one, as a build that was killed is.

A part of the home (a folder right below it) has one writer: on one machine by a lock on a file beside the copy, between machines by
a lock on the store. Files that bear the copy's own name (its access log) are written by it alone, and are never lost to the cache.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from warehouse.at_rest import NAMES_THE_NEWEST, AtRest
from warehouse.durable import write_text
from warehouse.faults import RenkouError
from warehouse.folder_store import Written
from warehouse.home import NOT_KEPT, Home
from warehouse.machine_locks import MachineLocks
from warehouse.object_store import AT_ONCE, BusyError, GoneError, Lock, Object

COMPLETES = frozenset({"manifest.json", "head.json"})
TAIL = ".tail"
"""How the name ends of what a process puts down at once, until it is written back with the rest."""
LOOKS_AGAIN = 5  # times that a listing may be overtaken by a writer


@dataclass(frozen=True)
class Known:
    """A file that is the same here and on the store: the object's etag, the file's size and time, a link's goal.

    One that ``is_name`` is empty here, and stands for the object.
    """

    etag: str
    size: int
    mtime_ns: int
    link: str = ""
    is_name: bool = False


class WorkingCopy:
    """What lies here of a home on a store."""

    def __init__(self, home: Home) -> None:
        self._root, self._beside, self._store = home.root, home.root.parent, AtRest(home)
        self._beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._beside.parent.stat().st_uid != os.getuid():
            raise RenkouError(f"{self._beside.parent}: belongs to another user; set RENKOU_CACHE to a folder of your own")
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._beside.chmod(0o700)
        self._locks = MachineLocks(self._beside, self._store.url)
        self._name = self._named()
        self._known: dict[str, Known] = {}

    def begin(self, writes: Sequence[str], reads: Iterable[str], held: ExitStack) -> Lock | Written:
        """Lock the parts that are written, the first on the store, while ``held`` lasts; bring all up to date. Raises BusyError."""
        with self._transfer():  # whoever finds a part locked finds it brought up to date, too
            for part in writes:
                held.enter_context(self._locks.writing(part))
            lock = held.enter_context(self._store.writing(writes[0], self._name))
            self._bring(writes, whole=True)
            self._bring(self._locks.unlocked(reads))
        return lock

    def bring(self, parts: Iterable[str]) -> None:
        """Make parts of the copy what the store has; of the warehouse only the release that is published.

        A part that a process of this machine is writing stays as it is: nobody else can have changed it on the store.
        """
        with self._transfer():
            self._bring(self._locks.unlocked(parts))

    def need(self, path: Path) -> None:
        """Bring a file of which only the name is here."""
        name = path.relative_to(self._root).as_posix()
        with self._transfer():
            if name in self._known and self._known[name].is_name:
                self._get(name, self._store.listed(name.partition("/")[0])[name])

    def keep(self, parts: Iterable[str], lock: Lock | Written | None, *, own: bool = False) -> None:
        """Write back what has changed; ``own``: of the files that bear the copy's name alone. Raises BusyError when the lock is lost."""
        with self._transfer():
            # Listed before the files are read, which hold what these do.
            tails = [name for part in parts if own for name in self._store.listed(part) if self._is_own(name) and name.endswith(TAIL)]
            self._keep(parts, lock, own=own)
            self._store.delete(tails)

    def _keep(self, parts: Iterable[str], lock: Lock | Written | None, *, own: bool) -> None:
        here = {name: path for part in parts for name, path in self._files(part) if not own or self._is_own(name)}
        changed = {name: _state(path) for name, path in here.items()}
        changed = {name: state for name, state in changed.items() if not _same(state, self._known.get(name))}
        tops = tuple(f"{part}/" for part in parts)
        gone = [n for n in self._known if n.startswith(tops) and n not in here and (not own or self._is_own(n))]
        if not changed and not gone:
            return
        # What completes and names is read now: a log's head must not tell of more lines than were put down before it.
        texts = {name: here[name].read_bytes() for name in changed if _rank(name) and not changed[name].link}
        for rank in (0, 1, 2):
            of_rank = {name: texts.get(name, here[name]) for name in changed if _rank(name) == rank}
            if of_rank and lock:
                lock.renew()
            self._put(of_rank, changed)
        self._store.delete(sorted(gone, key=_rank, reverse=True))
        for name in gone:
            del self._known[name]

    def seal(self, parts: Iterable[str]) -> None:
        """Seal what was laid into parts of a sealed home, save what another is writing or may still be arriving."""
        for part in parts:
            with suppress(BusyError), self._store.writing(part, self._name) as lock:
                self._store.reseal(part, lock)

    def reseal(self, parts: Iterable[str]) -> int:
        """Seal with the current key whatever in parts is not, while nobody else writes; answers how many files. Raises BusyError."""
        with ExitStack() as held:
            for part in parts:
                held.enter_context(self._locks.writing(part))
            locks = {part: held.enter_context(self._store.writing(part, self._name)) for part in parts}
            return sum(self._store.reseal(part, lock) for part, lock in locks.items())

    def keep_at_once(self, name: str, content: bytes) -> None:
        self._store.put_once(name, content, {"mtime": str(time.time_ns()), "mode": "600"})

    def keep_once(self, file: Path, name: str) -> bool:
        state = _state(file)
        if self._store.put_once(name, file.read_bytes(), _told(file, state)):
            return True
        there = self._store.listed(str(Path(name).parent))
        with self._transfer():
            self._get(name, there[name])
        return False

    # --- from the store -----------------------------------------------------------------------------------------

    def _bring(self, parts: Iterable[str], *, whole: bool = False) -> None:
        for part in parts:
            for look in range(LOOKS_AGAIN):
                try:
                    self._bring_part(part, whole)
                    break
                except GoneError:  # a writer was faster than this listing
                    if look == LOOKS_AGAIN - 1:
                        raise

    def _bring_part(self, part: str, whole: bool) -> None:
        there = self._store.listed(part)
        here = dict(self._files(part))
        links = {name: self._link(name, there[name]) for name in there if _may_be_link(name)}
        wanted = _published(there, links) if any(links.values()) else there
        if whole:
            for name in there.keys() - wanted.keys():
                self._stand_in(name, there[name], here)
        stale = [name for name in wanted if not self._is_own(name) and not self._is_here(name, wanted[name], here)]
        for rank in (0, 1, 2):
            of_rank = [name for name in stale if _rank(name) == rank]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda name: self._fetched(name, there[name], links.get(name, "")), of_rank))
        for name in sorted(here.keys() - there.keys(), key=_rank, reverse=True):
            if not self._is_own(name):
                here[name].unlink(missing_ok=True)
                _remove_if_empty(here[name].parent, self._root / part)
                self._known.pop(name, None)

    def _link(self, name: str, there: Object) -> str:
        known = self._known.get(name)
        return known.link if known and known.etag == there.etag else self._store.told_of(name).get("link", "")

    def _is_here(self, name: str, there: Object, here: Mapping[str, Path]) -> bool:
        known = self._known.get(name)
        is_same = known and known.etag == there.etag and name in here and _same(_state(here[name]), known)
        return bool(is_same and known and not known.is_name)

    def _stand_in(self, name: str, there: Object, here: Mapping[str, Path]) -> None:
        """Put an empty file in the place of one that is seldom read, with its time, by which releases are told apart."""
        known = self._known.get(name)
        if known and known.is_name and known.etag == there.etag and name in here:
            return
        path, told = self._root / name, self._store.told_of(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        path.touch()
        if "mtime" in told:
            os.utime(path, ns=(int(told["mtime"]),) * 2)
        self._known[name] = replace(_state(path), etag=there.etag, is_name=True)

    def _fetched(self, name: str, there: Object, link: str) -> None:
        if link:
            path = self._root / name
            partial = path.with_name(f".{path.name}.partial")
            partial.unlink(missing_ok=True)
            partial.symlink_to(link)
            partial.replace(path)
            self._known[name] = replace(_state(path), etag=there.etag)
        else:
            self._get(name, there)

    def _get(self, name: str, there: Object) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            told = self._store.get(name, there, partial)
            if "mtime" in told:
                os.utime(partial, ns=(int(told["mtime"]),) * 2)
            partial.chmod(int(told.get("mode", "600"), 8))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        self._known[name] = replace(_state(path), etag=there.etag)

    # --- to the store -------------------------------------------------------------------------------------------

    def _put(self, files: Mapping[str, Path | bytes], states: Mapping[str, Known]) -> None:
        def put(name: str) -> Object:
            state, told = states[name], _told(self._root / name, states[name])
            if state.link:
                return self._store.copy((Path(name).parent / state.link).as_posix(), name, told)
            return self._store.put(name, files[name], told)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name, made in zip(files, pool.map(put, files), strict=True):
                self._known[name] = replace(states[name], etag=made.etag)

    # --- what lies here -----------------------------------------------------------------------------------------

    def _files(self, part: str) -> Iterator[tuple[str, Path]]:
        for folder, _, names in os.walk(self._root / part):
            for each in names:
                path = Path(folder, each)
                name = path.relative_to(self._root).as_posix()
                if not NOT_KEPT.search(name):
                    yield name, path

    def _is_own(self, name: str) -> bool:
        return self._name in name

    def _named(self) -> str:
        """The copy's name, given once: the machine's, and what no other copy has."""
        path = self._beside / "name"
        if not path.exists():
            with self._locks.alone("naming"):
                if not path.exists():
                    machine = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40]
                    write_text(path, f"{machine}-{secrets.token_hex(6)}")
        return path.read_text(encoding="utf-8")

    @contextmanager
    def _transfer(self) -> Iterator[None]:
        """One process of this machine at a time; what is known of the store is read before and written after."""
        with self._locks.alone("transfer"):
            path = self._beside / "known.json"
            told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            self._known = {name: Known(*each) for name, each in told.items()}
            before = dict(self._known)
            yield
            if self._known != before:
                content = {n: astuple(k) for n, k in self._known.items()}
                write_text(path, json.dumps(content))


def _rank(name: str) -> int:
    """In which order objects are put down: data, what completes them, what names the newest."""
    last = name.rpartition("/")[2]
    return 2 if last in NAMES_THE_NEWEST else 1 if last in COMPLETES else 0


def _may_be_link(name: str) -> bool:
    return _rank(name) == 2


def _published(there: Mapping[str, Object], links: Mapping[str, str]) -> dict[str, Object]:
    """The links and what they lead to. Raises GoneError for a goal that the listing does not have yet."""
    goals = {(Path(name).parent / link).as_posix() for name, link in links.items() if link}
    if lacking := goals - there.keys():
        raise GoneError(f"{min(lacking)}: is not there any more")
    return {name: there[name] for name in there if name in links or name in goals}


def _state(path: Path) -> Known:
    status = path.lstat()
    return Known("", status.st_size, status.st_mtime_ns, str(path.readlink()) if path.is_symlink() else "")


def _same(state: Known, known: Known | None) -> bool:
    if known is None or state.link != known.link:
        return False
    return bool(state.link) or (state.size, state.mtime_ns) == (known.size, known.mtime_ns)


def _told(path: Path, state: Known) -> dict[str, str]:
    """What another copy of the file needs besides its bytes."""
    if state.link:
        return {"link": state.link}
    return {"mtime": str(state.mtime_ns), "mode": f"{path.stat().st_mode & 0o777:o}"}


def _remove_if_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
