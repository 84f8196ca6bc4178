"""Machines that work on one home, which a file of keys may seal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class WorkedOn(ABC):
    """A home that machines work on; what belongs to the machines and the keys lies in ``folder``."""

    folder: Path

    @abstractmethod
    def environment(self, machine: str) -> dict[str, str]:
        """The variables under which a machine works on this home."""

    @property
    def keys(self) -> Path:
        """The file of keys by which the home is sealed; without it the home is open."""
        return self.folder / "keys"

    def given(self, *lines: str) -> None:
        """Put these keys, and no others, into the file of keys."""
        self.keys.write_text("".join(lines))
        self.keys.chmod(0o600)

    @contextmanager
    def machine(self, name: str) -> Iterator[None]:
        """Work as this machine."""
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in self.environment(name).items():
                patch.setenv(variable, value)
            yield
