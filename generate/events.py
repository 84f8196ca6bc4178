"""What happens on the days after the first one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generate import identifiers, places
from generate.households import HEAD, LOCAL, SPOUSE
from generate.names import given_names, surnames_of
from generate.people import County, leave_county
from generate.setting import Setting
from generate.text import NEVER, Ints, Mask, Text, join, year_month, yyyymmdd
from generate.traps import choose, how_many

BORN, DIED, DIED_UNTOLD, MARRIED_UNTOLD = "born", "died", "died_untold", "married_untold"
REGISTERED, RENUMBERED, RENAMED = "registered", "renumbered", "renamed"
POLICE_CORRECTED, HR_CORRECTED = "police_corrected", "hr_corrected"
MOVED_OUT, MOVED, STRUCK_OFF = "moved_out", "moved", "struck_off"
HIRED, SUSPENDED = "hired", "suspended"


@dataclass
class Events:
    """Who it happened to, by kind and day (days count from 0, the first day)."""

    days: int
    happened: dict[str, list[Ints]] = field(default_factory=dict)

    def on(self, kind: str, day: int) -> Ints:
        """The persons on that day."""
        return self.happened[kind][day] if kind in self.happened else np.empty(0, dtype=np.int64)

    def after(self, kind: str, day: int) -> Ints:
        """The persons on any later day."""
        later = [self.on(kind, number) for number in range(day + 1, self.days)]
        return np.concatenate([np.empty(0, dtype=np.int64), *later])

    def add(self, kind: str, day: int, persons: Ints) -> None:
        """Record that it happens to the persons on that day."""
        empty = np.empty(0, dtype=np.int64)
        by_day = self.happened.setdefault(kind, [empty] * self.days)
        by_day[day] = np.concatenate([by_day[day], persons.astype(np.int64)])


def draw_events(setting: Setting, county: County) -> Events:
    """Draw the changes of the later days and bring the county to its state on the last day."""
    changes = _Changes(setting, county)
    for day in range(1, setting.days):
        changes.happen(day)
    late = (county.hukou_status == "2") & (county.cancelled > county.today + setting.days - 1)
    county.hukou_status[late] = "1"
    county.cancelled[late] = NEVER
    return changes.events


class _Changes:
    """Chooses the persons whom something happens to, nobody twice."""

    def __init__(self, setting: Setting, county: County) -> None:
        self.rng = setting.rng
        self.rates = setting.rates
        self.county = county
        self.events = Events(setting.days)
        self.free = self._untouched()

    def happen(self, day: int) -> None:
        """Let one day pass."""
        county = self.county
        self.events.add(BORN, day, np.flatnonzero(county.families.birth == county.today + day - 1))
        struck = (county.hukou_status == "2") & (county.cancelled == county.today + day)
        self.events.add(STRUCK_OFF, day, np.flatnonzero(struck))
        self._register_newborns(day)
        self._correct_numbers(day)
        self._change_names(day)
        self._die(day)
        self._marry(day)
        self._correct_phones(day)
        self._move_and_work(day)

    def _untouched(self) -> Mask:
        """Grown residents with nothing special about them, who may still be chosen."""
        county, families = self.county, self.county.families
        free = county.local & np.isin(families.part, (HEAD, SPOUSE)) & (county.papers.id_number != "")
        free = free & (county.hukou_status == "1") & ~county.deaths.dead & (county.papers.old_number == "")
        traps = county.traps
        for pairs in (traps.twins, traps.namesakes, traps.same_number):
            free[pairs.ravel()] = False
        return np.asarray(free, dtype=bool)

    def _take(self, kind: str, day: int, eligible: Mask, rate: float) -> Ints:
        chosen = choose(self.rng, self.free & eligible, rate, of=len(self.county))
        self.free[chosen] = False
        self.events.add(kind, day, chosen)
        return chosen

    def _register_newborns(self, day: int) -> None:
        county, papers, families = self.county, self.county.papers, self.county.families
        waiting = county.unregistered & (papers.id_number == "") & (families.kind == LOCAL)
        waiting &= families.birth < county.today
        newborns = choose(self.rng, waiting, self.rates.newborn_registered, of=len(county))
        self.events.add(REGISTERED, day, newborns)
        year = year_month(families.birth[newborns])[0]
        codes = places.issuing_codes(self.rng, county.homes.township[newborns], year)
        papers.id_number[newborns] = self._unused_numbers(newborns, codes)
        papers.id_type[newborns] = "111"
        county.hukou_status[newborns] = "1"

    def _unused_numbers(self, persons: Ints, codes: Ints) -> Text:
        """A number for each person that nobody bears."""
        families, taken = self.county.families, set(self.county.papers.id_number.tolist())
        birth = yyyymmdd(families.birth[persons])
        numbers = np.empty(len(persons), dtype=object)
        for place, person in enumerate(persons.tolist()):
            number = ""
            while number == "" or number in taken:
                sequence = self.rng.integers(0, 500, 1) * 2 + families.sex[[person]] % 2
                number = identifiers.id_numbers(codes[[place]], birth[[place]], sequence)[0]
            taken.add(number)
            numbers[place] = number
        return numbers

    def _correct_numbers(self, day: int) -> None:
        papers = self.county.papers
        persons = self._take(RENUMBERED, day, self.free, self.rates.number_corrected)
        before = papers.id_number[persons]
        papers.old_number[persons], papers.old_reason[persons] = before, "corrected"
        codes = np.array([int(number[:6]) for number in before.tolist()], dtype=np.int64)
        papers.id_number[persons] = self._unused_numbers(persons, codes)

    def _change_names(self, day: int) -> None:
        papers, families = self.county.papers, self.county.families
        plain = (papers.former_name == "") & (papers.ethnicity == "01")
        persons = self._take(RENAMED, day, plain, self.rates.name_changed)
        given = given_names(self.rng, families.sex[persons], year_month(families.birth[persons])[0])
        papers.former_name[persons] = papers.name[persons]
        papers.name[persons] = join(surnames_of(papers.name[persons]), given)

    def _die(self, day: int) -> None:
        county, deaths = self.county, self.county.deaths
        old = county.age > 45
        told = self._take(DIED, day, old, self.rates.deaths_a_day)
        untold = self._take(DIED_UNTOLD, day, old, self.rates.event_not_yet_delivered / 4)
        gone = np.concatenate([told, untold])
        deaths.day[gone] = county.today + day - 1
        deaths.health_knows[told] = True
        spouse = county.families.spouse[gone]
        bereaved = spouse[spouse >= 0]
        county.ties.status[bereaved[~deaths.dead[bereaved]]] = "30"

    def _marry(self, day: int) -> None:
        county = self.county
        single = self.free & (county.ties.status == "10") & (county.age > 22) & (county.age < 45)
        men = np.flatnonzero(single & (county.families.sex == 1))
        women = np.flatnonzero(single & (county.families.sex == 2))
        count = how_many(self.rates.event_not_yet_delivered, len(county))
        count = min(count, len(men), len(women))
        grooms = self.rng.choice(men, count, replace=False)
        couples = np.column_stack([grooms, self.rng.choice(women, count, replace=False)])
        self.events.add(MARRIED_UNTOLD, day, couples.ravel())
        self.free[couples.ravel()] = False
        _wed(county, couples, day)

    def _correct_phones(self, day: int) -> None:
        known = self.county.papers.phone != ""
        self._take(POLICE_CORRECTED, day, known, self.rates.corrected_at_source)
        insured = known & (self.county.work.insured > 0)
        self._take(HR_CORRECTED, day, insured, self.rates.corrected_at_source / 3)

    def _move_and_work(self, day: int) -> None:
        county, work, rates = self.county, self.county.work, self.rates
        self._take(MOVED, day, self.free, rates.moves_a_day * 0.7)
        gone = self._take(MOVED_OUT, day, work.pension == "", rates.moves_a_day * 0.3)
        self._take(HIRED, day, work.status == "1", rates.work_changes_a_day / 2)
        stopped = self._take(SUSPENDED, day, work.status == "1", rates.work_changes_a_day / 2)
        work.ended[stopped] |= work.insured[stopped]
        work.insured[stopped] = 0
        county.hukou_status[gone] = "3"
        county.cancelled[gone] = county.today + day - 1
        leave_county(self.rng, county.homes, work, gone)


def _wed(county: County, couples: Ints, day: int) -> None:
    marriages, ties, families = county.ties.marriages, county.ties, county.families
    rows = len(marriages) + np.arange(len(couples))
    for name, values in (("groom", couples[:, 0]), ("bride", couples[:, 1])):
        setattr(marriages, name, np.concatenate([getattr(marriages, name), values]))
    marriages.day = np.concatenate([marriages.day, np.full(len(couples), county.today + day - 1)])
    marriages.ended = np.concatenate([marriages.ended, np.full(len(couples), NEVER)])
    unseen = np.zeros(len(couples), dtype=bool)
    marriages.registered = np.concatenate([marriages.registered, unseen])
    marriages.divorce_registered = np.concatenate([marriages.divorce_registered, unseen])
    for own, other in ((0, 1), (1, 0)):
        ties.status[couples[:, own]] = "20"
        ties.current[couples[:, own]] = rows
        families.spouse[couples[:, own]] = couples[:, other]
