"""The one folder that a run writes to, and where everything lies in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """``RENKOU_HOME``: landed batches, builds in progress, the published warehouse, extracts, reports."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        return cls(Path(os.environ.get("RENKOU_HOME", "home")).resolve())

    @property
    def landing(self) -> Path:
        """The folder into which the departments deliver; ``RENKOU_LANDING`` names another."""
        chosen = os.environ.get("RENKOU_LANDING")
        return Path(chosen).resolve() if chosen else self.root / "landing"

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
        """What people decided about pairs of records; the one thing here, beside landed/, that cannot be made again."""
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

    def build_file(self, as_of: date) -> Path:
        return self.builds / f"{as_of:%Y%m%d}.duckdb"
