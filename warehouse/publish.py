"""Make a finished build the published warehouse, in steps that may be cut off anywhere."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path

from warehouse.durable import one_at_a_time, sync
from warehouse.faults import NotFoundError, RenkouError
from warehouse.home import Home

PREFIX = "release_"
KEPT_AT_LEAST = 2


def publish(build_file: Path, home: Home, release_id: str, keep: int = 14) -> None:
    """Publish ``build_file`` as ``warehouse/release_<release_id>.duckdb`` and point ``current.duckdb`` at it.

    The build must be checkpointed and closed. ``keep`` releases stay, never fewer than two, so that a reader
    who is just opening the last one still finds it. Killed between any two steps, the last good release stays
    published; the same call again ends the work, also when the build file has already been moved.
    Raises RenkouError when there is nothing to publish or the build was left open.
    """
    release = home.warehouse / _file_name(release_id)
    with one_at_a_time(home.warehouse):
        _bring_in(build_file, release)
        _point_at(home.current, release)
        _prune(home, max(keep, KEPT_AT_LEAST))


def current_release(home: Home) -> str | None:
    """The id of the release that readers get, or None before the first one."""
    if not home.current.is_symlink() or not home.current.exists():
        return None
    return _release_id(home.current.resolve())


def releases(home: Home) -> tuple[str, ...]:
    """Ids of the releases that are kept, newest first."""
    return tuple(_release_id(path) for path in _newest_first(home))


def release_file(home: Home, release_id: str) -> Path:
    """The file of a release, whether it is kept or not."""
    return home.warehouse / _file_name(release_id)


def published(home: Home) -> Path:
    """The file of the current release, by its own name: who opens it stays with this release.

    Raises NotFoundError before the first release.
    """
    if current_release(home) is None:
        raise NotFoundError(f"{home.current}: nothing is published yet; run `renkou run --landing DIR` first")
    return home.current.resolve()


def _file_name(release_id: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", release_id):
        raise RenkouError(f"release id {release_id!r}: letters, digits, '_', '.' and '-' only")
    return f"{PREFIX}{release_id}.duckdb"


def _release_id(path: Path) -> str:
    return path.stem.removeprefix(PREFIX)


def _newest_first(home: Home) -> list[Path]:
    found = home.warehouse.glob(f"{PREFIX}*.duckdb")
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _bring_in(build_file: Path, release: Path) -> None:
    if not build_file.exists():
        if release.exists():
            return  # moved by a call that was cut off afterwards
        raise RenkouError(f"{build_file}: no such build; run the build again")
    if build_file.with_name(f"{build_file.name}.wal").exists():
        raise RenkouError(f"{build_file}: has a write-ahead log; checkpoint and close the build first")
    sync(build_file)
    _move(build_file, release)
    release.chmod(0o444)
    sync(release.parent)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = target.with_suffix(".partial")
        try:
            shutil.copyfile(source, partial)
            sync(partial)
        except OSError:
            partial.unlink(missing_ok=True)  # what does not fit would keep the disk full
            raise
        partial.replace(target)
        source.unlink()


def _point_at(current: Path, release: Path) -> None:
    # A relative symbolic link: it is swapped in one step, whoever has the old release open keeps it, the
    # folder may be moved whole, and DuckDB resolves it. With a hard link a process that holds the old release
    # open gets it again on its next connect, because DuckDB shares databases within a process by their path.
    partial = current.with_name(f".{current.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(release.name)
    partial.replace(current)
    sync(current.parent)


def _prune(home: Home, keep: int) -> None:
    now = home.current.resolve()
    older = [path for path in _newest_first(home) if path != now]
    for path in older[keep - 1 :]:
        path.unlink()
