"""A home whose files are sealed, and machines that work on it, each with a memory of its own."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.support.command import NOT_OURS, ROOT
from tests.support.machines import WorkedOn
from tests.support.release import rows
from warehouse.at_rest import OPEN
from warehouse.home import NOT_KEPT, SEALED
from warehouse.object_store import LOCKS
from warehouse.sealing import Keys, content_of, key_name

OLD, NEW = f"old:{'6f' * 16}\n", f"new:{'6e' * 16}\n"

# The command, killed in the middle of putting its nth file in its place; several are put at a time, and those before lie there by then.
CUT = """
import os, signal, sys, threading
from warehouse.folder_store import FolderStore
left, replaced, one_by_one = [int(sys.argv.pop(1))], FolderStore._replaced, threading.Lock()
def cut(*given):
    with one_by_one:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return replaced(*given)
FolderStore._replaced = cut
from cli.main import app
app()
"""


@dataclass(frozen=True)
class SealedHome(WorkedOn):
    """A sealed home in ``folder/home``, its keys in ``folder/keys``."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "home"

    def environment(self, machine: str) -> dict[str, str]:
        return {"RENKOU_HOME": str(self.root), "RENKOU_KEYS": str(self.keys), "RENKOU_CACHE": str(self.folder / machine)}

    def renkou(self, machine: str, *arguments: str) -> Result:
        """What the command answers on this machine."""
        with self.machine(machine):
            return CliRunner().invoke(app, list(arguments))

    def killed(self, machine: str, *arguments: str, at: int) -> None:
        """The command in a process of its own, killed when it puts its nth file in its place."""
        given = {k: v for k, v in os.environ.items() if k not in NOT_OURS} | self.environment(machine)
        command = [sys.executable, "-c", CUT, str(at), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr

    def files(self) -> dict[str, Path]:
        """What lies on the disk, by name."""
        found = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()}
        kept = (name for name in found if not name.startswith(f"{LOCKS}/") and name != SEALED and not NOT_KEPT.search(name))
        return {name: found[name] for name in kept}

    def objects(self) -> dict[str, str]:
        """A digest of every file, as it lies there, by its name."""
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in self.files().items()}

    def closed(self) -> dict[str, Path]:
        """The files that must be sealed."""
        return {name: path for name, path in self.files().items() if name.partition("/")[0] not in OPEN}

    def sealed_with(self) -> set[str | None]:
        return {key_name(path) for path in self.closed().values()}

    def read(self, name: str) -> bytes:
        """A file's content, opened with the keys."""
        with self.machine("reader"):
            return b"".join(content_of(self.root / name, Keys.from_environment()))


def sealed_home(folder: Path) -> SealedHome:
    """A home that nobody has written to yet, with the key ``old``."""
    folder.mkdir(exist_ok=True)
    home = SealedHome(folder)
    home.given(OLD)
    return home


def planted(database: Path) -> list[bytes]:
    """Numbers, names and addresses of some persons, none of which may be found in what is sealed."""
    told = rows(database, "SELECT id_number, name, residence_address FROM person WHERE id_number IS NOT NULL LIMIT 25")
    values = [str(value).encode() for row in told for value in row if value]
    assert len(values) > 50
    return values
