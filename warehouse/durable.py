"""Files and folders that are there whole, or not at all, also after a power cut."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Replace a small file in one step; a reader sees the old text or the new one."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    sync(partial)
    partial.replace(path)
    sync(path.parent)


def put_in_place(partial: Path, folder: Path) -> None:
    """Give a finished folder its name; one of that name can only be what a machine that died put half on a store."""
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)


def remove_folder(folder: Path) -> None:
    """Take a folder away: it is gone under its name at once, its files follow."""
    going = folder.with_name(f".{folder.name}.removed")
    shutil.rmtree(going, ignore_errors=True)
    folder.rename(going)
    shutil.rmtree(going)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for any other process that changes ``folder``; a killed process lets go by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
