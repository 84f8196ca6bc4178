"""What every step of drawing a county needs."""

from __future__ import annotations

from dataclasses import dataclass

from generate.rates import Rates
from generate.text import Rng


@dataclass(frozen=True)
class Setting:
    """The random numbers, the first day, how many days, and the rates."""

    rng: Rng
    today: int
    days: int
    rates: Rates
