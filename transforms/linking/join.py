"""Join units from the best pair to the worst, as far as nothing stands against it.

Works on the pairs that a rule or the model speaks for, in memory: at most a few for each unit that seeks its person, some hundred
thousand in a county of a million. The settled rest stays in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from itertools import combinations
from typing import Literal, NamedTuple


class Conflict(Enum):
    """What forbids that two are one person, by the name that a rule's ``overlooks`` uses; ``why`` is for those who review a pair."""

    APART = "apart"
    NUMBERS = "numbers"
    UNVOUCHED_NUMBER = "number"
    ROWS = "rows"
    ORDER = "order"
    UNNAMED = "unnamed"
    BIRTH = "birth"
    SEX = "sex"

    @property
    def why(self) -> str:
        return WHY[self]


WHY = {
    Conflict.APART: "同一行中的两人，或已人工判定不是同一人 two persons of one row, or a person decided so",
    Conflict.NUMBERS: "两个有效号码 two valid numbers",
    Conflict.UNVOUCHED_NUMBER: "两个有效号码 two valid numbers",
    Conflict.ROWS: "每人一行的登记册中的两行 two rows of a register that has one for each person",
    Conflict.ORDER: "按称谓是同胎的不同子女 two of several children born together, by what they are called",
    Conflict.UNNAMED: "均未取名，同一登记册各有一条：双胞胎，或同一子女 no name yet, one register has both: twins, or one child",
    Conflict.BIRTH: "出生日期矛盾 the dates of birth contradict each other",
    Conflict.SEX: "性别矛盾 the sexes contradict each other",
}

BEYOND_SLIPS = frozenset({Conflict.APART, Conflict.ROWS, Conflict.ORDER, Conflict.UNNAMED})
LEFT_TO_A_HUMAN = frozenset({Conflict.UNNAMED})

Outcome = Literal["linked", "doubtful", "rejected", "cut"]


class Pair(NamedTuple):
    """Two units that may be one person; ``rule`` is None where the model alone speaks.

    ``certain``: a rule or the model says that they are; ``overlooks`` what that outweighs. ``number_fits``: their numbers, if both
    bear one, may be the same one; ``two_numbers``: each is its bearer's own. ``doubt``: why the weight alone does not suffice,
    however large. ``identifies``: its rule rests on an identifier.
    """

    one: int
    other: int
    weight: float
    probability: float
    rule: str | None
    certain: bool = True
    overlooks: frozenset[Conflict] = frozenset()
    number_fits: bool = True
    two_numbers: bool = False
    doubt: str | None = None
    identifies: bool = False


@dataclass
class Unit:
    """What may stand against joining a unit: ``numbers`` that a register vouches for, by kind; a number that one
    source alone tells. ``tells_number``: whether it tells any, be it damaged. ``unnamed_in``: the registers in which it is a child that has
    no name yet; ``orders``: which of several born together.
    """

    numbers: dict[str, frozenset[str]] = field(default_factory=dict)
    tells_number: bool = False
    unvouched: bool = False
    birth: date | None = None
    sex: str | None = None
    stands_in: frozenset[str] = frozenset()
    unnamed_in: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    seeking: bool = False


class Verdict(NamedTuple):
    """What became of a pair, and why; no reason where it was linked for what it is."""

    pair: Pair
    outcome: Outcome
    why: str | None


@dataclass
class _Person:
    units: list[int]
    numbers: dict[str, set[str]]
    births: set[date]
    sexes: set[str]
    stands_in: set[str]
    unnamed_in: set[str]
    orders: set[str]
    apart: set[int]


class Joining:
    """Units become persons, pair by pair; every pair gets a verdict."""

    def __init__(self, units: dict[int, Unit], margin: float) -> None:
        self._units = units
        self._margin = margin
        self._home = {unit: unit for unit in units}
        self._persons = {unit: _person(unit, facts) for unit, facts in units.items()}
        self._pairs_of: dict[int, list[Pair]] = defaultdict(list)
        self.joined_by: dict[int, Pair] = {}

    def keep_apart(self, one: int, other: int) -> None:
        """Whatever speaks for it, these two never become one person."""
        self._persons[self._home[one]].apart.add(other)
        self._persons[self._home[other]].apart.add(one)

    def decide(self, one: int, other: int) -> None:
        """A person decided that both are one: above every rule."""
        self._join(Pair(one, other, 0.0, 1.0, "decision"))

    def join_all(self, pairs: list[Pair]) -> list[Verdict]:
        """Best first; of equal pairs the one of the smaller units, so that the order of the rows does not matter."""
        ordered = sorted(pairs, key=lambda p: (-p.weight, p.one, p.other))
        for pair in ordered:
            self._pairs_of[pair.one].append(pair)
            self._pairs_of[pair.other].append(pair)
        verdicts = [self._verdict(pair) for pair in ordered]
        return [v for v in verdicts if v.outcome not in {"doubtful", "cut"} or not self.are_one(v.pair.one, v.pair.other)]

    def are_one(self, one: int, other: int) -> bool:
        return self._home[one] == self._home[other]

    def person_of(self, unit: int) -> int:
        """The unit that stands for the person: of those with an anchor the first."""
        return min(self._persons[self._home[unit]].units, key=lambda u: (u < 0, abs(u)))

    def _verdict(self, pair: Pair) -> Verdict:
        if self.are_one(pair.one, pair.other):
            return Verdict(pair, "linked", "already one person")
        against = self._against(pair)
        if against:
            return Verdict(pair, "doubtful" if against in LEFT_TO_A_HUMAN else "cut", against.why)
        if not pair.certain:
            return Verdict(pair, "doubtful", pair.doubt or "依据不足 the evidence does not suffice")
        if self._rivals(pair):
            return Verdict(pair, "doubtful", "另有他人同样符合 another person fits as well")
        self._join(pair)
        return Verdict(pair, "linked", None)

    def _rivals(self, pair: Pair) -> bool:
        """Whether one of the two fits nearly as well, or by an identifier too, with somebody who cannot be the other's person.

        Of two who seek one settled person, only what no slip explains says that they cannot both be: two rows of a register
        that has one for each person (the certificates of unnamed twins), or of one row. Who fits two that are not one person fits
        a third no better: that one may be either as well (the health records of unnamed twins).
        """
        for fitting, target in ((pair.one, pair.other), (pair.other, pair.one)):
            near = [
                rival
                for rival in self._pairs_of[fitting]
                if rival is not pair
                and (rival.weight >= pair.weight - self._margin or (pair.identifies and rival.identifies))
                and not self._against(rival)
            ]
            thirds = {self._home[rival.other if rival.one == fitting else rival.one] for rival in near}
            home = self._home[target]
            conflicts = {_conflict(self._persons[third], self._persons[home]) for third in thirds - {home, self._home[fitting]}}
            if conflicts & (set(Conflict) if self._units[fitting].seeking else BEYOND_SLIPS):
                return True
            fits = [self._persons[third] for third in thirds - {self._home[fitting]}]
            if not pair.identifies and any(_conflict(a, b) in BEYOND_SLIPS | {Conflict.NUMBERS} for a, b in combinations(fits, 2)):
                return True
        return False

    def _against(self, pair: Pair) -> Conflict | None:
        one, other = self._persons[self._home[pair.one]], self._persons[self._home[pair.other]]
        conflict = _conflict(one, other)
        if conflict and conflict not in pair.overlooks:
            return conflict
        units = self._units[pair.one], self._units[pair.other]
        unvouched = any(unit.unvouched for unit in units) and all(unit.tells_number for unit in units)
        two_numbers = pair.two_numbers or (unvouched and not pair.number_fits)
        if two_numbers and Conflict.UNVOUCHED_NUMBER not in pair.overlooks:
            return Conflict.UNVOUCHED_NUMBER
        return None

    def _join(self, pair: Pair) -> None:
        keep, gone = sorted((self._home[pair.one], self._home[pair.other]), key=lambda home: -len(self._persons[home].units))
        if keep == gone:
            return
        for unit in (pair.one, pair.other):
            if self._units[unit].seeking:
                self.joined_by.setdefault(unit, pair)
        person, merged = self._persons[keep], self._persons.pop(gone)
        for unit in merged.units:
            self._home[unit] = keep
        person.units += merged.units
        for kind, numbers in merged.numbers.items():
            person.numbers.setdefault(kind, set()).update(numbers)
        person.births |= merged.births
        if Conflict.BIRTH in pair.overlooks:
            person.births = person.births - self._overlooked_births(pair) or person.births
        person.sexes |= merged.sexes
        person.stands_in |= merged.stands_in
        person.unnamed_in |= merged.unnamed_in
        person.orders |= merged.orders
        person.apart |= merged.apart

    def _overlooked_births(self, pair: Pair) -> set[date | None]:
        """What a unit told wrongly of itself is not held against its person's other records."""
        return {self._units[unit].birth for unit in (pair.one, pair.other) if self._units[unit].seeking}


def _person(unit: int, facts: Unit) -> _Person:
    return _Person(
        units=[unit],
        numbers={kind: set(numbers) for kind, numbers in facts.numbers.items()},
        births={facts.birth} if facts.birth else set(),
        sexes={facts.sex} if facts.sex else set(),
        stands_in=set(facts.stands_in),
        unnamed_in=set(facts.unnamed_in),
        orders=set(facts.orders),
        apart=set(),
    )


def _conflict(one: _Person, other: _Person) -> Conflict | None:
    """What forbids that two are one person."""
    return next((conflict for conflict, holds in _forbids(one, other) if holds), None)


def _forbids(one: _Person, other: _Person) -> Iterator[tuple[Conflict, bool]]:
    yield Conflict.APART, bool(one.apart & set(other.units) or other.apart & set(one.units))
    yield Conflict.NUMBERS, any(kind in other.numbers and not numbers & other.numbers[kind] for kind, numbers in one.numbers.items())
    yield Conflict.ROWS, bool(_registers(one) & _registers(other))
    yield Conflict.ORDER, bool(one.orders and other.orders and not one.orders & other.orders)
    yield Conflict.UNNAMED, bool(one.unnamed_in & other.unnamed_in)
    yield Conflict.BIRTH, any(contradict(a, b) for a in one.births for b in other.births)
    yield Conflict.SEX, bool(one.sexes and other.sexes and not one.sexes & other.sexes)


def _registers(person: _Person) -> set[str]:
    return {place.partition(":")[0] for place in person.stands_in}


def contradict(one: date, other: date) -> bool:
    """Days of birth that no common slip makes of one another: fewer than two of year, month and day agree,
    they are not turned, and the one is not the other's lunar day."""
    agree = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    turned = one.year == other.year and one.month == other.day and one.day == other.month
    unknown = one.year == other.year and (1, 1) in ((one.month, one.day), (other.month, other.day))
    lunar = 17 <= abs((one - other).days) <= 52
    return agree < 2 and not turned and not unknown and not lunar
