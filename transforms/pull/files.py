"""Files that a department puts down: in a mounted folder, on an SFTP server, in an object store."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Protocol

from contracts.model import BucketSource, FileSource, is_called, with_small_ending
from transforms.pull import Connection, InterruptedPullError, Patience, Pulled, PullError
from transforms.pull.arrival import Arrival, Landing, append_from, day_of, sha256

DAY = "{day}"
DAY_IN_NAME = re.compile(r"(?<!\d)(\d{8})(?!\d)")
CONTROL = ".ctl"


@dataclass(frozen=True)
class Remote:
    """A file as its server lists it; ``version`` changes with its content, ``modified`` is in seconds since 1970."""

    path: str
    size: int
    version: str
    modified: float

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


class Store(Protocol):
    """A server of files. Its calls raise InterruptedPullError for what may pass, PullError for the rest."""

    def listed(self, folder: str) -> list[Remote]: ...

    def read(self, remote: Remote, offset: int) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Offer:
    """The files of one day as the server has them now."""

    day: date
    files: tuple[Remote, ...]

    @property
    def versions(self) -> dict[str, str]:
        return {f.name: f"{f.size} {f.version}" for f in self.files}


def pull_files(
    store: Store, connection: Connection, landing: Landing, source: FileSource | BucketSource, patience: Patience
) -> Iterator[Pulled]:
    """Fetch every day whose files are new or have changed, oldest first."""
    for offer in patience.again(lambda: offers(store, landing, source)):
        arrival = Arrival(landing, offer.day)
        arrival.heal()
        before = landing.receipt(offer.day)
        if landing.is_delivered_by_hand(offer.day) or (before and before["versions"] == offer.versions):
            continue
        if reason := _not_complete(landing, source, offer):
            yield Pulled(arrival.reference, "waiting", reason)
            continue
        yield _fetched(store, connection, arrival, offer, patience)


def offers(store: Store, landing: Landing, source: FileSource | BucketSource) -> list[Offer]:
    """What the server has of this dataset, by day."""
    folder, _, _ = source.path.partition(DAY)
    found: dict[date, list[Remote]] = {}
    for remote in store.listed(folder.rpartition("/")[0] if DAY in source.path else source.path):
        day = _day(remote, source.path)
        if day is not None and _is_agreed(remote.name, landing):
            found.setdefault(day, []).append(remote)
    return [Offer(day, tuple(sorted(files, key=lambda f: f.name))) for day, files in sorted(found.items())]


def _day(remote: Remote, template: str) -> date | None:
    folder = str(PurePosixPath(remote.path).parent)
    if DAY in template:
        pattern = re.escape(template.strip("/")).replace(re.escape(DAY), r"(\d{8})")
        found = re.fullmatch(pattern, folder.strip("/"))
    else:
        found = DAY_IN_NAME.search(remote.name) if folder.strip("/.") == template.strip("/.") else None
    try:
        return day_of(found[1]) if found else None
    except PullError:
        return None


def _is_agreed(name: str, landing: Landing) -> bool:
    patterns = [glob for layout in landing.dataset.delivery.layouts for glob in layout.offered_as]
    return any(is_called(name, p) or is_called(name, p + CONTROL) for p in patterns)


def _not_complete(landing: Landing, source: FileSource | BucketSource, offer: Offer) -> str:
    """Why the offer is still being written, as far as can be seen from its listing."""
    names = {with_small_ending(f.name) for f in offer.files}
    data = {name for name in names if not name.endswith(CONTROL)}
    if landing.dataset.delivery.control == "required":
        alone = sorted(name for name in data if name + CONTROL not in names)
        alone += sorted(n for n in names - data if n.removesuffix(CONTROL) not in data)
        if alone:
            return f"{alone[0]}: its {'data' if alone[0].endswith(CONTROL) else 'control'} file has not come yet"
    # a clock that was set back makes ages negative: they say nothing then
    young = [f.name for f in offer.files if 0 <= time.time() - f.modified < source.settled]
    return f"{young[0]} was written less than {source.settled} s ago" if young else ""


def _fetched(store: Store, connection: Connection, arrival: Arrival, offer: Offer, patience: Patience) -> Pulled:
    if arrival.progress() != offer.versions:
        arrival.begin_again()
        arrival.note(offer.versions)
    for remote in offer.files:
        patience.again(lambda remote=remote: _fetch(store, connection, remote, arrival.partial / remote.name, patience))  # type: ignore[misc]
    now = {f.name: f"{f.size} {f.version}" for f in _same_files(store, offer)}
    if now != offer.versions:
        return Pulled(arrival.reference, "waiting", "the files changed while they were read; they are read again")
    names = [f.name for f in offer.files]
    size = arrival.land(connection.id, names, versions=offer.versions)
    return Pulled(arrival.reference, "landed", bytes=size)


def _same_files(store: Store, offer: Offer) -> list[Remote]:
    names = {f.path for f in offer.files}
    folder = str(PurePosixPath(offer.files[0].path).parent)
    return [f for f in store.listed("" if folder == "." else folder) if f.path in names]


def _fetch(store: Store, connection: Connection, remote: Remote, into: Path, patience: Patience) -> None:
    """Read a file on from where it was cut off, and hold its size and its server's digest against what came."""
    had = into.stat().st_size if into.exists() else 0
    if had > remote.size:
        had = 0
    ends = time.monotonic() + patience.deadline(remote.size - had)
    with append_from(into, had) as file:
        for chunk in store.read(remote, had) if had < remote.size else ():
            file.write(chunk)
            if time.monotonic() > ends:
                raise InterruptedPullError(_said(connection, remote, f"comes slower than {patience.slowest} bytes a second"))
    came = into.stat().st_size
    if came != remote.size:
        if came > remote.size:
            into.unlink()
        raise InterruptedPullError(_said(connection, remote, f"{came} bytes came of {remote.size}"))
    expected = remote.version.removeprefix("sha256:")
    if expected != remote.version and expected != sha256(into):
        into.unlink()
        raise InterruptedPullError(_said(connection, remote, "the bytes that came are not those of the server's digest"))


def _said(connection: Connection, remote: Remote, what: str) -> str:
    return f"connection {connection.id}: {remote.name}: {what}"
