"""Planting faults in the values of a table's rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from generate import changes
from generate.characters import RARE_LOST
from generate.rates import Rates
from generate.table import Role, Table
from generate.text import Ints, Mask, Rng, Text, join, objects

LINKED, ACCEPTED, QUARANTINED, DISCREPANCY, APART = (
    "linked",
    "accepted",
    "quarantined",
    "discrepancy",
    "not_merged",
)
IDENTITY = frozenset({"id_number", "name", "birth_date"})
WITHOUT_NUMBER = frozenset({"id_missing", "id_placeholder", "id_other_number"})
SAME, OTHER, NOTHING = "the same", "something else", "nothing"


@dataclass(frozen=True)
class Fault:
    """One kind of fault, in one field."""

    kind: str
    field: str
    change: Callable[[str, random.Random], str] | None
    expected: str = LINKED
    says: str = SAME
    """What the damaged value says: the same, something else (then it is not true), or nothing."""
    pattern: str = ""
    """A regular expression that the value must match."""
    source: str = ""
    """For faults without a change: the column of Sources that holds the other value."""


@dataclass
class Sources:
    """Other values a clerk may write for a person, empty where there is none."""

    relative: Ints
    relative_number: Text
    former_name: Text
    old_number: Text
    old_shared_with: Ints
    """Who else bears the old number, -1 for nobody."""
    child_of: Text


EIGHTEEN = r"^[0-9]{17}[0-9X]$"
DATE = r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}$"
HAN = "^[^A-Za-z0-9·/-]{2,5}$"
MOBILE = r"^1[0-9]{10}$"
RARE = "[" + "".join(RARE_LOST) + "]"

FAULTS = (
    Fault("id_15_digits", "id_number", changes.fifteen_digits, pattern=r"^[1-6][0-9]{5}19[0-9]{9}[0-9X]$"),
    Fault("id_fullwidth", "id_number", changes.full_width, pattern=EIGHTEEN),
    Fault("id_lower_x", "id_number", changes.lower_x, pattern="X$"),
    Fault("id_missing", "id_number", changes.missing, says=NOTHING),
    Fault("id_of_relative", "id_number", None, APART, OTHER, source="relative_number"),
    Fault("id_old_number", "id_number", None, LINKED, OTHER, source="old_number"),
    Fault("id_placeholder", "id_number", changes.placeholder, says=NOTHING),
    Fault("id_spaces", "id_number", changes.number_spaces, pattern=EIGHTEEN),
    Fault("id_transposed", "id_number", changes.transposed, says=OTHER, pattern=EIGHTEEN),
    Fault("id_typo", "id_number", changes.typo, says=OTHER, pattern=EIGHTEEN),
    Fault("id_typo_valid", "id_number", changes.typo_valid, says=OTHER, pattern=EIGHTEEN),
    Fault("id_odd_x", "id_number", changes.odd_x, pattern="X$"),
    Fault("id_marked", "id_number", changes.marked, pattern=EIGHTEEN),
    Fault("id_disability_card", "id_number", changes.disability_card, pattern=EIGHTEEN),
    Fault("id_other_number", "id_number", changes.other_number, says=NOTHING),
    Fault("id_as_float", "id_number", changes.as_float, says=OTHER, pattern="^[0-9]{18}$"),
    Fault("name_child_of", "name", None, LINKED, OTHER, source="child_of"),
    Fault("name_dot_variant", "name", changes.dot_variant, pattern="·"),
    Fault("name_former", "name", None, LINKED, OTHER, source="former_name"),
    Fault("name_rare_lost", "name", changes.rare_lost, says=OTHER, pattern=RARE),
    Fault("name_homophone", "name", changes.homophone, says=OTHER, pattern=HAN),
    Fault("name_lookalike", "name", changes.lookalike, says=OTHER, pattern=HAN),
    Fault("name_remark", "name", changes.remark, pattern=HAN),
    Fault("name_reordered", "name", changes.reordered, says=OTHER, pattern="^[A-Z]"),
    Fault("name_spaces", "name", changes.name_spaces, pattern=HAN),
    Fault("name_traditional", "name", changes.traditional, says=OTHER, pattern=HAN),
    Fault("name_truncated", "name", changes.truncated, says=OTHER, pattern=HAN),
    Fault("name_variant", "name", changes.variant, says=OTHER, pattern=HAN),
    Fault("name_radical", "name", changes.radical, pattern="[马山]"),
    Fault("name_in_letters", "name", changes.in_letters, says=OTHER, pattern=HAN),
    Fault("name_is_word", "name", changes.a_word, says=NOTHING, pattern=HAN),
    Fault("birth_day_off", "birth_date", changes.day_off, says=OTHER, pattern=DATE),
    Fault("birth_lunar", "birth_date", changes.lunar, says=OTHER, pattern=DATE),
    Fault("birth_default_0101", "birth_date", changes.first_of_january, says=OTHER, pattern=DATE),
    Fault("birth_future", "birth_date", changes.in_future, QUARANTINED, OTHER, pattern=DATE),
    Fault("birth_impossible", "birth_date", changes.impossible, QUARANTINED, OTHER, pattern=DATE),
    Fault("birth_other_form", "birth_date", changes.other_form, pattern=DATE),
    Fault("birth_over_120", "birth_date", changes.over_120, QUARANTINED, OTHER, pattern=DATE),
    Fault("birth_swapped", "birth_date", changes.swapped, says=OTHER, pattern=DATE),
    Fault("birth_year_off", "birth_date", changes.year_off, says=OTHER, pattern=DATE),
    Fault("sex_contradicts_number", "sex", changes.wrong_sex, DISCREPANCY, OTHER),
    Fault("sex_unknown_code", "sex", changes.unknown_sex, ACCEPTED, OTHER),
    Fault("code_as_label", "ethnicity", changes.ethnicity_label, ACCEPTED),
    Fault("code_as_label", "education", changes.education_label, ACCEPTED),
    Fault("code_unknown", "ethnicity", changes.unknown_ethnicity, ACCEPTED, OTHER),
    Fault("code_unknown", "education", changes.unknown_code, ACCEPTED, OTHER),
    Fault("placeholder", "education", changes.placeholder, ACCEPTED, NOTHING),
    Fault("placeholder", "phone", changes.placeholder, ACCEPTED, NOTHING, pattern=MOBILE),
    Fault("phone_dummy", "phone", changes.dummy_phone, ACCEPTED, OTHER, pattern=MOBILE),
    Fault("phone_shared", "phone", changes.cadre_phone, ACCEPTED, OTHER, pattern=MOBILE),
    Fault("phone_other_form", "phone", changes.other_phone_form, ACCEPTED, pattern=MOBILE),
    Fault(
        "address_other_form",
        "residence_address",
        changes.other_address_form,
        ACCEPTED,
        pattern="^浙江省杭州市",
    ),
)


class Planter:
    """Plants the faults of one county, each table with random numbers of its own."""

    def __init__(self, seed: int, rates: Rates, sources: Sources) -> None:
        self.seed = seed
        self.rates = rates
        self.sources = sources

    def chance(self, *words: object) -> random.Random:
        """Random choices for single values, the same for the same words."""
        return random.Random("/".join(str(word) for word in (self.seed, *words)))

    def rng(self, *words: object) -> Rng:
        """Random numbers for columns, the same for the same words."""
        return np.random.default_rng(list("/".join(str(word) for word in (self.seed, *words)).encode()))

    def plant(
        self, table: Table, weights: Mapping[str, float] | None = None, spared: Iterable[str] = ()
    ) -> None:
        """Plant every fault that the roles' fields can take, at the county's rates.

        With weights only the kinds they name, at rates multiplied by them.
        """
        left_out = frozenset(spared)
        for role in table.roles:
            taken = {name: np.zeros(len(table), dtype=bool) for name in ("identity", *role.fields)}
            for fault in FAULTS:
                weight = 1.0 if weights is None else weights.get(fault.kind, 0.0)
                if weight and fault.kind not in left_out and fault.field in role.fields:
                    self._plant_one(table, role, fault, taken, weight)

    def _plant_one(
        self, table: Table, role: Role, fault: Fault, taken: dict[str, Mask], weight: float
    ) -> None:
        rng = self.rng(table.department, table.dataset, role.name, fault.kind, fault.field)
        chance = self.chance(table.department, table.dataset, role.name, fault.kind, fault.field)
        column = table.columns[role.fields[fault.field]]
        group = taken["identity" if fault.field in IDENTITY else fault.field]
        # the rate is drawn first: the costly conditions are looked at for the drawn rows only
        rate = getattr(self.rates, fault.kind) * weight
        drawn = np.flatnonzero((rng.random(len(table)) < rate) & ~group & (role.person >= 0))
        drawn = drawn[column[drawn] != ""]
        if fault.pattern and len(drawn):
            fits = pc.match_substring_regex(pa.array(column[drawn], pa.string()), fault.pattern)
            drawn = drawn[fits.to_numpy(zero_copy_only=False)]
        if len(drawn) == 0:
            return
        before = column[drawn]
        after = self._after(fault, role.person[drawn], before, chance)
        changed = (after != before) & (after != "") if fault.change is None else after != before
        rows, before, after = drawn[changed], before[changed], after[changed]
        column[rows] = after
        group[rows] = True
        self._record(table, role, fault, rows, (before, after))

    def _after(self, fault: Fault, persons: Ints, before: Text, chance: random.Random) -> Text:
        if fault.change is None:
            return np.asarray(getattr(self.sources, fault.source)[persons], dtype=object)
        return objects([fault.change(value, chance) for value in before.tolist()])

    def _record(self, table: Table, role: Role, fault: Fault, rows: Ints, values: tuple[Text, Text]) -> None:
        before, after = values
        told = role.told.get(fault.field)
        if told is not None and fault.says != SAME:
            told.meant[rows] = after if fault.says == OTHER else ""
        expected = np.full(len(rows), fault.expected, dtype=object)
        others = None
        persons = role.person[rows]
        if fault.kind == "id_of_relative":
            others = self.sources.relative[persons]
        if fault.kind == "id_old_number":
            others = self.sources.old_shared_with[persons]
            expected[others >= 0] = APART
        if fault.kind in WITHOUT_NUMBER and not can_do_without_number(table, role):
            expected[:] = ACCEPTED
        if fault.kind == "name_is_word" and "birth_date" not in role.fields:
            expected[:] = ACCEPTED
        note = table.note(fault.kind, role.name, rows, expected, join(before, " -> ", after))
        note.others = others


def can_do_without_number(table: Table, role: Role) -> bool:
    """Whether a row without a number still says enough of the person to be linked."""
    return "birth_date" in role.fields or table.dataset in ("pension", "birth")
