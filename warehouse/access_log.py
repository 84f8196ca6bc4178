"""Who looked at whose data, when and why: written before the answer leaves, and told to the person who asks.

个人信息保护法 art. 45, 55, 56; 网络数据安全管理条例 art. 12 (records of providing personal information, three years).

One line is one entry, and holds the digest of the line before (SM3): a line that is changed, removed or moved breaks the
chain. ``head.json`` names the last line and is sealed by a key that does not lie beside the log: a tail that is cut off
is missed, and a chain that was forged anew has no seal. Where a home is worked on in a copy, each copy has a chain of its own,
in a folder with its name: no machine waits for another, and no two ever write one chain. There every write also puts its lines, as a
tail of the chain, beside the files that are written back a moment later: a copy that is lost has lost no look that was answered.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from warehouse.at_home import keep_at_once
from warehouse.digests import own_key, same, sealed, sm3
from warehouse.durable import sync, write_text
from warehouse.faults import RenkouError
from warehouse.home import Home
from warehouse.working_copy import TAIL

HEAD = "head.json"
SECTOR = 512  # bytes; a head is half as long
ANCHOR = "anchor.json"
BEGIN = "0" * 64
REMEDY = "see docs/runbooks/access-log-tampered.md"


class AccessLogBrokenError(RenkouError):
    """The log is not as it was left: nobody's data are shown until somebody has looked into it."""


@dataclass(frozen=True)
class Access:
    """One look: the key and its form system, what was done, for which case, at whose data, with what outcome."""

    key: str
    system: str
    action: str
    form: str | None
    purpose: str | None
    case_no: str | None
    persons: tuple[str, ...]
    outcome: str
    release_id: str | None


def at_the_keyboard(  # noqa: PLR0913 - what an entry says, a name each
    action: str,
    persons: Iterable[str],
    outcome: str,
    release_id: str | None,
    *,
    form: str | None = None,
    purpose: str | None = None,
    case: str | None = None,
) -> Access:
    """What the log says of a look that the command line gave to the account that it runs under."""
    return Access("command", getpass.getuser(), action, form, purpose, case, tuple(persons), outcome, release_id)


@dataclass(frozen=True)
class Entry:
    """An access as it stands in the log; ``at`` is UTC, ISO 8601."""

    seq: int
    at: str
    access: Access


@dataclass(frozen=True)
class Finding:
    """A place where the log is not as it was written; ``line`` counts from 1, 0 for the file as a whole."""

    file: str
    line: int
    what: str


@dataclass(frozen=True)
class Head:
    """The last line of a chain: its number, its digest, and how far its file goes."""

    file: str
    size: int
    seq: int
    digest: str


class AccessLog:
    """The log below ``home``; any number of processes may write it at once, one chain for all of a machine."""

    def __init__(self, home: Home, machine: str | None = None) -> None:
        """``machine``: whose chain to read, by the name of its copy; by default one's own, to write."""
        self._home = home
        own = home.copy_name if machine is None else machine
        self.folder = home.access_log / own
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = home.secrets / f"access_log{own and '_'}{own}.key"
        is_new = machine is None and not key.exists()
        self._key = own_key(key)
        if is_new:
            keep_at_once(home, key, self._key)

    def write(self, accesses: Iterable[Access]) -> int:
        """Append accesses and wait until they are on the disk; answers the number of the last entry.

        Raises AccessLogBrokenError when the log is shorter or other than it was left.
        """
        with self._locked():
            head, path, handle = self._append(list(accesses))
        # Waiting for the disk outside the lock: others append meanwhile, and one wait serves them all.
        try:
            os.fdatasync(handle)
        finally:
            os.close(handle)
        if head.seq == 1 or head.size == 0:
            sync(path.parent)
        return head.seq

    def _append(self, accesses: list[Access]) -> tuple[Head, Path, int]:
        before = self._head()
        now = datetime.now(UTC)
        path = self.folder / f"{now:%Y%m}.jsonl"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            left, head = self._caught_up(before, path)
            seq, digest, lines = head.seq, head.digest, [left]
            for access in accesses:
                seq += 1
                line, digest = _line(Entry(seq, now.isoformat(timespec="milliseconds"), access), digest)
                lines.append(line)
            _append_whole(handle, b"".join(lines[1:]))
            head = Head(path.name, os.fstat(handle).st_size, seq, digest)
            keep_at_once(self._home, self.folder / f"{seq:012}{TAIL}", b"".join(lines))
            self._put_head(head)  # after the tail: what a process that dies between leaves is in the next one's tail
        except BaseException:
            os.close(handle)
            raise
        return head, path, handle

    def _caught_up(self, head: Head, path: Path) -> tuple[bytes, Head]:
        """Lines that a process wrote before it was killed, and the head after them; what it wrote half was never answered."""
        last = self.folder / head.file if head.file else path
        size = last.stat().st_size if last.exists() else 0
        if size < head.size:
            raise AccessLogBrokenError(f"{last}: the end of the access log is missing; {REMEDY}")
        return self._read_on(head, last) if size > head.size else (b"", head)

    def _read_on(self, head: Head, path: Path) -> tuple[bytes, Head]:
        lines = []
        with path.open("rb+") as file:
            file.seek(head.size)
            for line in file.read().splitlines(keepends=True):
                found = _parsed(line)
                if not line.endswith(b"\n"):
                    file.truncate(head.size)
                    break
                if found is None or found[1] != head.digest or found[0].seq != head.seq + 1:
                    raise AccessLogBrokenError(f"{path}: lines after the sealed head do not belong; {REMEDY}")
                lines.append(line)
                head = Head(path.name, head.size + len(line), found[0].seq, found[2])
        return b"".join(lines), head

    # --- head ---------------------------------------------------------------------------------------------------

    def _head(self) -> Head:
        path = self.folder / HEAD
        if not path.exists():
            if any(self.folder.glob("*.jsonl")):
                raise AccessLogBrokenError(f"{path} is missing; {REMEDY}")
            return Head("", 0, 0, BEGIN)
        return self._unsealed(path)

    def _unsealed(self, path: Path) -> Head:
        try:
            content = json.loads(path.read_bytes())
            head = Head(**content["head"])
            seal = str(content["seal"])
        except (ValueError, KeyError, TypeError):
            raise AccessLogBrokenError(f"{path} cannot be read; {REMEDY}") from None
        if not same(seal, sealed(self._key, _bytes(vars(head)))):
            raise AccessLogBrokenError(f"{path}: its seal is not ours; {REMEDY}")
        return head

    def _put_head(self, head: Head) -> None:
        # In place, by one write of one sector, which is whole or not at all: a rename waits for the disk while all wait for the lock.
        content = _bytes({"head": vars(head), "seal": sealed(self._key, _bytes(vars(head)))}).ljust(SECTOR)
        handle = os.open(self.folder / HEAD, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(handle, content, 0)
        finally:
            os.close(handle)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    # --- reading ------------------------------------------------------------------------------------------------

    def files(self) -> list[Path]:
        """The chain's files, a month each, oldest first."""
        return sorted(self.folder.glob("*.jsonl"))

    def _files_and_tails(self) -> list[Path]:
        """All that holds lines of the chain; those of a tail may stand in a file already."""
        return [*self.files(), *sorted(self.folder.glob(f"*{TAIL}"))]

    def _chains(self) -> list[AccessLog]:
        """Every machine's chain, by name; the one without a name is that of a folder, also after the home has moved."""
        top = self._home.access_log
        names = [folder.name for folder in sorted(top.iterdir()) if folder.is_dir()]
        return [AccessLog(self._home, name) for name in ([""] * any(top.glob("*.json*")) + names)]

    def of_person(self, person_ids: Iterable[str]) -> list[Entry]:
        """Every look at the data of a person (by all ids that the person ever had), newest first."""
        ids = set(person_ids)
        wanted = {person_id.encode() for person_id in ids}
        found = {}
        for path in [path for chain in self._chains() for path in chain._files_and_tails()]:
            with path.open("rb") as lines:
                for line in lines:
                    if any(person_id in line for person_id in wanted):
                        parsed = _parsed(line)
                        if parsed and ids & set(parsed[0].access.persons):
                            found[path.parent, parsed[0].seq] = parsed[0]
        return sorted(found.values(), key=lambda entry: (entry.at, entry.seq), reverse=True)

    def verify(self) -> list[Finding]:
        """Where a chain is not as it was written: nothing, when nobody changed it."""
        return [finding for chain in self._chains() for finding in chain._verified()]

    def kept(self) -> int:
        """How many entries all chains hold: none, where the log was taken away whole and nobody has looked since.

        Raises AccessLogBrokenError where ``verify`` finds a head that is not as it was written.
        """
        return sum(chain._head().seq - chain._anchor().seq for chain in self._chains())

    def _verified(self) -> list[Finding]:
        with self._locked():
            return list(self._faults())

    def _faults(self) -> Iterator[Finding]:
        try:
            head, anchor = self._head(), self._anchor()
        except AccessLogBrokenError as error:
            yield Finding(HEAD, 0, str(error))
            head, anchor = None, Head("", 0, 0, BEGIN)
        seq, digest, at_head = anchor.seq, anchor.digest, head is not None and head.seq <= anchor.seq
        for path in self._files_and_tails():
            for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
                parsed = _parsed(line)
                if parsed is None:
                    yield Finding(path.name, number, "the line was changed: it is not what its digest says")
                    seq, digest = seq + 1, line.rstrip(b"\n")[-66:-2].decode(errors="replace")
                    continue
                entry, before, own = parsed
                if path.suffix == TAIL and entry.seq <= seq:
                    continue
                if entry.seq != seq + 1:
                    yield Finding(path.name, number, f"entry {entry.seq} stands where {seq + 1} is due")
                elif before != digest:
                    yield Finding(path.name, number, f"entry {entry.seq} does not follow on the line before")
                seq, digest = entry.seq, own
                at_head = at_head or (head is not None and (seq, digest) == (head.seq, head.digest))
        if head is not None and not at_head:
            yield Finding(HEAD, 0, f"entry {head.seq}, the last that was written, is not there as it was written")

    # --- keeping ------------------------------------------------------------------------------------------------

    def retire(self, before: date) -> list[str]:
        """Take away whole months that lie before the day; a sealed anchor says where each chain goes on."""
        return [name for chain in self._chains() for name in chain._retired(f"{before:%Y%m}")]

    def _retired(self, before: str) -> list[str]:
        gone = []
        with self._locked():
            # One's own newest file is written on; of a chain that another copy left, nothing need stay.
            newest = self._head().file if self.folder == self._home.access_log / self._home.copy_name else None
            for path in self._files_and_tails():
                if path.name == newest or (before <= path.stem and path.suffix != TAIL):
                    break
                parsed = _parsed(path.read_bytes().splitlines(keepends=True)[-1])
                if parsed is None:
                    raise AccessLogBrokenError(f"{path}: its last line was changed; {REMEDY}")
                if parsed[0].at[:7].replace("-", "") >= before:
                    break
                anchor = asdict(Head(path.name, 0, parsed[0].seq, parsed[2]))
                content = {"head": anchor, "seal": sealed(self._key, _bytes(anchor))}
                write_text(self.folder / ANCHOR, _bytes(content).decode())
                path.unlink()
                gone.append(path.name)
        return gone

    def _anchor(self) -> Head:
        path = self.folder / ANCHOR
        return self._unsealed(path) if path.exists() else Head("", 0, 0, BEGIN)


def _append_whole(handle: int, lines: bytes) -> None:
    """The last bytes that a full disk takes are not the whole; the next to write takes them away."""
    if os.write(handle, lines) != len(lines):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _line(entry: Entry, before: str) -> tuple[bytes, str]:
    """A line ``{"entry":...,"digest":...}`` and its digest, over the entry's bytes with the digest before in them."""
    content = _bytes({"before": before, "seq": entry.seq, "at": entry.at, "access": vars(entry.access)})
    digest = sm3(content)
    return b'{"entry":' + content + b',"digest":"' + digest.encode() + b'"}\n', digest


def _parsed(line: bytes) -> tuple[Entry, str, str] | None:
    """An entry, the digest before it and its own; None for a line that is not what its digest says."""
    content, mark, rest = line.rpartition(b',"digest":"')
    content, digest = content.removeprefix(b'{"entry":'), rest.removesuffix(b'"}\n')
    if not mark or sm3(content).encode() != digest:
        return None
    told = json.loads(content)
    access = Access(**(told["access"] | {"persons": tuple(told["access"]["persons"])}))
    return Entry(told["seq"], told["at"], access), told["before"], digest.decode()
