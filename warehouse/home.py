"""The one folder that a run writes to, and where everything lies in it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from warehouse.faults import RenkouError, WrongUseError

S3 = "s3://"
SEALED = "SEALED"
"""The name of the file that says of a folder that it is a sealed home."""
SHARED_MEMORY = Path("/dev/shm")

# What processes of one machine share, and what is not finished.
NOT_KEPT = re.compile(r"(^|/)([^/]*\.(lock|partial|removed|wal|tmp|spill)|\.[^/]+\.[0-9a-f]{8})(/|$)|^api/(rates|failures)$")


def _nothing() -> None:
    """A folder needs no writing back."""


def _there(_path: Path) -> None:
    """In a folder every file is there."""


@dataclass(frozen=True)
class Home:
    """``RENKOU_HOME``: landed batches, builds in progress, the published warehouse, extracts, reports.

    A home on an object store (``store``, ``s3://bucket/prefix``), or in a folder that is sealed (``store``, its path), is worked on in
    a copy at ``root``; ``warehouse.working_copy`` brings it up to date and writes it back, and ``keep`` writes back what is finished
    while a command goes on. Of releases that are not published a writer's copy has the names alone, until ``need`` brings one.
    """

    root: Path
    store: str | None = None
    keep: Callable[[], None] = field(default=_nothing, repr=False, compare=False)
    need: Callable[[Path], None] = field(default=_there, repr=False, compare=False)

    @classmethod
    def from_environment(cls) -> Home:
        """The home that ``RENKOU_HOME`` names, sealed when ``RENKOU_KEYS`` names keys.

        Raises WrongUseError for a URL that is no ``s3://bucket/prefix`` and for a file, RenkouError for a sealed home without keys.
        """
        told = os.environ.get("RENKOU_HOME", "home")
        if "://" not in told:
            folder = Path(told).resolve()
            if in_the_way := next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None):
                raise WrongUseError(f"RENKOU_HOME={told}: {in_the_way} is a file; name a folder")
            if _has_key():
                return cls(_copies(str(folder), _memory()) / "home", str(folder))
            if (folder / SEALED).exists():
                raise RenkouError(f"{folder} is sealed: set RENKOU_KEYS to the file of its keys")
            return cls(folder)
        store = told.rstrip("/")
        if not store.startswith(S3) or not store.removeprefix(S3).partition("/")[0]:
            raise WrongUseError(f"RENKOU_HOME={told}: name a folder, or s3://bucket/prefix")
        base = _memory() if _has_key() else Path(os.environ.get("RENKOU_CACHE") or _cache())
        return cls(_copies(store, base) / "home", store)

    @property
    def is_sealed(self) -> bool:
        """Whether what is written is sealed before it lies on a disk or a store."""
        return self.store is not None and _has_key()

    @property
    def folder(self) -> Path | None:
        """Where a sealed home lies on a disk of this machine."""
        return Path(self.store) if self.store and not self.store.startswith(S3) else None

    @property
    def left_open(self) -> Path | None:
        """The copy of a store's home that was worked on here before there was a key."""
        if not self.is_sealed or self.folder or not (left := _copies(str(self.store), _cache())).exists():
            return None
        return left if left != self.root.parent else None

    def address(self, path: Path) -> str:
        """Where others find a file or folder below the home: its path, or its URL on the store."""
        return f"{self.store}/{path.relative_to(self.root).as_posix()}" if self.store else str(path)

    @property
    def landing(self) -> Path:
        """The folder into which the departments deliver; ``RENKOU_LANDING`` names another."""
        chosen = os.environ.get("RENKOU_LANDING")
        return self.here(Path(chosen)) if chosen else self.root / "landing"

    def here(self, path: Path) -> Path:
        """Where to work on what somebody names by its path: in the copy, for what lies in a sealed home."""
        path = path.resolve()
        return self.root / path.relative_to(self.folder) if self.folder and path.is_relative_to(self.folder) else path

    @property
    def landed(self) -> Path:
        """Batches as they were taken in, one folder a batch, each complete once its manifest.json is there."""
        return self.root / "landed"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse"

    @property
    def current(self) -> Path:
        return self.warehouse / "current.duckdb"

    @property
    def extracts(self) -> Path:
        return self.root / "extracts"

    @property
    def decisions(self) -> Path:
        """What people decided about pairs of records."""
        return self.root / "decisions"

    @property
    def approvals(self) -> Path:
        """What people decided of batches and releases, one file a decision."""
        return self.root / "approvals"

    @property
    def orders(self) -> Path:
        """Work orders as they were sent, a folder for each department and release."""
        return self.root / "orders"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def data_docs(self) -> Path:
        return self.root / "data_docs"

    @property
    def access_log(self) -> Path:
        """Who looked at whose data; see ``warehouse.access_log``."""
        return self.root / "access_log"

    @property
    def copy_name(self) -> str:
        """The name of the working copy, never used by another one; empty for a folder, which has no copies."""
        return (self.root.parent / "name").read_text(encoding="utf-8") if self.store else ""

    @property
    def submissions(self) -> Path:
        """What citizens confirmed, corrected and added in forms, one file a submission; never changed."""
        return self.root / "submissions"

    @property
    def secrets(self) -> Path:
        """Keys that seal and encrypt; for the pipeline's own user alone."""
        return self.root / "secrets"

    @property
    def keys(self) -> Path:
        """The digests of the form systems' keys, and what each is for."""
        return self.root / "api" / "keys.json"

    @property
    def rates(self) -> Path:
        """How often each key has asked of late."""
        return self.root / "api" / "rates"

    @property
    def failures(self) -> Path:
        """How often each address has asked without a valid key of late."""
        return self.root / "api" / "failures"

    @property
    def turn(self) -> Path:
        """Where the API's processes wait for their turn to open a new release."""
        return self.root / "api" / "turn"

    def build_file(self, as_of: date) -> Path:
        return self.builds / f"{as_of:%Y%m%d}.duckdb"


def _copies(store: str, base: Path) -> Path:
    """A folder for each store; the same bucket's name at another endpoint is another store."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    name = store.removeprefix(S3).strip("/").replace("/", "_")
    return base.resolve() / f"{name[-100:]}-{hashlib.sha256(f'{endpoint} {store}'.encode()).hexdigest()[:8]}"


def _has_key() -> bool:
    return bool(os.environ.get("RENKOU_KEYS"))


def _cache() -> Path:
    """Where an open home on a store is worked on, unless ``RENKOU_CACHE`` names another folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "renkou"


def _memory() -> Path:
    """Where a sealed home is worked on: a folder whose bytes never reach a disk."""
    if told := os.environ.get("RENKOU_CACHE"):
        return Path(told)
    if not os.access(SHARED_MEMORY, os.W_OK):
        raise WrongUseError("RENKOU_KEYS is set, so RENKOU_HOME is sealed: set RENKOU_CACHE to a folder in memory (tmpfs) to work in")
    return SHARED_MEMORY / f"renkou-{os.getuid()}"
