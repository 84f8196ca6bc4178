"""What a record becomes: take in, normalise, link, unify, reconcile."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

VERSION = "0.1.0"
ROOMS = ("contracts", "transforms", "warehouse")
"""What a release is made by; another way of checking, showing or asking makes no other release."""


@cache
def code_version() -> str:
    """The version, and a digest of the code and SQL that make a release: the published day is built anew by a renkou that was mended."""
    digest = hashlib.sha256()
    for room in ROOMS:
        folder = Path(__file__).parents[1] / room
        for path in sorted(p for kind in ("*.py", "*.sql") for p in folder.rglob(kind)):
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return f"{VERSION}+{digest.hexdigest()[:8]}"
