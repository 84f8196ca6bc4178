"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Day = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day, YYYY-MM-DD.")]


def day_of(moment: datetime | None) -> date | None:
    """The day that ``--as-of`` names, None where it was left away."""
    return moment.date() if moment else None
