"""Generating a county: its people, the departments' deliveries, and the truth."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from generate import assistance, births, civil_affairs, health, hr, permits, police
from generate.events import draw_events
from generate.faults import Planter
from generate.office import Office, open_office
from generate.people import populate
from generate.rates import Rates
from generate.setting import Setting
from generate.sources import draw_sources
from generate.text import day_number
from generate.truth import Truth
from generate.truth_tables import plant_traps, write_households, write_persons

FIRST_DAY = datetime.date(2026, 11, 20)
Progress = Callable[[str, float], None]
STEPS: tuple[tuple[str, Callable[[Office], None]], ...] = (
    ("police/resident", police.deliver_residents),
    ("police/residence_permit", permits.deliver_permits),
    ("hr/insured", hr.deliver_insured),
    ("hr/pension", hr.deliver_pensions),
    ("hr/employment", hr.deliver_employment),
    ("health/birth", births.deliver_births),
    ("health/death", health.deliver_deaths),
    ("health/record", health.deliver_records),
    ("civil_affairs/marriage", civil_affairs.deliver_marriages),
    ("civil_affairs/funeral", civil_affairs.deliver_funerals),
    ("civil_affairs/assistance", assistance.deliver_assistance),
)


@dataclass(frozen=True)
class Summary:
    """What was written."""

    persons: int
    households: int
    days: int
    rows: int
    """Entries of the link table: one a role in a row."""
    planted: int
    out: Path = field(compare=False)


def generate(  # noqa: PLR0913, PLR0917 - all but the first three have good defaults
    persons: int,
    seed: int,
    out: Path,
    days: int = 3,
    first_day: datetime.date = FIRST_DAY,
    rates: Rates = Rates(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Summary:
    """Write a county's deliveries under `out/landing` and the truth under `out/truth`.

    The same arguments give the same bytes. `progress` hears of every step and the share done.
    """
    tell = progress or (lambda step, share: None)
    tell("people", 0.0)
    rng = np.random.default_rng(seed)
    setting = Setting(rng, day_number(first_day), days, rates)
    county = populate(setting, persons)
    events = draw_events(setting, county)
    sources = draw_sources(rng, county, events)
    with Truth(out / "truth") as truth:
        office = open_office(county, events, Planter(seed, rates, sources), truth, first_day)
        for number, (step, deliver) in enumerate(STEPS):
            tell(step, 0.1 + 0.9 * number / len(STEPS))
            deliver(office)
        plant_traps(office)
        write_persons(office, truth.folder)
        write_households(office, truth.folder)
    tell("done", 1.0)
    households = int(county.families.household.max()) + 1
    counts = truth.counts
    return Summary(
        len(county), households, days, counts["link"], counts["planted"], out
    )
