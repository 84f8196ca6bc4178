"""Working days of the People's Republic: weekends, public holidays and the weekend days worked in exchange."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

OBJECTION_DAYS = 10
"""Working days in which the owner verifies and answers (政务数据共享条例 art. 26)."""


@lru_cache(maxsize=16)
def _calendar(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=[year, year + 1])


def add_working_days(day: date, number: int) -> date:
    """The day ``number`` working days after ``day``."""
    calendar = _calendar(day.year)
    current = day
    while number > 0:
        current += timedelta(days=1)
        number -= calendar.is_working_day(current)
    return current
