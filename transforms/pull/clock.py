"""What day it is, in the county: by the server's clock, as long as ours does not say another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from transforms.pull import Connection, PullError
from warehouse import clock as county

APART = timedelta(hours=1)


@dataclass(frozen=True)
class Now:
    """The day of what is pulled now, and the moment up to which all changes have been asked for."""

    day: date
    moment: datetime


def agreed(connection: Connection, told: datetime) -> Now:
    """Now, by the server's clock, ``told``. Where it is far off and the connection says that it does not count: the day by ours,
    and the earlier moment of both, as changes bear the server's time.

    Raises PullError where the two are far apart: one of them is wrong, and by a wrong one a batch gets a day that is none, and
    changes are asked for since a time that has not come.
    """
    here = county.now()
    if abs(told - here) <= APART:
        return Now(told.astimezone(county.COUNTY).date(), told)
    if str(connection.extra.get("no_clock_check", "")).lower() == "true":
        return Now(here.date(), min(here, told))
    there = told.astimezone(county.COUNTY)
    what = f"the server's clock says {there:%Y-%m-%d %H:%M} and ours {here:%Y-%m-%d %H:%M}; have the wrong one set right"
    remedy = "or let ours count, no_clock_check in the connection's extra"
    raise PullError(f"connection {connection.id}: {what}, {remedy}")
