"""How often deliveries come, and spans of time, in days and months of the calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple

from contracts.model.agreed import Agreed

Cadence = Literal["daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly"]


class Rhythm(NamedTuple):
    """``months`` that a period has (none of a day and a week), the most ``days`` between two deliveries, and words for people."""

    months: int
    days: int
    label: str


RHYTHMS: dict[Cadence, Rhythm] = {
    "daily": Rhythm(0, 0, "每日 daily"),
    "weekly": Rhythm(0, 7, "每周 weekly"),
    "monthly": Rhythm(1, 31, "每月 monthly"),
    "quarterly": Rhythm(3, 92, "每季度 quarterly"),
    "half_yearly": Rhythm(6, 184, "每半年 half-yearly"),
    "yearly": Rhythm(12, 366, "每年 yearly"),
}


def period(day: date, cadence: Cadence) -> tuple[int, ...]:
    """The day, the week (ISO), or the months of a calendar year in which ``day`` lies; later ones are greater."""
    if months := RHYTHMS[cadence].months:
        return day.year, (day.month - 1) // months
    return tuple(day.isocalendar()[:2]) if cadence == "weekly" else (day.toordinal(),)


class Span(Agreed):
    """A span of time as a contract tells it (``shown``): days, or months of the calendar."""

    shown: str
    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """The day so long before ``day``; where its month has no such day, the last that it has."""
        year, month = divmod(day.year * 12 + day.month - 1 - self.months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])) - timedelta(days=self.days)
