"""Marriages, divorces and the marital status that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.households import FATHER, LOCAL, MIGRANT, MOTHER, OUTSIDER, YEAR, Families
from generate.rates import Rates
from generate.setting import Setting
from generate.text import NEVER, Ints, Mask, Reals, Rng, Text, same
from generate.traps import choose

REGISTER_BEGINS = 7670
"""The marriage register holds certificates from 1991 on."""
SINGLE, MARRIED, WIDOWED, DIVORCED = "10", "20", "30", "40"


@dataclass
class Marriages:
    """One row a marriage; a divorce ends it where `ended` is a day."""

    groom: Ints
    bride: Ints
    day: Ints
    ended: Ints
    registered: Mask
    divorce_registered: Mask

    def __len__(self) -> int:
        return len(self.groom)


@dataclass
class Ties:
    """Everybody's marital status and the marriages behind it."""

    status: Text
    marriages: Marriages
    past: Ints
    """For every person the row of an ended marriage, or -1."""
    current: Ints
    """For every person the row of the marriage in force (or ended by death), or -1."""


def marry(setting: Setting, families: Families) -> Ties:
    """Draw the marital lives of all persons."""
    rng, today = setting.rng, setting.today
    status = _status(rng, families, today)
    grooms = np.flatnonzero((families.spouse >= 0) & (families.sex == 1))
    brides = families.spouse[grooms]
    earliest = np.maximum(families.birth[grooms] + 22 * YEAR, families.birth[brides] + 20 * YEAR)
    latest = np.minimum(_first_child(families)[brides] - 200, today - 20)
    waited = rng.exponential(2.2 * YEAR, len(grooms))
    room = np.maximum(latest - earliest, 1)
    # who waited beyond the first child or today married at any time before
    waited = np.where(waited > room, rng.random(len(grooms)) * room, waited)
    day = np.minimum(earliest + waited, today - 2).astype(np.int64)
    now = _marriages(rng, families, (grooms, brides), day, np.full(len(grooms), NEVER))
    past = _past(setting, families, status, now)
    both = Marriages(
        *(np.concatenate([getattr(now, name), getattr(past, name)]) for name in Marriages.__annotations__)
    )
    return Ties(status, both, *_rows(families, both, len(now)))


def _status(rng: Rng, families: Families, today: int) -> Text:
    age = (today - families.birth) / YEAR
    status = same(SINGLE, len(families))
    status[families.spouse >= 0] = MARRIED
    alone = (families.spouse < 0) & (age > 23) & (families.kind <= MIGRANT)
    draw = rng.random(len(families))
    middle = alone & (age > 27) & (age < 60)
    status[middle & (draw < 0.42)] = DIVORCED
    status[middle & (draw > 0.96)] = WIDOWED
    old = alone & (age >= 60)
    status[old & (draw < 0.8)] = WIDOWED
    status[old & (draw > 0.92)] = DIVORCED
    parents = alone & np.isin(families.part, (FATHER, MOTHER))
    status[parents & (status == SINGLE)] = WIDOWED
    return status


def _first_child(families: Families) -> Ints:
    """Birth of the eldest child of every mother, far away where there is none."""
    first = np.full(len(families), 10**7, dtype=np.int64)
    children = np.flatnonzero(families.mother >= 0)
    np.minimum.at(first, families.mother[children], families.birth[children])
    return first


def _marriages(rng: Rng, families: Families, couple: tuple[Ints, Ints], day: Ints, ended: Ints) -> Marriages:
    groom, bride = couple
    kinds = families.kind
    both_moved = (kinds[groom] != LOCAL) & (kinds[bride] != LOCAL)
    share = np.where(both_moved, 0.12, 0.86)
    here = (rng.random(len(groom)) < share) & (day >= REGISTER_BEGINS)
    return Marriages(groom, bride, day, ended, here, (ended > NEVER) & (rng.random(len(groom)) < share))


def _past(setting: Setting, families: Families, status: Text, now: Marriages) -> Marriages:
    """Ended marriages: of the divorced among themselves, and first marriages of some remarried."""
    rng, today = setting.rng, setting.today
    age = (today - families.birth) / YEAR
    outsiders = np.flatnonzero((families.kind == OUTSIDER) & (age > 27))
    men = np.flatnonzero((status == DIVORCED) & (families.sex == 1))
    women = np.flatnonzero((status == DIVORCED) & (families.sex == 2))
    remarried = _remarried(rng, now, age)
    men = np.concatenate(
        [men, outsiders[families.sex[outsiders] == 1], remarried[families.sex[remarried] == 1]]
    )
    women = np.concatenate(
        [women, outsiders[families.sex[outsiders] == 2], remarried[families.sex[remarried] == 2]]
    )
    grooms, brides = _couples(families, men, women)
    start = np.maximum(families.birth[grooms] + 22 * YEAR, families.birth[brides] + 20 * YEAR)
    day = (start + rng.exponential(1.5 * YEAR, len(grooms))).astype(np.int64)
    again = np.full(len(families), today - 60, dtype=np.int64)
    again[now.groom], again[now.bride] = now.day - 60, now.day - 60
    last = np.minimum(again[grooms], again[brides])
    fits = day + 400 < last
    grooms, brides, day, last = grooms[fits], brides[fits], day[fits], last[fits]
    together = 300 + rng.random(len(day)) ** 1.5 * np.minimum(last - day - 300, 15 * YEAR)
    ended = (day + together).astype(np.int64)
    past = _marriages(rng, families, (grooms, brides), day, ended)
    again_here = np.isin(grooms, now.groom[now.registered]) | np.isin(brides, now.bride[now.registered])
    _settle_divorces(rng, past, again_here & past.registered, setting.rates)
    status[grooms[families.kind[grooms] == OUTSIDER]] = DIVORCED
    status[brides[families.kind[brides] == OUTSIDER]] = DIVORCED
    return past


def _settle_divorces(rng: Rng, past: Marriages, remarried: Mask, rates: Rates) -> None:
    """A remarried person's divorce is on record, but for the contradictions to be planted."""
    past.divorce_registered |= remarried
    past.divorce_registered[choose(rng, remarried, rates.marital_contradiction)] = False


def _remarried(rng: Rng, now: Marriages, age: Reals) -> Ints:
    grooms = now.groom[(age[now.groom] > 33) & (rng.random(len(now)) < 0.06)]
    brides = now.bride[(age[now.bride] > 31) & (rng.random(len(now)) < 0.06)]
    return np.concatenate([grooms, brides])


def _couples(families: Families, men: Ints, women: Ints) -> tuple[Ints, Ints]:
    """Men and women of near age, nobody with the spouse of today."""
    men = men[np.argsort(families.birth[men], kind="stable")]
    women = women[np.argsort(families.birth[women], kind="stable")]
    count = min(len(men), len(women))
    men = men[np.linspace(0, len(men) - 1, count).astype(np.int64)]
    women = women[np.linspace(0, len(women) - 1, count).astype(np.int64)]
    apart = (families.spouse[men] != women) & (families.household[men] != families.household[women])
    return men[apart], women[apart]


def _rows(families: Families, marriages: Marriages, current: int) -> tuple[Ints, Ints]:
    now = np.full(len(families), -1, dtype=np.int64)
    past = np.full(len(families), -1, dtype=np.int64)
    rows = np.arange(len(marriages))
    for party in (marriages.groom, marriages.bride):
        now[party[:current]] = rows[:current]
        past[party[current:]] = rows[current:]
    return past, now
