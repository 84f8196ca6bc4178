"""Health: blood, chronic conditions, allergies, family doctors and who has a health record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.households import FOREIGNER, LOCAL, MIGRANT, OUTSIDER, PERMIT, YEAR, Families
from generate.setting import Setting
from generate.text import Ints, Mask, Reals, Rng, Text, digits, draw, join, objects, pick
from generate.traps import choose

ALLERGIES = ["磺胺类", "青霉素", "海鲜", "头孢类", "花粉", "尘螨"]
CONDITIONS = {
    "I10": 0.45,
    "E11.9": 0.17,
    "I63.9": 0.07,
    "I25.1": 0.07,
    "M81.9": 0.05,
    "J44.9": 0.05,
    "E78.5": 0.05,
}


@dataclass
class Care:
    """By person; lists are JSON text, empty list for none."""

    abo: Text
    rh: Text
    allergies: Text
    chronic: Text
    doctor: Text
    record_no: Text
    """The newest health record, empty where there is none."""
    several: Ints
    """Who has a second record."""


def draw_care(setting: Setting, families: Families, region: Text, name: Text) -> Care:
    """Draw what the health registers know about everybody."""
    rng, length = setting.rng, len(families)
    age = (setting.today - families.birth) / YEAR
    abo = draw(rng, ["1", "2", "3", "4"], length, [0.3, 0.28, 0.32, 0.1])
    rh = draw(rng, ["1", "2"], length, [0.004, 0.996])
    chronic = _lists(rng, list(CONDITIONS), list(CONDITIONS.values()), np.clip((age - 30) / 120, 0, 0.45))
    allergies = _lists(rng, ALLERGIES, [1.0] * len(ALLERGIES), np.full(length, 0.06))
    share = {LOCAL: 0.85, MIGRANT: 0.51, PERMIT: 0.5, FOREIGNER: 0.2, OUTSIDER: 0.0}
    shares = np.array([share[kind] for kind in range(5)])[families.kind]
    shares = np.where(age < 0.3, 0.3, shares)
    recorded: Mask = (rng.random(length) < shares) & (region != "")
    record_no = _record_numbers(rng, region, recorded)
    several = choose(rng, recorded & (age > 2), setting.rates.several_records)
    return Care(abo, rh, allergies, chronic, _doctors(rng, region, name), record_no, several)


def _record_numbers(rng: Rng, region: Text, recorded: Mask) -> Text:
    serial = 233_000 + rng.permutation(2 * len(region))
    numbers = join(region, digits(serial[: len(region)], 8))
    numbers[~recorded] = ""
    return numbers


def _doctors(rng: Rng, region: Text, name: Text) -> Text:
    """Three family doctors a township."""
    doctors = draw(rng, name[np.char.str_len(name.astype(str)) < 4], 997)
    keys = np.array([int(code[:9] or 0) if code else 0 for code in np.unique(region).tolist()])
    which = np.searchsorted(np.unique(region), region)
    return pick(doctors, (keys[which] * 3 + rng.integers(0, 3, len(region))) % 997)


def _lists(rng: Rng, pool: list[str], weights: list[float], share: Reals) -> Text:
    """JSON lists of one, sometimes two, entries for a share of persons."""
    options: list[str] = ["[]"]
    chances = [0.0]
    for i, first in enumerate(pool):
        options.append(f'["{first}"]')
        chances.append(weights[i])
        for j in range(i + 1, len(pool)):
            pair = sorted((first, pool[j]))
            options.append(f'["{pair[0]}", "{pair[1]}"]')
            chances.append(weights[i] * weights[j] * 0.5)
    column = pick(objects(options), np.zeros(len(share), dtype=np.int64))
    having = np.flatnonzero(rng.random(len(share)) < share)
    column[having] = draw(rng, options, len(having), chances)
    return column
