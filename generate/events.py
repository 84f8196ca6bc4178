"""What happens on the days after the first one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generate import identifiers, places
from generate.households import HEAD, LOCAL, SPOUSE
from generate.names import given_names, surnames_of
from generate.people import County, leave_county
from generate.rates import Rates
from generate.text import NEVER, Ints, Mask, Rng, join, year_month, yyyymmdd
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


def draw_events(rng: Rng, county: County, days: int, rates: Rates) -> Events:
    """Draw the changes of the later days and bring the county to its state on the last day."""
    events = Events(days)
    free = _untouched(county)
    for day in range(1, days):
        events.add(BORN, day, np.flatnonzero(county.families.birth == county.today + day - 1))
        struck = np.flatnonzero((county.hukou_status == "2") & (county.cancelled == county.today + day))
        events.add(STRUCK_OFF, day, struck)
        _numbers_and_names(rng, county, events, day, free, rates)
        _lives(rng, county, events, day, free, rates)
        _moves_and_work(rng, county, events, day, free, rates)
    late = (county.hukou_status == "2") & (county.cancelled > county.today + days - 1)
    county.hukou_status[late] = "1"
    county.cancelled[late] = NEVER
    return events


def _untouched(county: County) -> Mask:
    """Grown residents with nothing special about them, who may still be chosen."""
    families = county.families
    free = county.local & np.isin(families.part, (HEAD, SPOUSE)) & (county.papers.id_number != "")
    free &= (county.hukou_status == "1") & ~county.deaths.dead & (county.papers.old_number == "")
    traps = county.traps
    for pairs in (traps.twins, traps.namesakes, traps.same_number):
        free[pairs.ravel()] = False
    return free


def _take(rng: Rng, free: Mask, eligible: Mask, rate: float, of: int) -> Ints:
    chosen = choose(rng, free & eligible, rate, of=of)
    free[chosen] = False
    return chosen


def _numbers_and_names(rng: Rng, county: County, events: Events, day: int, free: Mask, rates: Rates) -> None:
    papers, families, everyone = county.papers, county.families, len(county)
    waiting = county.unregistered & (papers.id_number == "") & (families.kind == LOCAL)
    waiting &= families.birth < county.today
    newborns = choose(rng, waiting, rates.newborn_registered, of=everyone)
    events.add(REGISTERED, day, newborns)
    _number_newborns(rng, county, newborns)
    county.hukou_status[newborns] = "1"
    renumbered = _take(rng, free, free, rates.number_corrected, everyone)
    events.add(RENUMBERED, day, renumbered)
    papers.old_number[renumbered], papers.old_reason[renumbered] = papers.id_number[renumbered], "corrected"
    codes = np.array([int(number[:6]) for number in papers.id_number[renumbered].tolist()], dtype=np.int64)
    birth = yyyymmdd(families.birth[renumbered])
    sequence = rng.integers(0, 500, len(renumbered)) * 2 + families.sex[renumbered] % 2
    papers.id_number[renumbered] = identifiers.id_numbers(codes, birth, sequence)
    renamed = _take(rng, free, (papers.former_name == "") & (papers.ethnicity == "01"), rates.name_changed, everyone)
    events.add(RENAMED, day, renamed)
    given = given_names(rng, families.sex[renamed], year_month(families.birth[renamed])[0])
    papers.former_name[renamed] = papers.name[renamed]
    papers.name[renamed] = join(surnames_of(papers.name[renamed]), given)


def _number_newborns(rng: Rng, county: County, newborns: Ints) -> None:
    papers, families = county.papers, county.families
    birth = yyyymmdd(families.birth[newborns])
    code = places.issuing_codes(rng, county.homes.township[newborns], birth // 10_000)
    taken = set(papers.id_number.tolist())
    for place, person in enumerate(newborns.tolist()):
        number = ""
        while number == "" or number in taken:
            sequence = rng.integers(0, 500, 1) * 2 + families.sex[[person]] % 2
            number = identifiers.id_numbers(code[[place]], birth[[place]], sequence)[0]
        taken.add(number)
        papers.id_number[person], papers.id_type[person] = number, "111"


def _lives(rng: Rng, county: County, events: Events, day: int, free: Mask, rates: Rates) -> None:
    everyone, deaths, age = len(county), county.deaths, county.age
    dying = _take(rng, free, age > 45, rates.deaths_a_day, everyone)
    untold = _take(rng, free, age > 45, rates.event_not_yet_delivered / 4, everyone)
    events.add(DIED, day, dying)
    events.add(DIED_UNTOLD, day, untold)
    for gone in (dying, untold):
        deaths.day[gone] = county.today + day - 1
        spouse = county.families.spouse[gone]
        bereaved = spouse[(spouse >= 0)]
        county.ties.status[bereaved[~deaths.dead[bereaved]]] = "30"
    deaths.health_knows[dying] = True
    single = free & (county.ties.status == "10") & (age > 22) & (age < 45)
    men = np.flatnonzero(single & (county.families.sex == 1))
    women = np.flatnonzero(single & (county.families.sex == 2))
    count = min(how_many(rates.event_not_yet_delivered, everyone), len(men), len(women))
    couples = np.column_stack([rng.choice(men, count, replace=False), rng.choice(women, count, replace=False)])
    events.add(MARRIED_UNTOLD, day, couples.ravel())
    _wed(county, couples, day)
    free[couples.ravel()] = False


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


def _moves_and_work(rng: Rng, county: County, events: Events, day: int, free: Mask, rates: Rates) -> None:
    everyone, work = len(county), county.work
    events.add(POLICE_CORRECTED, day, _take(rng, free, county.papers.phone != "", rates.corrected_at_source, everyone))
    insured = (work.insured > 0) & (county.papers.phone != "")
    events.add(HR_CORRECTED, day, _take(rng, free, insured, rates.corrected_at_source / 3, everyone))
    events.add(MOVED, day, _take(rng, free, free, rates.moves_a_day * 0.7, everyone))
    gone = _take(rng, free, work.pension == "", rates.moves_a_day * 0.3, everyone)
    events.add(MOVED_OUT, day, gone)
    events.add(HIRED, day, _take(rng, free, work.status == "1", rates.work_changes_a_day / 2, everyone))
    stopped = _take(rng, free, work.status == "1", rates.work_changes_a_day / 2, everyone)
    events.add(SUSPENDED, day, stopped)
    for leaving in (gone, stopped):
        work.ended[leaving] |= work.insured[leaving]
        work.insured[leaving] = 0
    county.hukou_status[gone] = "3"
    county.cancelled[gone] = county.today + day - 1
    leave_county(rng, county.homes, work, gone)


