"""What day it is, in the county."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

COUNTY = ZoneInfo("Asia/Shanghai")


def ours() -> datetime:
    """Now, by this machine's clock."""
    return datetime.now(UTC).astimezone(COUNTY)
