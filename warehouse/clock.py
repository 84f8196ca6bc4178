"""What day it is in the county, whatever zone a machine or container is set to."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

COUNTY = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Now, by this machine's clock."""
    return datetime.now(COUNTY)


def today() -> date:
    """The day in the county: forms, keys and retention go by it."""
    return now().date()
