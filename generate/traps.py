"""Persons made alike on purpose: twins, namesakes, and two bearing one number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.households import CHILD, HEAD, LOCAL, SPOUSE, Families
from generate.rates import Rates
from generate.text import Ints, Mask, Rng


@dataclass
class Traps:
    """Pairs of persons that must stay apart, one row a pair."""

    twins: Ints
    namesakes: Ints
    same_number: Ints
    fathers_and_sons: Ints


def how_many(rate: float, eligible: int) -> int:
    """The rate's share of the eligible, at least one when there is any."""
    if rate <= 0 or eligible == 0:
        return 0
    return min(eligible, max(1, round(rate * eligible)))


def choose(rng: Rng, eligible: Ints | Mask, rate: float, of: int | None = None) -> Ints:
    """A random part of the eligible positions, sorted; the rate is a share of them or of `of`."""
    places = np.flatnonzero(eligible) if eligible.dtype == bool else eligible
    count = how_many(rate, len(places)) if of is None else min(len(places), how_many(rate, of))
    return np.sort(rng.choice(places, count, replace=False)).astype(np.int64)


def set_traps(rng: Rng, families: Families, rates: Rates) -> Traps:
    """Choose the pairs and give each pair one birth date where it needs that."""
    twins = _siblings(rng, families, rates)
    taken = np.zeros(len(families), dtype=bool)
    taken[twins] = True
    namesakes = _near_in_age(rng, families, rates.same_name_same_birth, taken, women_only=True)
    taken[namesakes] = True
    doubles = _near_in_age(rng, families, rates.number_issued_twice, taken, women_only=False)
    for pairs in (twins, namesakes, doubles):
        families.birth[pairs[:, 1]] = families.birth[pairs[:, 0]]
    return Traps(twins, namesakes, doubles, _fathers_and_sons(rng, families, rates))


def _siblings(rng: Rng, families: Families, rates: Rates) -> Ints:
    child = (families.part == CHILD) & (families.kind == LOCAL)
    second = np.flatnonzero(child[1:] & child[:-1] & (families.mother[1:] == families.mother[:-1])) + 1
    # the eldest two only: the next child must not be a twin's twin
    second = second[~np.isin(second - 1, second) & (families.mother[second] >= 0)]
    second = second[np.abs(families.birth[second] - families.birth[second - 1]) < 2500]
    chosen = choose(rng, second, rates.twins, of=len(families))
    return np.column_stack([chosen - 1, chosen])


def _near_in_age(rng: Rng, families: Families, rate: float, taken: Mask, women_only: bool) -> Ints:
    """Adults of one sex and different households, next to each other by birth."""
    adult = np.isin(families.part, (HEAD, SPOUSE)) & (families.kind == LOCAL) & ~taken
    adult &= (families.sex == 2) if women_only else True
    order = np.flatnonzero(adult)
    order = order[np.lexsort((families.birth[order], families.sex[order]))]
    first, second = order[:-1:2], order[1::2]
    first = first[: len(second)]
    fits = (families.sex[first] == families.sex[second]) & (
        families.household[first] != families.household[second]
    )
    fits &= np.abs(families.birth[first] - families.birth[second]) < 400
    chosen = choose(rng, fits, rate, of=len(families))
    return np.column_stack([first[chosen], second[chosen]])


def _fathers_and_sons(rng: Rng, families: Families, rates: Rates) -> Ints:
    sons = np.flatnonzero((families.father >= 0) & (families.sex == 1) & (families.kind == LOCAL))
    chosen = choose(rng, sons, rates.father_and_son, of=len(families))
    return np.column_stack([families.father[chosen], chosen])
