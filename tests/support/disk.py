"""A small disk of its own, so that "no space left" is the kernel's own answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Disk:
    """A tmpfs mounted at ``root``."""

    root: Path

    def grow(self, size: str) -> None:
        _mount("-o", f"remount,size={size}", str(self.root))

    def fill(self, leave: int = 0) -> None:
        """Write until ``leave`` bytes are free, rounded up to whole pages."""
        ballast = self.root / ".ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                file.truncate(max(0, file.tell() - leave))

    def empty(self) -> None:
        (self.root / ".ballast").unlink()


@contextmanager
def disk(root: Path, size: str) -> Iterator[Disk]:
    """Mount a disk of ``size``; skips the test where this user may not mount."""
    root.mkdir(parents=True, exist_ok=True)
    try:
        _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(root))
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("this user may not mount a disk")
    try:
        yield Disk(root)
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
