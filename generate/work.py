"""Work and social insurance: education, employers, insurances in force, pensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate import identifiers, places
from generate.deaths import Deaths
from generate.households import CHILD, LOCAL, OUTSIDER, YEAR, Families
from generate.names import draw_surnames
from generate.setting import Setting
from generate.text import Ints, Mask, Reals, Rng, Text, draw, join, month_number, pick, same
from generate.traps import choose

INSURANCES = ("110", "120", "170", "210", "310", "390", "410", "510")
BIT = {code: 1 << place for place, code in enumerate(INSURANCES)}
STAFF = BIT["110"] | BIT["210"] | BIT["310"] | BIT["410"] | BIT["510"]
PUBLIC = BIT["120"] | BIT["310"] | BIT["410"]
RESIDENT = BIT["170"] | BIT["390"]
WORKING_AGE = 16
EMPLOYED, UNEMPLOYED, FLEXIBLE, SELF_EMPLOYED = "1", "2", "3", "4"
FIRMS = [
    "永泰",
    "新兴",
    "华盛",
    "佳和",
    "嘉禾",
    "东方",
    "西子",
    "之江",
    "兴业",
    "中天",
    "恒信",
    "宏达",
    "正大",
    "博远",
    "金源",
    "天成",
    "华立",
    "新安",
    "万通",
]
TRADES = [
    "化工",
    "文化传媒",
    "食品",
    "环保",
    "服饰",
    "电子",
    "网络",
    "包装",
    "软件",
    "建筑",
    "餐饮",
    "纺织",
    "医药",
    "机械",
    "物流",
    "贸易",
    "家具",
    "汽车零部件",
    "物业服务",
    "科技",
]
OFFICES = [
    "第一中学",
    "实验小学",
    "街道办事处",
    "自然资源局",
    "市场监督管理局",
    "税务所",
    "图书馆",
    "环境卫生管理所",
    "中心医院",
]
SCHOOLING = ("14", "21", "31", "41", "44", "47", "61", "71", "81", "90")


@dataclass
class Work:
    """By person, but the employers."""

    education: Text
    earlier_education: Text
    status: Text
    employer: Ints
    """Position of the employer, -1 for none."""
    begun: Ints
    insured: Ints
    """Insurances in force, as bits of INSURANCES."""
    ended: Ints
    """Insurances suspended or ended but still on record."""
    first_month: Ints
    pension: Text
    amount: Ints
    """Monthly pension in hundredths of a yuan."""
    pension_from: Ints
    two_schemes: Ints
    employers: Text
    employer_codes: Text


@dataclass(frozen=True)
class Jobs:
    """Who works where: states, employers, and which employers are public."""

    status: Text
    employer: Ints
    public: Ints


def _first_month(rng: Rng, families: Families, worked: Mask, today: int) -> Ints:
    """The month of the first insurance: as an employee from 16 years on, as a resident from birth."""
    age = (today - families.birth) / YEAR
    youngest = np.where(worked, WORKING_AGE, 0.0)
    years = youngest + rng.uniform(0.1, 1, len(age)) * np.maximum(np.clip(age, 0.4, 24) - youngest, 0)
    first = month_number((families.birth + years * YEAR).astype(np.int64))
    return np.clip(first, 1995 * 12, month_number(np.array([today]))[0])


def draw_work(setting: Setting, families: Families, deaths: Deaths) -> Work:
    """Draw everybody's working life."""
    rng, today, rates = setting.rng, setting.today, setting.rates
    age = (today - families.birth) / YEAR
    firms, codes, public, shop = _employers(rng, max(20, len(families) // 27))
    education, earlier = _education(rng, age)
    status = _status(rng, families, deaths, age)
    employer = _employer_of(rng, status, len(firms), public, shop)
    begun = (today - rng.uniform(20, np.clip((age - 18) * YEAR, 40, 4500))).astype(np.int64)
    retired = _retired(families, age) & (families.kind == LOCAL)
    formerly = retired & (rng.random(len(age)) < 0.6)
    insured, ended = _insurances(rng, families, Jobs(status, employer, public), formerly, age)
    pension, amount, since = _pensions(setting, families, deaths, formerly, retired)
    gone = deaths.dead & ~choose_mask(rng, deaths.dead, rates.insured_after_death)
    insured, ended = np.where(gone, 0, insured), np.where(gone, ended | insured, ended)
    both = (insured & BIT["110"] > 0) & (families.kind == LOCAL) & (age < 55)
    two = choose(rng, both, rates.two_pension_schemes)
    insured[two] |= BIT["170"]
    worked = ((insured | ended) & ~BIT["390"]) > 0
    first = _first_month(rng, families, worked, today)
    return Work(
        education,
        earlier,
        status,
        employer,
        begun,
        insured,
        ended,
        first,
        pension,
        amount,
        since,
        two,
        firms,
        codes,
    )


def choose_mask(rng: Rng, eligible: Mask, rate: float) -> Mask:
    """A random part of the eligible, as a mask."""
    mask = np.zeros(len(eligible), dtype=bool)
    mask[choose(rng, eligible, rate)] = True
    return mask


def _employers(rng: Rng, count: int) -> tuple[Text, Text, Ints, Ints]:
    """Names and codes of employers, positions of the public ones and of the small shops."""
    county = rng.integers(0, len(places.county_codes()), count)
    division = pick(places.county_codes(), county)
    seat = pick([places.county_names()[code] for code in places.county_codes()], county)
    short = pick([places.county_names()[code][:-1] for code in places.county_codes()], county)
    brand = (
        join(draw(rng, FIRMS, count), draw(rng, FIRMS, count)) if count > 5000 else draw(rng, FIRMS, count)
    )
    short[rng.random(count) < 0.5] = ""
    form = draw(rng, ["有限公司", "股份有限公司"], count, [0.88, 0.12])
    name = join("杭州", short, brand, draw(rng, TRADES, count), form)
    public = np.flatnonzero(np.arange(count) % 12 == 5)
    shop = np.flatnonzero(np.arange(count) % 3 == 1)
    shop = shop[~np.isin(shop, public)]
    name[public] = join("杭州市", seat[public], draw(rng, OFFICES, len(public)))
    owner = draw_surnames(rng, len(shop))
    name[shop] = join("杭州市", seat[shop], owner, "记", draw(rng, TRADES, len(shop)), "店")
    kinds = same("91", count)
    kinds[public], kinds[shop] = "12", "92"
    # 7919 shares no factor with 89 million, so that no two bodies are alike
    bodies = 10_000_000 + (np.arange(count) * 7919 + int(rng.integers(0, 10**7))) % 89_000_000
    return name, identifiers.credit_codes(kinds.tolist(), division.tolist(), bodies), public, shop


def _education(rng: Rng, age: Reals) -> tuple[Text, Text]:
    """Highest education, and the one told to the police long ago."""
    draws = rng.random(len(age))
    young = draw(rng, SCHOOLING, len(age), [0.04, 0.28, 0.24, 0.06, 0.06, 0.04, 0.14, 0.12, 0.02, 0.0])
    middle = draw(rng, SCHOOLING, len(age), [0.02, 0.14, 0.14, 0.08, 0.05, 0.04, 0.2, 0.27, 0.06, 0.0])
    old = draw(rng, SCHOOLING, len(age), [0.0, 0.02, 0.04, 0.05, 0.0, 0.03, 0.1, 0.3, 0.36, 0.1])
    level = np.where(age < 38, young, np.where(age < 58, middle, old))
    level[age < 22] = np.where(draws < 0.4, "71", np.where(draws < 0.75, "61", "31"))[age < 22]
    level[age < 16] = "81"
    level[age < 13] = ""
    steps = {"14": "21", "21": "61", "31": "61", "41": "71", "44": "71", "47": "71", "61": "71", "71": "81"}
    lower = np.array([steps.get(code, code) for code in SCHOOLING], dtype=object)
    order = np.searchsorted(SCHOOLING, np.where(level == "", "90", level).astype(str))
    return level, np.where(level == "", "", lower[order])


def _retired(families: Families, age: Reals) -> Mask:
    return np.asarray((age >= 60.5) | ((families.sex == 2) & (age >= 52)))


def _status(rng: Rng, families: Families, deaths: Deaths, age: Reals) -> Text:
    share = np.array([0.9, 0.84, 0.78, 0.75, 0.0])[families.kind]
    working = (age > 19) & ~_retired(families, age) & (rng.random(len(age)) < share) & ~deaths.dead
    working &= ~((families.part == CHILD) & (age < 22))
    status = same("", len(age))
    here = np.flatnonzero(working)
    codes = [EMPLOYED, UNEMPLOYED, FLEXIBLE, SELF_EMPLOYED]
    status[here] = draw(rng, codes, len(here), [0.77, 0.055, 0.095, 0.08])
    return status


def _employer_of(rng: Rng, status: Text, firms: int, public: Ints, shop: Ints) -> Ints:
    employer = np.full(len(status), -1, dtype=np.int64)
    company = np.setdiff1d(np.arange(firms), np.concatenate([public, shop]))
    employed = np.flatnonzero(status == EMPLOYED)
    # large firms have many people: the square favours the first
    employer[employed] = company[(rng.random(len(employed)) ** 2 * len(company)).astype(np.int64)]
    official = employed[rng.random(len(employed)) < 0.085]
    employer[official] = rng.choice(public, len(official))
    own = np.flatnonzero((status == SELF_EMPLOYED) & (rng.random(len(status)) < 0.5))
    employer[own] = rng.choice(shop, len(own))
    return employer


def _insurances(rng: Rng, families: Families, jobs: Jobs, formerly: Mask, age: Reals) -> tuple[Ints, Ints]:
    status, employer, public = jobs.status, jobs.employer, jobs.public
    length = len(status)
    insured = np.zeros(length, dtype=np.int64)
    ended = np.zeros(length, dtype=np.int64)
    at_home = families.kind == LOCAL
    insured[(status == EMPLOYED)] = STAFF
    insured[np.isin(employer, public) & (status == EMPLOYED)] = PUBLIC
    free = np.isin(status.astype(str), (FLEXIBLE, SELF_EMPLOYED))
    insured[free] = np.where(rng.random(length) < 0.55, BIT["110"] | BIT["310"], RESIDENT)[free]
    idle = at_home & (status == "") & (insured == 0)
    insured[idle & (age > 20)] = RESIDENT
    insured[idle & (age <= 20)] = BIT["390"]
    insured[idle & (age > 60)] = BIT["390"]
    insured[formerly] = BIT["310"]
    ended[formerly] = BIT["110"]
    insured[(age < 0.2) | (families.kind == OUTSIDER)] = 0
    few = ~at_home & (rng.random(length) < 0.12)
    insured[few] = 0
    out = at_home & (status == UNEMPLOYED)
    ended[out], insured[out] = STAFF, BIT["390"]
    changed = (insured & BIT["310"] > 0) & (rng.random(length) < 0.06)
    ended[changed] |= BIT["390"]
    return insured, ended


def _pensions(
    setting: Setting, families: Families, deaths: Deaths, formerly: Mask, retired: Mask
) -> tuple[Text, Ints, Ints]:
    """Status, amount and first month of the pension; still paid to some of the dead."""
    rng, today, rates = setting.rng, setting.today, setting.rates
    age = (today - families.birth) / YEAR
    resident = retired & ~formerly & (age > 60.5) & (rng.random(len(age)) < 0.8)
    paid = formerly | resident
    status = same("", len(age))
    status[paid] = "1"
    status[paid & (rng.random(len(age)) < 0.025)] = "2"
    dead = paid & deaths.dead
    status[dead] = "3"
    status[choose(rng, dead, rates.pension_after_death)] = "1"
    amount = np.where(resident, rng.uniform(19_000, 35_000, len(age)), rng.normal(360_000, 110_000, len(age)))
    amount = np.clip(amount, 19_001, 901_500).astype(np.int64)
    start = np.where(families.sex == 1, 60, np.where(formerly, 50 + 5 * (rng.random(len(age)) < 0.5), 60))
    since = month_number((families.birth + start * YEAR + 28).astype(np.int64))
    since = np.where(paid, np.minimum(since, month_number(np.array([today]))[0] - 1), -1)
    return status, amount, since


def employer_texts(work: Work, persons: Ints) -> tuple[Text, Text]:
    """Codes and names of the persons' employers, empty for none."""
    codes = np.append(work.employer_codes, "")
    names = np.append(work.employers, "")
    return codes[work.employer[persons]], names[work.employer[persons]]


def insurance_lists(insured: Ints) -> list[list[str]]:
    """The insurances in force of every person, as lists of codes."""
    table = [[code for code in INSURANCES if bits & BIT[code]] for bits in range(1 << len(INSURANCES))]
    return [table[bits] for bits in insured.tolist()]
