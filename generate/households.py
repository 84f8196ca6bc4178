"""Households: who lives with whom, how they are related and when they were born."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from generate.text import Ints, Mask, Rng, Text, pick, same

LOCAL, MIGRANT, PERMIT, FOREIGNER, OUTSIDER = range(5)
KIND_NAMES = ("local", "migrant", "permit", "foreigner", "outsider")
YEAR = 365.25
HEAD, SPOUSE, CHILD, IN_LAW, GRANDCHILD, FATHER, MOTHER = range(7)

LOCAL_AGES = (
    (18, 30, 0.09),
    (30, 40, 0.24),
    (40, 50, 0.2),
    (50, 60, 0.17),
    (60, 70, 0.16),
    (70, 80, 0.1),
    (80, 96, 0.04),
)
MIGRANT_AGES = ((18, 30, 0.28), (30, 40, 0.36), (40, 50, 0.22), (50, 60, 0.1), (60, 75, 0.04))
SHARES = {MIGRANT: 0.146, PERMIT: 0.0067, FOREIGNER: 0.0034, OUTSIDER: 0.0165}


@dataclass(frozen=True)
class Newborns:
    """How many children are born: share of young couples lately, share of persons a day to come."""

    lately: float
    a_day: float
    days: int

    @property
    def to_come(self) -> float:
        """Share of young couples with a birth during the days after the first."""
        return self.a_day * (self.days - 1) * 8


@dataclass
class Block:
    """Members of one part in many households."""

    part: int
    household: Ints
    sex: Ints
    birth: Ints


@dataclass
class Families:
    """Everybody's place in a household; positions stand for persons, -1 for nobody."""

    kind: Ints
    household: Ints
    part: Ints
    sex: Ints
    birth: Ints
    relation: Text
    mother: Ints
    father: Ints
    spouse: Ints
    own_line: Mask
    """Whether grandparents in the household are the head's own parents, not the spouse's."""

    def __len__(self) -> int:
        return len(self.kind)


def _ages(rng: Rng, brackets: tuple[tuple[int, int, float], ...], length: int) -> npt.NDArray[np.float64]:
    edges = np.cumsum([share for _, _, share in brackets])
    which = np.searchsorted(edges, rng.random(length) * edges[-1], side="right")
    low = np.array([low for low, _, _ in brackets])[which]
    high = np.array([high for _, high, _ in brackets])[which]
    return np.asarray(low + rng.random(length) * (high - low))


def _born(today: int, age: npt.NDArray[np.float64]) -> Ints:
    return np.floor(today - age * YEAR).astype(np.int64)


def _spouse_share(age: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.select([age < 23, age < 30, age < 60, age < 70, age < 80], [0.0, 0.4, 0.84, 0.74, 0.58], 0.35)


def _blocks(rng: Rng, count: int, today: int, local: bool, newborns: Newborns) -> list[Block]:
    age = _ages(rng, LOCAL_AGES if local else MIGRANT_AGES, count)
    everyone = np.arange(count, dtype=np.int64)
    sex = np.where(rng.random(count) < (0.72 if local else 0.6), 1, 2).astype(np.int64)
    married = rng.random(count) < _spouse_share(age) * (1.0 if local else 0.55)
    gap = np.where(sex == 1, -2, 2) + rng.normal(0, 2, count)
    spouse_age = np.clip(age + gap, np.where(sex == 1, 20.7, 22.7), 97)
    blocks = [
        Block(HEAD, everyone, sex, _born(today, age)),
        Block(SPOUSE, everyone[married], 3 - sex[married], _born(today, spouse_age[married])),
    ]
    woman = np.where(sex == 2, age, np.where(married, spouse_age, age - 2))
    blocks += _children(rng, today, woman, married, 1.0 if local else 0.45)
    blocks.append(_newborns(rng, today, woman, married, newborns))
    if local:
        blocks += _three_generations(rng, today, woman, married)
        blocks += _grandparents(rng, today, age)
    return blocks


def _children(
    rng: Rng, today: int, woman: npt.NDArray[np.float64], married: Mask, share: float
) -> list[Block]:
    several = rng.random(len(woman))
    wanted = np.select([several < 0.2, several < 0.68, several < 0.96], [0, 1, 2], 3)
    wanted = np.where(married | (rng.random(len(woman)) < 0.12), wanted, 0)
    wanted = np.where(rng.random(len(woman)) < share, wanted, 0)
    first = rng.uniform(21.5, 31, len(woman))
    blocks = []
    for number in range(3):
        age = woman - first - number * rng.uniform(1.5, 4, len(woman))
        # grown children mostly have left
        home = (age > 0.15) & (rng.random(len(age)) < np.clip(1.6 - age / 24, 0.12, 1))
        here = np.flatnonzero((wanted > number) & home & (age < 45))
        sex = rng.integers(1, 3, len(here))
        blocks.append(Block(CHILD, here, sex, _born(today, age[here])))
    return blocks


def _newborns(
    rng: Rng, today: int, woman: npt.NDArray[np.float64], married: Mask, newborns: Newborns
) -> Block:
    fertile = np.flatnonzero(married & (woman > 21) & (woman < 40))
    lately = fertile[rng.random(len(fertile)) < newborns.lately]
    coming = fertile[rng.random(len(fertile)) < newborns.to_come]
    coming = coming[~np.isin(coming, lately)]
    here = np.concatenate([lately, coming])
    past = today - rng.integers(7, 40, len(lately))
    future = today + rng.integers(0, max(1, newborns.days - 1), len(coming))
    return Block(CHILD, here, rng.integers(1, 3, len(here)), np.concatenate([past, future]))


def _three_generations(rng: Rng, today: int, woman: npt.NDArray[np.float64], married: Mask) -> list[Block]:
    here = np.flatnonzero(married & (woman > 50) & (woman < 72) & (rng.random(len(woman)) < 0.13))
    son = woman[here] - rng.uniform(22, 27, len(here))
    wife = son - rng.uniform(-2, 4, len(here))
    child = wife - rng.uniform(22, 30, len(here))
    young = child > 0.2
    return [
        Block(CHILD, here, np.ones(len(here), dtype=np.int64), _born(today, son)),
        Block(IN_LAW, here, np.full(len(here), 2), _born(today, np.maximum(wife, 21))),
        Block(GRANDCHILD, here[young], rng.integers(1, 3, int(young.sum())), _born(today, child[young])),
    ]


def _grandparents(rng: Rng, today: int, age: npt.NDArray[np.float64]) -> list[Block]:
    blocks = []
    for part, sex, share in ((FATHER, 1, 0.12), (MOTHER, 2, 0.17)):
        parent = age + rng.uniform(22, 31, len(age))
        here = np.flatnonzero((age > 22) & (parent < 93) & (rng.random(len(age)) < share))
        blocks.append(Block(part, here, np.full(len(here), sex), _born(today, parent[here])))
    return blocks


def _singles(rng: Rng, count: int, today: int, first_household: int) -> Block:
    age = rng.uniform(20, 48, count)
    return Block(HEAD, first_household + np.arange(count), rng.integers(1, 3, count), _born(today, age))


def lay_out(rng: Rng, persons: int, today: int, newborns: Newborns) -> Families:
    """Families of about the given number of persons (exactly: the last household may be cut)."""
    sizes = {kind: max(2, round(persons * share)) for kind, share in SHARES.items()}
    sizes[LOCAL] = persons - sum(sizes.values())
    parts: list[Families] = []
    households = 0
    for kind in (LOCAL, MIGRANT, PERMIT, FOREIGNER, OUTSIDER):
        if kind in (LOCAL, MIGRANT):
            blocks = _blocks(rng, sizes[kind], today, kind == LOCAL, newborns)
            for block in blocks:
                block.household = block.household + households
        else:
            blocks = [_singles(rng, sizes[kind], today, households)]
        part = _assemble(rng, kind, blocks, sizes[kind], sum(len(p) for p in parts))
        households = int(part.household.max()) + 1
        parts.append(part)
    return _concatenate(parts)


def _assemble(rng: Rng, kind: int, blocks: list[Block], size: int, offset: int) -> Families:
    household = np.concatenate([block.household for block in blocks])
    part = np.concatenate([np.full(len(block.household), block.part) for block in blocks])
    birth = np.concatenate([block.birth for block in blocks])
    order = np.lexsort((birth, part, household))[:size]
    household, part, birth = household[order], part[order], birth[order]
    sex = np.concatenate([block.sex for block in blocks])[order].astype(np.int64)
    nobody = np.full(len(order), -1, dtype=np.int64)
    families = Families(
        np.full(len(order), kind),
        household,
        part,
        sex,
        birth,
        relation=same("", len(order)),
        mother=nobody,
        father=nobody.copy(),
        spouse=nobody.copy(),
        own_line=_own_line(rng, household),
    )
    _tie(families, offset)
    families.relation = _relations(rng, families)
    return families


def _own_line(rng: Rng, household: Ints) -> Mask:
    """One draw a household: are the grandparents the head's own parents?"""
    first = int(household.min())
    draws = rng.random(int(household.max()) - first + 1) < 0.85
    return np.asarray(draws[household - first])


def _at(families: Families, part: int, sex: int | None = None) -> Ints:
    """For every person, the position of the household's member in that part, or -1."""
    first = int(families.household.min())
    found = np.full(int(families.household.max()) - first + 1, -1, dtype=np.int64)
    here = families.part == part
    if sex is not None:
        here &= families.sex == sex
    places = np.flatnonzero(here)
    found[families.household[places] - first] = places
    return np.asarray(found[families.household - first])


def _tie(families: Families, offset: int) -> None:
    """Fill in spouse, mother and father, as positions shifted by the offset."""
    head, spouse = _at(families, HEAD), _at(families, SPOUSE)
    in_law = _at(families, IN_LAW)
    own = np.arange(len(families))
    heir = _heirs(families, in_law)
    part = families.part
    families.spouse = np.select(
        [part == HEAD, part == SPOUSE, part == IN_LAW, own == heir, part == FATHER, part == MOTHER],
        [spouse, head, heir, in_law, _at(families, MOTHER), _at(families, FATHER)],
        -1,
    )
    man = np.where(families.sex[head] == 1, head, spouse)
    woman = np.where(families.sex[head] == 2, head, spouse)
    families.father = np.select([part == CHILD, part == GRANDCHILD], [man, heir], -1)
    families.mother = np.select([part == CHILD, part == GRANDCHILD], [woman, in_law], -1)
    _tie_grandparents(families)
    for name in ("spouse", "mother", "father"):
        ties = getattr(families, name)
        setattr(families, name, np.where(ties >= 0, ties + offset, -1))


def _heirs(families: Families, in_law: Ints) -> Ints:
    """The grown son whose wife lives in the household too, or -1."""
    grown = (families.part == CHILD) & (families.sex == 1) & (in_law >= 0)
    close = grown & (np.abs(families.birth - families.birth[in_law]) < 5 * YEAR)
    first = int(families.household.min())
    found = np.full(int(families.household.max()) - first + 1, -1, dtype=np.int64)
    # the eldest comes first and is written last
    places = np.flatnonzero(close)[::-1]
    found[families.household[places] - first] = places
    return np.asarray(found[families.household - first])


def _tie_grandparents(families: Families) -> None:
    child = np.where(
        families.own_line | (_at(families, SPOUSE) < 0), _at(families, HEAD), _at(families, SPOUSE)
    )
    own = np.arange(len(families)) == child
    families.father = np.where(own, _at(families, FATHER), families.father)
    families.mother = np.where(own, _at(families, MOTHER), families.mother)


def _relations(rng: Rng, families: Families) -> Text:
    """Relations to the head (GB/T 4761), written as loosely as registers do."""
    length = len(families)
    man, part = families.sex == 1, families.part
    head_is_man = families.sex[_at(families, HEAD)] == 1
    own = families.own_line | (_at(families, SPOUSE) < 0)
    draw = rng.random(length)
    child = np.where(man, 20, 30) + np.where(draw < 0.35, 0, np.where(draw < 0.7, 1, 2))
    father = np.where(own, 51, np.where(head_is_man, 55, 53))
    code = np.select(
        [part == HEAD, part == SPOUSE, part == CHILD, part == IN_LAW, part == GRANDCHILD, part == FATHER],
        [
            np.where(draw < 0.92, 2, 1),
            np.where(draw < 0.15, 10, np.where(man, 11, 12)),
            child,
            np.full(length, 38),
            np.where(man, 41, 42),
            father,
        ],
        father + 1,
    )
    return pick([f"{number:02d}" for number in range(100)], code)


def _concatenate(parts: list[Families]) -> Families:
    def whole(name: str) -> npt.NDArray[np.generic]:
        return np.concatenate([getattr(part, name) for part in parts])

    names = (
        "kind",
        "household",
        "part",
        "sex",
        "birth",
        "relation",
        "mother",
        "father",
        "spouse",
        "own_line",
    )
    return Families(**{name: whole(name) for name in names})  # type: ignore[arg-type]
