"""The doctor looks at an installation and says what is wrong and what to do about it; it changes nothing."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import duckdb

from contracts.calendar import add_working_days, is_announced
from contracts.check import check
from contracts.model import Contracts
from transforms.pull import Connection, Lookup, PullError
from transforms.questions import questions
from transforms.take_in.ledger import MANIFEST, ledger
from warehouse.at_rest import sealed_by
from warehouse.clock import today
from warehouse.connection import open_read_only
from warehouse.faults import RenkouError
from warehouse.home import Home
from warehouse.parts import EVERYTHING
from warehouse.publish import current_release
from warehouse.sealing import Keys

Level = Literal["fine", "note", "fault"]
PORTS = {"sftp": 22, "postgresql": 5432, "http": 80, "https": 443}
BUILD_NEEDS = 3
"""Times the published release that must be free: the build, the release beside it, and what spills."""
LEAST_FREE = 1 << 30
MEMORY = frozenset({"tmpfs", "ramfs"})
MOUNTS, SWAPS = Path("/proc/self/mounts"), Path("/proc/swaps")


@dataclass(frozen=True)
class Found:
    """One thing that was looked at: how it is, and what to do when it is not fine."""

    level: Level
    subject: str
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    home: Home
    contracts: Contracts
    landing: Path
    lookup: Lookup


def examine(patient: Patient) -> list[Found]:
    """Everything that was looked at, faults first."""
    found = [found for look in LOOKS for found in look(patient)]
    return sorted(found, key=lambda f: ("fault", "note", "fine").index(f.level))


def _installation(_: Patient) -> Iterator[Found]:
    for package in ("duckdb", "apache-airflow", "great-expectations"):
        try:
            yield Found("fine", "installation", f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Found("fault", "installation", f"{package} is missing", "run make setup")


def _contracts(patient: Patient) -> Iterator[Found]:
    errors = [f for f in check(patient.contracts) if f.level == "error"]
    for finding in errors:
        yield Found("fault", "contracts", f"{finding.file}: {finding.where}: {finding.what}", finding.remedy)
    if not errors:
        yield Found("fine", "contracts", f"{len(patient.contracts.datasets)} datasets, no error")


def _without_contract(patient: Patient) -> Iterator[Found]:
    known = {dataset.id for dataset in patient.contracts.datasets}
    for dataset_id in sorted({batch.dataset_id for batch in ledger(patient.home)} - known):
        what = f"{patient.home.landed / dataset_id} was taken in, and no contract speaks of it any more: the next release is without it"
        yield Found("note", "contracts", what, "put the contract back, or take the folder away: nothing purges it")


def _calendar(patient: Patient) -> Iterator[Found]:
    terms, calendar = patient.contracts.order_terms, patient.contracts.calendar
    ends = add_working_days(today(), terms.answer_within + terms.escalate_within, calendar)
    unknown = [year for year in sorted({today().year, ends.year}) if not is_announced(year, calendar)]
    for year in unknown:
        what = f"terms of today end in {year}, whose days off and worked are not known: weekends and the holidays of the law are counted"
        yield Found("note", "calendar", what, f"once they are announced, tell {year} in contracts/calendar.yaml")
    if not unknown:
        yield Found("fine", "calendar", f"the working days of {ends.year} are known")


def _connections(patient: Patient) -> Iterator[Found]:
    named = {(d.pulled_from.connection, d.pulled_from.kind) for d in patient.contracts.datasets if d.pulled_from}
    for name, kind in sorted(named):
        try:
            connection = patient.lookup(name)
        except PullError as error:
            yield Found("fault", "connections", str(error), "mend the connection's setting")
            continue
        if connection is None:
            remedy = f"set AIRFLOW_CONN_{name.upper()}, or have the files laid into the landing folder"
            yield Found("note", "connections", f"{name} ({kind}) is not set up", remedy)
        else:
            yield _mounted(connection) if kind == "folder" else _reached(connection, kind)


def _mounted(connection: Connection) -> Found:
    name, root = f"{connection.id} (folder)", connection.folder
    if root.is_dir():
        return Found("fine", "connections", f"{name}: {root} is there")
    return Found("fault", "connections", f"{name}: {root} is not there", "mount the department's share")


def _reached(connection: Connection, kind: str) -> Found:
    subject, name = "connections", f"{connection.id} ({kind})"
    if connection.host.startswith("/"):
        return Found("fine", subject, f"{name}: a socket of this machine")
    try:
        host, port = _address(connection, kind)
        socket.create_connection((host, port), timeout=5).close()
    except ValueError:
        return Found("fault", subject, f"{name}: its address cannot be read", "mend the connection's setting")
    except OSError as error:
        what = f"{name}: {host}:{port}: {error.strerror or 'no answer'}"
        return Found("fault", subject, what, "ask the office of the network or of the department")
    if kind == "http" and connection.schema == "http":
        return Found("note", subject, f"{name}: its token goes over the network in clear", "have the department offer https")
    return Found("fine", subject, f"{name}: {host}:{port} answers")


def _address(connection: Connection, kind: str) -> tuple[str, int]:
    """Host and port of a server. Raises ValueError for a port that is no number."""
    if kind in ("sftp", "postgresql"):
        return connection.host, connection.port or PORTS[kind]
    told = str((kind == "s3" and connection.extra.get("endpoint_url")) or connection.host)
    scheme = connection.schema if kind == "http" else ""
    url = urlsplit(told if "://" in told else f"{scheme or 'https'}://{told}")
    return url.hostname or "", connection.port or url.port or PORTS.get(url.scheme, 443)


def _space(patient: Patient) -> Iterator[Found]:
    size = patient.home.current.stat().st_size if current_release(patient.home) else 0
    needed = max(BUILD_NEEDS * size, LEAST_FREE)
    kept = [patient.home.folder] if patient.home.folder else []
    for folder in (patient.home.root, patient.landing, *kept):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        free = shutil.disk_usage(there).free
        what = f"{folder}: {free / 2**30:.1f} GiB free, {needed / 2**30:.1f} are needed"
        remedy = "make room: renkou purge, older backups, older extracts"
        yield Found("fine", "space", what) if free >= needed else Found("fault", "space", what, remedy)
        if not os.access(there, os.W_OK):
            level: Level = "fault" if folder == patient.home.root else "note"
            yield Found(level, "space", f"{folder} cannot be written to", "give it to the pipeline's user")


def _clock(patient: Patient) -> Iterator[Found]:
    now = datetime.now(UTC)
    newest = max((datetime.fromisoformat(b.taken_in_at) for b in ledger(patient.home)), default=now)
    if newest > now + timedelta(minutes=5):
        what = f"the clock says {now:%Y-%m-%d %H:%M} UTC, a batch was taken in at {newest:%Y-%m-%d %H:%M}"
        yield Found("fault", "clock", what, "set the clock (chronyc makestep), then run again")
    else:
        yield Found("fine", "clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _locks(patient: Patient) -> Iterator[Found]:
    for folder in (patient.home.builds, patient.home.warehouse):
        path = folder / ".lock"
        if not path.exists():
            continue
        with path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                yield Found("fine", "locks", f"{path} is free")
            except BlockingIOError:
                remedy = f"wait, or see who it is: fuser -v {path}"
                yield Found("note", "locks", f"{path} is held by a process that runs", remedy)


def _half_finished(patient: Patient) -> Iterator[Found]:
    home = patient.home
    remedy = "run again: what is half finished is thrown away or gone on with"
    left = [p for p in sorted(home.builds.glob("*.duckdb")) if not p.name.endswith(".release.duckdb")]
    stopped = {p.stem for p in home.builds.glob("*.json") if json.loads(p.read_text(encoding="utf-8")).get("stops")}
    for build in left:
        if build.stem in stopped:
            what = f"the build of {build.stem} was stopped by its gate"
            yield Found("note", "half finished", what, "renkou approve; docs/runbooks/release-stopped.md")
        else:
            yield Found("note", "half finished", f"{build} was left behind", remedy)
    partial = [*home.landed.glob("*/*/*/*.partial"), *patient.landing.glob("*/*/.*.partial"), *home.extracts.glob("**/*.partial")]
    for path in partial:
        yield Found("note", "half finished", f"{path} was left behind", remedy)
    for folder in home.landed.glob("*/*/*/*"):
        if folder.is_dir() and not folder.name.endswith((".partial", ".removed")) and not (folder / MANIFEST).exists():
            yield Found("fault", "half finished", f"{folder} has no {MANIFEST}", "remove this folder; it is taken in again")
    if not left and not partial:
        yield Found("fine", "half finished", "nothing")


def _release(patient: Patient) -> Iterator[Found]:
    home = patient.home
    if current_release(home) is None:
        if home.current.is_symlink():
            yield Found("fault", "release", f"{home.current} leads nowhere", "docs/runbooks/release-broken.md")
        else:
            yield Found("note", "release", "nothing is published yet", "renkou run --landing DIR")
        return
    try:
        with open_read_only(home.current.resolve()) as connection:
            tables = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'").fetchall()
            for (table,) in tables:
                connection.execute(f'SELECT count(COLUMNS(*)) FROM "{table}"').fetchall()
            as_of = connection.execute("SELECT max(as_of) FROM release").fetchall()[0][0]
    except (duckdb.Error, OSError, RenkouError) as error:
        what = f"{home.current.resolve()}: {type(error).__name__}: the file is damaged"
        yield Found("fault", "release", what, "docs/runbooks/release-broken.md")
        return
    yield Found("fine", "release", f"{current_release(home)}, as of {as_of}, can be read")


def _questions(patient: Patient) -> Iterator[Found]:
    for question in questions(patient.home, patient.contracts):
        yield Found("note", "decisions", f"{question.subject} waits for a person", "renkou approve")


def _secrets(patient: Patient) -> Iterator[Found]:
    if patient.home.root.exists() and patient.home.root.stat().st_mode & stat.S_IRWXO:
        remedy = f"chmod o= {patient.home.root}"
        yield Found("note", "secrets", f"{patient.home.root} holds persons' data and everybody on this machine may read it", remedy)
    for variable in ("RENKOU_KEYS", "RENKOU_CONNECTIONS"):
        named = os.environ.get(variable)
        if named and Path(named).exists() and Path(named).stat().st_mode & (stat.S_IRWXO | stat.S_IRWXG & ~stat.S_IRGRP):
            yield Found("fault", "secrets", f"{named} ({variable}) may be read by others", f"chmod 400 {named}")
    try:
        keys = Keys.from_environment()
    except RenkouError as error:
        yield Found("fault", "secrets", str(error), "mend the file of keys")
        return
    if keys is None:
        what = "RENKOU_KEYS is not set: neither RENKOU_HOME nor backups are sealed"
        yield Found("note", "secrets", what, "docs/runbooks/backup-and-restore.md")
    elif patient.home.is_sealed:
        yield from _sealed(patient.home, keys)


def _sealed(home: Home, keys: Keys) -> Iterator[Found]:
    for name, count in sorted(sealed_by(home, EVERYTHING.reads).items(), key=str):
        what = f"{home.store}: {count:,} files {f'sealed with key {name}' if name else 'not sealed'}"
        if name == keys.current:
            yield Found("fine", "secrets", what)
        elif name and name not in keys.by_name:
            remedy = "put that key's line back into the file of keys, or restore a backup: nothing else opens them"
            yield Found("fault", "secrets", what + ", which RENKOU_KEYS does not have", remedy)
        else:
            yield Found("note", "secrets", what, f"renkou reseal seals them with {keys.current}")
    if _file_system(home.root) not in MEMORY:
        what = f"{home.root}, where the sealed home is worked on, is not in memory"
        yield Found("note", "secrets", what, "set RENKOU_CACHE to a tmpfs, or see to it that this disk is encrypted")
    if home.left_open:
        what = f"{home.left_open}: an open copy of this home, from before there was a key"
        yield Found("note", "secrets", what, f"rm -r {home.left_open}, once the API that used it was started with the key")
    if len(SWAPS.read_text(encoding="utf-8").splitlines()) > 1:
        yield Found("note", "secrets", "swap is on, so that memory may be written to a disk", "encrypt the swap, or turn it off")


def _file_system(path: Path) -> str:
    """The kind of file system on which a folder lies."""
    mounts = [line.split()[1:3] for line in MOUNTS.read_text(encoding="utf-8").splitlines()]
    return max(((place, kind) for place, kind in mounts if path.is_relative_to(place)), key=lambda m: len(m[0]), default=("", ""))[1]


LOOKS: tuple[Callable[[Patient], Iterator[Found]], ...] = (
    _installation,
    _contracts,
    _without_contract,
    _calendar,
    _connections,
    _space,
    _clock,
    _locks,
    _half_finished,
    _release,
    _questions,
    _secrets,
)
