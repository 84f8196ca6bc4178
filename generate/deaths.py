"""Who died in the last three years, and which registers came to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.households import LOCAL, MIGRANT, YEAR, Families
from generate.setting import Setting
from generate.text import NEVER, Ints, Mask

THREE_YEARS = 1095


@dataclass
class Deaths:
    """By person; days are NEVER for the living."""

    day: Ints
    cremated: Ints
    cancelled: Ints
    """The day the police strike the person from the register."""
    health_knows: Mask
    funeral_knows: Mask

    @property
    def dead(self) -> Mask:
        """Who is dead on the last day."""
        return self.day > NEVER


def draw_deaths(setting: Setting, families: Families) -> Deaths:
    """Deaths by age, and the registers' knowledge of each."""
    rng, today, length = setting.rng, setting.today, len(families)
    age = (today - families.birth) / YEAR
    hazard = np.select(
        [age < 1, age < 40, age < 60, age < 70, age < 80, age < 90], [0, 0.002, 0.008, 0.03, 0.1, 0.24], 0.45
    )
    dying = (rng.random(length) < hazard) & (families.kind <= MIGRANT)
    day = np.where(dying, today - rng.integers(3, THREE_YEARS, length), NEVER)
    health = dying & (rng.random(length) < 0.9)
    funeral = dying & (rng.random(length) < 0.88)
    police = dying & (families.kind == LOCAL) & (rng.random(length) < 0.8)
    _leave_one(setting, dying, (health, funeral, police))
    burnt = dying & (funeral | (rng.random(length) < 0.5))
    cremated = np.where(burnt, day + rng.integers(1, 5, length), NEVER)
    cancelled = np.where(police, day + rng.integers(3, 60, length), NEVER)
    return Deaths(day, cremated, cancelled, health, funeral)


def _leave_one(setting: Setting, dying: Mask, knows: tuple[Mask, Mask, Mask]) -> None:
    """Decide which deaths just one register knows; all others are known to two at least."""
    rng = setting.rng
    health, funeral, police = knows
    alone = dying & (rng.random(len(dying)) < setting.rates.death_known_to_one)
    health |= dying & ~alone
    several = health.astype(int) + funeral + police
    funeral |= dying & ~alone & (several < 2)
    chosen = rng.integers(0, 3, len(dying))
    chosen = np.where((chosen == 2) & ~police, 0, chosen)
    for number, known in enumerate(knows):
        known[alone] = chosen[alone] == number
