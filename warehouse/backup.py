"""Backup and restore: all that cannot be made again, in one file, sealed when a key is given.

What is kept: the published release (it is the ledger of identities), the landed batches, what people decided, reports, proofs of
deletion, and the landing folder where it lies in ``RENKOU_HOME``. Builds, extracts and Data Docs are made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from warehouse.durable import one_at_a_time, sync
from warehouse.faults import RenkouError, WrongUseError
from warehouse.home import NOT_KEPT, Home
from warehouse.publish import current_release
from warehouse.sealing import Keys, SealingWriter, as_file, content_of, key_name

MADE_AGAIN = ("airflow", "builds", "data_docs", "extracts")
LIST = "files.json"
CHUNK = 1 << 20


@dataclass(frozen=True)
class BackedUp:
    """A backup: its file, how many files and bytes it holds, and by which key it is sealed."""

    path: Path
    files: int
    bytes: int
    key: str | None


def backup(home: Home, to: Path, keys: Keys | None) -> BackedUp:
    """Write ``to/renkou-<time>.tar`` (``.tar.sealed`` with a key), and read it back. Builds and publishing wait meanwhile."""
    to.mkdir(parents=True, exist_ok=True)
    path = to / f"renkou-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.tar{'.sealed' if keys else ''}"
    partial = path.with_name(f".{path.name}.partial")
    with one_at_a_time(home.builds), one_at_a_time(home.warehouse):
        kept = list(_kept(home))
        if not kept:
            raise WrongUseError(f"{home.root}: nothing is there to be kept; is RENKOU_HOME right?")
        with _written(partial, keys) as stream, tarfile.open(fileobj=stream, mode="w|") as archive:
            told = [_add(archive, home, file) for file in kept]
            _add_text(archive, LIST, json.dumps(told))
    sync(partial)
    _verify(partial, keys)
    partial.replace(path)
    path.chmod(0o400)
    return BackedUp(path, len(told), sum(f["bytes"] for f in told), keys.current if keys else None)


def restore(home: Home, path: Path, keys: Keys | None) -> BackedUp:
    """Put a backup into an empty ``RENKOU_HOME``, every byte held against its digest before anything is put there."""
    if home.root.exists() and any(home.root.iterdir()):
        raise WrongUseError(f"{home.root} is not empty; restore into a new folder and set RENKOU_HOME to it")
    told = _verify(path, keys)
    partial = home.root.with_name(f".{home.root.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    with _archive(path, keys) as archive:
        for member in archive:
            if member.name != LIST:
                archive.extract(member, partial, filter="data")
    if home.root.exists():
        home.root.rmdir()
    partial.replace(home.root)
    return BackedUp(path, len(told), sum(f["bytes"] for f in told), key_name(path))


def reseal(path: Path, keys: Keys) -> BackedUp:
    """Seal a backup with the current key instead of the one that it has."""
    told = _verify(path, keys)
    target = path.with_name(path.name.removesuffix(".sealed") + ".sealed")
    partial = path.with_name(f".{path.name}.partial")
    with _written(partial, keys) as stream:
        for piece in content_of(path, keys):
            stream.write(piece)
    sync(partial)
    _verify(partial, keys)
    partial.replace(target)
    target.chmod(0o400)
    if target != path:
        path.unlink()
    return BackedUp(target, len(told), sum(f["bytes"] for f in told), keys.current)


def _kept(home: Home) -> Iterator[Path]:
    """What is kept, the release first; of the warehouse only what is published."""
    if current_release(home):
        yield home.current.resolve()
        yield home.current
    for path in sorted(home.root.rglob("*")):
        place = path.relative_to(home.root)
        if place.parts[0] in {*MADE_AGAIN, home.warehouse.name} or NOT_KEPT.search(place.as_posix()):
            continue
        if path.is_file():
            yield path


def _add(archive: tarfile.TarFile, home: Home, path: Path) -> dict[str, Any]:
    name = path.relative_to(home.root.resolve() if path.is_relative_to(home.root.resolve()) else home.root).as_posix()
    archive.add(path, name, recursive=False)
    if path.is_symlink():
        return {"name": name, "bytes": 0, "sha256": None}
    with path.open("rb") as content:
        return {"name": name, "bytes": path.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    archive.addfile(entry, io.BytesIO(text.encode()))


@contextmanager
def _written(path: Path, keys: Keys | None) -> Iterator[Any]:
    with ExitStack() as stack:
        file = stack.enter_context(path.open("wb"))
        if keys is None:
            yield file
            return
        writer = SealingWriter(file, keys)
        yield writer
        writer.close()


@contextmanager
def _archive(path: Path, keys: Keys | None) -> Iterator[tarfile.TarFile]:
    if not path.is_file():
        raise WrongUseError(f"{path}: no such backup")
    try:
        with tarfile.open(fileobj=as_file(content_of(path, keys)), mode="r|") as archive:
            yield archive
    except tarfile.TarError:
        raise RenkouError(f"{path}: cut off or not a backup; use another copy") from None


def _verify(path: Path, keys: Keys | None) -> list[dict[str, Any]]:
    """Hold every file in the backup against the list at its end. Raises RenkouError."""
    found: dict[str, str | None] = {}
    told: list[dict[str, Any]] | None = None
    with _archive(path, keys) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if member.name == LIST and content:
                told = json.loads(content.read())
            else:
                _inside(path, member.name)
                found[member.name] = _digest(content) if content else None
    if told is None or {f["name"]: f["sha256"] for f in told} != found:
        raise RenkouError(f"{path}: not all files are as they were backed up; use another copy")
    return told


def _inside(path: Path, name: str) -> None:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise RenkouError(f"{path}: holds a path outside RENKOU_HOME; not a backup of renkou")


def _digest(content: Any) -> str:
    digest = hashlib.sha256()
    while piece := content.read(CHUNK):
        digest.update(piece)
    return digest.hexdigest()
