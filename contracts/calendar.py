"""Working days of the People's Republic: weekends, public holidays and the weekend days worked in exchange."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

from contracts.model import Calendar

SATURDAY = 5


@lru_cache(maxsize=16)
def _library(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=[year])


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether offices work on ``day``; a year that ``calendar`` tells counts as it stands there."""
    told = calendar.years.get(day.year)
    if told is None:
        return bool(_library(day.year).is_working_day(day))
    return day in told.worked or (day.weekday() < SATURDAY and day not in told.off)


def is_announced(year: int, calendar: Calendar) -> bool:
    """Whether it is known which weekend days of a year are worked in exchange (国务院办公厅 announces them in the autumn before).

    Every year since 2008 had such days, so a year without any is one that the library only reckons.
    """
    return year in calendar.years or any(day.year == year for day in _library(year).weekend_workdays)


def add_working_days(day: date, number: int, calendar: Calendar) -> date:
    """The day ``number`` working days after ``day``."""
    current = day
    while number > 0:
        current += timedelta(days=1)
        number -= is_working_day(current, calendar)
    return current
