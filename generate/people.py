"""Everybody in the county: names, numbers, homes, ties, work and health, as of the last day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate import identifiers, names, places
from generate.care import Care, draw_care
from generate.deaths import Deaths, draw_deaths
from generate.households import (
    CHILD,
    FOREIGNER,
    GRANDCHILD,
    HEAD,
    LOCAL,
    PERMIT,
    SPOUSE,
    YEAR,
    Families,
    Newborns,
    lay_out,
)
from generate.marriages import Ties, marry
from generate.setting import Setting
from generate.text import NEVER, Ints, Mask, Rng, Text, digits, draw, join, pick, same, year_month, yyyymmdd
from generate.traps import Traps, choose, set_traps
from generate.work import Work, draw_work

COUNTRIES = (
    ("PAK", "586"),
    ("GBR", "826"),
    ("USA", "840"),
    ("FRA", "250"),
    ("DEU", "276"),
    ("CAN", "124"),
    ("JPN", "392"),
    ("IND", "356"),
    ("VNM", "704"),
    ("RUS", "643"),
    ("KOR", "410"),
    ("AUS", "036"),
)
PERMITS = ((830000, "511"), (810000, "512"), (820000, "513"))


@dataclass
class Homes:
    """Registered home and home lived in, by person."""

    township: Ints
    registered: Text
    region: Text
    """The 12-digit division lived in, empty for who lives elsewhere."""
    lived_in: Text
    origin: Text
    """County code of the registered home elsewhere, empty for locals."""
    earlier: Text
    """An address lived at before, still found in some registers."""
    earlier_region: Text


@dataclass
class Papers:
    """Names and numbers, by person."""

    name: Text
    former_name: Text
    ethnicity: Text
    id_number: Text
    id_type: Text
    old_number: Text
    old_reason: Text
    phone: Text
    earlier_phone: Text


@dataclass
class County:
    """All persons and what is true of them; positions stand for persons."""

    today: int
    families: Families
    ties: Ties
    deaths: Deaths
    traps: Traps
    homes: Homes
    papers: Papers
    work: Work
    care: Care
    unregistered: Mask
    """Newborns without a number on the first day."""
    household_no: Text
    hukou_status: Text
    """State in the household register on the last day (1 registered, 2 dead, 3 moved out, 4 other)."""
    cancelled: Ints

    def __len__(self) -> int:
        return len(self.families)

    @property
    def local(self) -> Mask:
        """Who belongs to the county's household register."""
        return np.asarray(self.families.kind == LOCAL)

    @property
    def age(self) -> Ints:
        """Full years on the first day."""
        return ((self.today - self.families.birth) / YEAR).astype(np.int64)


def populate(setting: Setting, persons: int) -> County:
    """Draw a county of the given number of persons, those born during the days included."""
    rng, today, rates = setting.rng, setting.today, setting.rates
    newborns = Newborns(rates.child_without_number * 15, rates.births_a_day, setting.days)
    families = lay_out(rng, persons, today, newborns)
    traps = set_traps(rng, families, rates)
    deaths = draw_deaths(setting, families)
    ties = marry(setting, families)
    _bury_spouses(families, ties, deaths)
    newborn = (today - families.birth < 45) & np.isin(families.part, (CHILD, GRANDCHILD))
    unregistered = newborn & ((rng.random(len(families)) < 0.65) | (families.birth >= today))
    homes = draw_homes(rng, families)
    papers = _papers(setting, families, homes, traps, unregistered)
    work = draw_work(setting, families, deaths)
    care = draw_care(setting, families, homes.region, papers.name)
    status, cancelled = _registration(setting, families, deaths, unregistered)
    leave_county(rng, homes, work, np.flatnonzero((status == "3") | (status == "4")))
    serial = digits(100_000_000 + families.household, 9)
    household_no = join(pick(places.township_codes(), homes.township), serial)
    return County(
        today,
        families,
        ties,
        deaths,
        traps,
        homes,
        papers,
        work,
        care,
        unregistered,
        household_no,
        status,
        cancelled,
    )


def _registration(
    setting: Setting, families: Families, deaths: Deaths, unregistered: Mask
) -> tuple[Text, Ints]:
    """State in the household register; 2 dead, 3 moved out, 4 cancelled otherwise."""
    rng, today = setting.rng, setting.today
    local = (families.kind == LOCAL) & ~unregistered
    status = np.where(local, "1", "").astype(object)
    cancelled = np.where(local, deaths.cancelled, NEVER)
    status[cancelled > NEVER] = "2"
    leaving = local & ~deaths.dead & (families.part != CHILD)
    out, other = choose(rng, leaving, 0.013), choose(rng, leaving, 0.0005)
    other = other[~np.isin(other, out)]
    for gone, code in ((out, "3"), (other, "4")):
        status[gone] = code
        cancelled[gone] = today - rng.integers(2, 1100, len(gone))
    return status, cancelled


def leave_county(rng: Rng, homes: Homes, work: Work, gone: Ints) -> None:
    """The persons live elsewhere from now on; their insurances are suspended."""
    homes.lived_in[gone] = places.draw_outside(rng, len(gone))[1]
    homes.region[gone] = ""
    work.ended[gone] |= work.insured[gone]
    work.insured[gone] = 0
    work.pension[gone[work.pension[gone] != ""]] = "2"


def _bury_spouses(families: Families, ties: Ties, deaths: Deaths) -> None:
    """A living person whose spouse died is widowed."""
    spouse = families.spouse
    bereaved = (spouse >= 0) & ~deaths.dead & deaths.dead[spouse]
    ties.status[bereaved] = "30"


def draw_homes(rng: Rng, families: Families) -> Homes:
    """One dwelling a household; some households live apart from where they are registered."""
    households = int(families.household.max()) + 1
    at = families.household
    own = places.draw_dwellings(rng, households)
    other = places.draw_dwellings(rng, households)
    apart = ((families.kind == LOCAL) & (rng.random(households) < 0.15)[at]) | (families.kind != LOCAL)
    lived_in, region = own.address[at], own.community[at]
    lived_in[apart], region[apart] = other.address[at[apart]], other.community[at[apart]]
    registered, origin = own.address[at], same("", len(families))
    code, address = places.draw_outside(rng, households)
    foreign = families.kind == FOREIGNER
    elsewhere = (families.kind != LOCAL) & ~foreign
    origin[elsewhere], registered[elsewhere] = code[at[elsewhere]], address[at[elsewhere]]
    for kind in (PERMIT, FOREIGNER):
        registered[families.kind == kind] = ""
    away = families.kind > FOREIGNER
    lived_in[away], region[away] = registered[away], ""
    before = places.draw_dwellings(rng, households)
    return Homes(
        own.township[at], registered, region, lived_in, origin, before.address[at], before.community[at]
    )


def _surnames(rng: Rng, families: Families) -> Text:
    """Children bear their father's surname, heads that of their own line's father."""
    surname = names.draw_surnames(rng, len(families))
    child = np.flatnonzero((families.father >= 0) & np.isin(families.part, (HEAD, SPOUSE)))
    surname[child] = surname[families.father[child]]
    for part in (CHILD, GRANDCHILD):
        with_father = np.flatnonzero((families.part == part) & (families.father >= 0))
        surname[with_father] = surname[families.father[with_father]]
        with_mother = np.flatnonzero((families.part == part) & (families.father < 0) & (families.mother >= 0))
        surname[with_mother] = surname[families.mother[with_mother]]
    return surname


def _ethnicities(rng: Rng, families: Families) -> Text:
    by_household = names.draw_ethnicities(rng, int(families.household.max()) + 1)
    ethnicity = by_household[families.household]
    married_in = (families.part == SPOUSE) & (rng.random(len(families)) < 0.6)
    ethnicity[married_in] = "01"
    ethnicity[families.kind == FOREIGNER] = "98"
    ethnicity[families.kind == PERMIT] = "01"
    return ethnicity


def _papers(setting: Setting, families: Families, homes: Homes, traps: Traps, unregistered: Mask) -> Papers:
    rng, today = setting.rng, setting.today
    ethnicity = _ethnicities(rng, families)
    year, _, _ = year_month(families.birth)
    name = join(_surnames(rng, families), names.given_names(rng, families.sex, year))
    names.use_rare_characters(rng, name)
    names.name_by_custom(rng, name, ethnicity)
    foreign = families.kind == FOREIGNER
    name[foreign] = names.foreign_names(rng, int(foreign.sum()))
    name[traps.namesakes[:, 1]] = name[traps.namesakes[:, 0]]
    han = ~foreign & ~np.isin(ethnicity.astype(str), ("02", "04", "05"))
    former = _former_names(rng, families, name, han & ((today - families.birth) > 3000))
    number, id_type = _numbers(rng, families, homes, traps)
    number[unregistered], id_type[unregistered] = "", ""
    old, reason = _old_numbers(rng, families, number, traps)
    phone, earlier = _phones(rng, families, today)
    return Papers(name, former, ethnicity, number, id_type, old, reason, phone, earlier)


def _former_names(rng: Rng, families: Families, name: Text, eligible: Mask) -> Text:
    former = same("", len(name))
    renamed = choose(rng, eligible, 0.0125)
    given = names.given_names(rng, families.sex[renamed], year_month(families.birth[renamed])[0])
    former[renamed] = join(names.surnames_of(name[renamed]), given)
    former[former == name] = ""
    return former


def _numbers(rng: Rng, families: Families, homes: Homes, traps: Traps) -> tuple[Text, Text]:
    """Identity numbers of every kind of person, and the types of the documents."""
    kind, birth = families.kind, yyyymmdd(families.birth)
    code = places.issuing_codes(rng, homes.township, birth // 10_000)
    origin = np.array([int(county) for county, _ in places.origins()])
    moved = (kind != LOCAL) | ((rng.random(len(kind)) < 0.09) & (families.part != CHILD))
    code = np.where(moved, origin[rng.integers(0, len(origin), len(kind))], code)
    id_type = same("111", len(kind))
    permits = np.flatnonzero(kind == PERMIT)
    which = np.searchsorted([0.45, 0.89], rng.random(len(permits)))
    code[permits] = np.array([number for number, _ in PERMITS])[which]
    id_type[permits] = pick([letters for _, letters in PERMITS], which)
    foreign = np.flatnonzero(kind == FOREIGNER)
    country = rng.integers(0, len(COUNTRIES), len(foreign))
    code[foreign] = np.array([933_000 + int(number) for _, number in COUNTRIES])[country]
    id_type[foreign] = "553"
    sequence = identifiers.sequences(rng, code, birth, families.sex)
    pairs = traps.same_number
    code[pairs[:, 1]], sequence[pairs[:, 1]] = code[pairs[:, 0]], sequence[pairs[:, 0]]
    number = identifiers.id_numbers(code, birth, sequence)
    return _with_old_cards(rng, number, foreign, country, birth), id_type


def _with_old_cards(rng: Rng, number: Text, foreign: Ints, country: Ints, birth: Ints) -> Text:
    """Many foreigners still hold a card of the older form."""
    older = rng.random(len(foreign)) < 0.4
    letters = pick([letters for letters, _ in COUNTRIES], country[older])
    number[foreign[older]] = identifiers.old_card_numbers(rng, letters, birth[foreign[older]])
    return number


def _old_numbers(rng: Rng, families: Families, number: Text, traps: Traps) -> tuple[Text, Text]:
    """Numbers borne before a correction, before a new card, or shared with a stranger."""
    old, reason = same("", len(number)), same("", len(number))
    adult = (families.kind == LOCAL) & np.isin(families.part, (HEAD, SPOUSE)) & (number != "")
    adult[traps.same_number.ravel()] = False
    corrected = choose(rng, adult, 0.003, of=len(number))
    drifted = families.birth[corrected] + rng.integers(-9, 10, len(corrected))
    codes = np.array([int(text[:6]) for text in number[corrected].tolist()], dtype=np.int64)
    sequence = rng.integers(0, 500, len(corrected)) * 2 + families.sex[corrected] % 2
    before = identifiers.id_numbers(codes, yyyymmdd(drifted), sequence)
    free = ~np.isin(before.astype(str), number.astype(str))
    old[corrected[free]], reason[corrected[free]] = before[free], "corrected"
    second = traps.same_number[:, 1]
    settled = choose(rng, second, 0.34)
    for person in settled.tolist():
        _replace_shared_number(rng, families, number, person)
    shared = traps.same_number[np.isin(second, settled)]
    old[shared[:, 1]], reason[shared[:, 1]] = number[shared[:, 0]], "shared"
    _old_cards(rng, families, number, old, reason)
    return old, reason


def _replace_shared_number(rng: Rng, families: Families, number: Text, person: int) -> None:
    """Give the second bearer of a shared number one of his or her own."""
    birth = yyyymmdd(families.birth[[person]])
    own = number[person]
    while (number == own).any():
        sequence = rng.integers(0, 500, 1) * 2 + families.sex[[person]] % 2
        own = identifiers.id_numbers(np.array([330104]), birth, sequence)[0]
    number[person] = own


def _old_cards(rng: Rng, families: Families, number: Text, old: Text, reason: Text) -> None:
    new_card = np.flatnonzero(families.kind == FOREIGNER)
    new_card = new_card[[text.startswith("9") for text in number[new_card].tolist()]]
    renewed = choose(rng, new_card, 0.4)
    country = {"933" + number_of_country: letters for letters, number_of_country in COUNTRIES}
    letters = np.array([country[text[:6]] for text in number[renewed].tolist()], dtype=object)
    old[renewed] = identifiers.old_card_numbers(rng, letters, yyyymmdd(families.birth[renewed]))
    reason[renewed] = "card"


def _phones(rng: Rng, families: Families, today: int) -> tuple[Text, Text]:
    """Mobile numbers of persons from twelve on, and the numbers they had before."""
    phone, earlier = mobiles(rng, len(families)), mobiles(rng, len(families))
    age = (today - families.birth) / YEAR
    none = (age < 12) | (rng.random(len(families)) < 0.04)
    phone[none] = ""
    return phone, earlier


def mobiles(rng: Rng, length: int) -> Text:
    """Random mobile numbers."""
    prefixes = (
        "130 131 132 133 134 135 136 137 138 139 150 151 152 153 155 156 157 158 159 173 177 180 181 182 183 "
        "184 185 186 187 188 189 191 198 199"
    )
    return join(draw(rng, prefixes.split(), length), digits(rng.integers(0, 10**8, length), 8))
