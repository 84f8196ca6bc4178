"""Codes of divisions (GB/T 2260, and below a county GB/T 10114), as far as contracts and keys name them."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

COUNTY, LONGEST = 6, 12  # digits


def begins_a_division(code: str, divisions: Path) -> bool:
    """Whether a code of a province, prefecture, county, township or village can begin with ``code``, by the table of divisions."""
    return code.isascii() and code.isdigit() and len(code) <= LONGEST and code[:COUNTY] in _beginnings(divisions)


@lru_cache(maxsize=4)
def _beginnings(divisions: Path) -> frozenset[str]:
    with divisions.open(encoding="utf-8-sig", newline="") as lines:
        codes = [row["code"] for row in csv.DictReader(lines)]
    return frozenset(code[:digits] for code in codes for digits in range(1, COUNTY + 1))
