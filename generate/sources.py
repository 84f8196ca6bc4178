"""The other values that clerks may write for a person, drawn from the county."""

from __future__ import annotations

import numpy as np

from generate.events import RENAMED, RENUMBERED, Events
from generate.faults import Sources
from generate.people import County
from generate.text import Ints, Rng, Text, join, same


def draw_sources(rng: Rng, county: County, events: Events) -> Sources:
    """Relatives' numbers, former names, old numbers and names for newborns."""
    families, papers = county.families, county.papers
    relative = families.spouse.copy()
    for parent in (families.mother, families.father):
        relative = np.where((relative < 0) & (parent >= 0), parent, relative)
    relative_number = np.where(relative >= 0, papers.id_number[relative], "").astype(object)
    former, old = papers.former_name.copy(), papers.old_number.copy()
    former[events.after(RENAMED, 0)] = ""
    old[events.after(RENUMBERED, 0)] = ""
    shared = np.full(len(county), -1, dtype=np.int64)
    first, second = county.traps.same_number[:, 0], county.traps.same_number[:, 1]
    shared[second] = np.where(papers.old_reason[second] == "shared", first, -1)
    return Sources(relative, relative_number, former, old, shared, children_of(rng, county))


def children_of(rng: Rng, county: County) -> Text:
    """What a newborn without a name is called: a parent's son or daughter."""
    families = county.families
    parent = np.where(
        (families.father >= 0) & (rng.random(len(county)) < 0.5), families.father, families.mother
    )
    small: Ints = np.flatnonzero((parent >= 0) & (county.age < 2))
    called = same("", len(county))
    ending = np.where(families.sex[small] == 1, "之子", "之女").astype(object)
    called[small] = join(county.papers.name[parent[small]], ending)
    return called


def known_numbers(county: County, events: Events) -> Text:
    """The numbers other departments know: those of today but for the lately corrected."""
    numbers = county.papers.id_number.copy()
    corrected = events.after(RENUMBERED, 0)
    numbers[corrected] = county.papers.old_number[corrected]
    return numbers


def known_names(county: County, events: Events) -> Text:
    """The names other departments know: those of today but for the lately changed."""
    names = county.papers.name.copy()
    changed = events.after(RENAMED, 0)
    names[changed] = county.papers.former_name[changed]
    return names
