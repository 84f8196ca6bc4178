"""The county's own places, and the places people come from."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generate.text import Ints, Mask, Rng, Text, digits, draw, join, objects, pick

PROVINCE = "浙江省"
CITY = "杭州市"
VILLAGES = [
    "东山村",
    "钱家岭村",
    "沙地村",
    "双溪村",
    "大桥头村",
    "枫树岭村",
    "方家埠村",
    "金竹坞村",
    "新联村",
    "庙前村",
    "梅岭村",
    "里湖村",
    "柳岩村",
    "石塘村",
    "白水村",
    "杨家桥村",
    "上塘村",
    "章家村",
    "下沙地村",
    "龙潭村",
]
ESTATES = [
    "翠苑二区",
    "江南春城",
    "景芳三区",
    "采荷人家",
    "滨江铂金",
    "紫金公寓",
    "绿城春江",
    "朝晖五区",
    "阳光郡",
    "金都花园",
    "湖畔花园",
    "稻香新村",
    "桂花城",
    "和家园",
]
ROADS = [
    "金城路",
    "迎宾路",
    "中山北路",
    "人民路",
    "育才路",
    "凤起路",
    "南苑街",
    "文三路",
    "学院路",
    "文一路",
    "江晖路",
    "府前街",
    "民生路",
    "建国南路",
    "莫干山路",
    "新华路",
    "东新路",
    "体育场路",
    "解放路",
    "环城东路",
    "永安路",
    "市心中路",
]
OUTSIDE_ROADS = ["人民路", "解放街", "建设路", "胜利路", "工农路", "中山路"]
BUILDINGS = 39
GROUPS = 19

# Numbers issued before a division was renamed keep its old code: (code, first year, last year).
OLD_CODES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "330102": ((330102, 0, 9999), (330104, 0, 2020)),
    "330105": ((330105, 0, 9999), (330103, 0, 2020)),
    "330106": ((330106, 0, 9999),),
    "330108": ((330106, 0, 1996), (330108, 1997, 9999)),
    "330109": ((330121, 0, 1987), (339005, 1988, 1989), (330181, 1990, 2000), (330109, 2001, 9999)),
    "330110": ((330125, 0, 1993), (330184, 1994, 2000), (330110, 2001, 9999)),
    "330111": ((330123, 0, 1993), (330183, 1994, 2014), (330111, 2015, 9999)),
    "330112": ((330124, 0, 1995), (330185, 1996, 2016), (330112, 2017, 9999)),
    "330113": ((330125, 0, 1993), (330184, 1994, 2000), (330110, 2001, 2020), (330113, 2021, 9999)),
    "330114": ((330104, 0, 2000), (330109, 2001, 2020), (330114, 2021, 9999)),
    "330122": ((330122, 0, 9999),),
    "330127": ((330127, 0, 9999),),
    "330182": ((330126, 0, 1991), (330182, 1992, 9999)),
}
COUNTY_WEIGHTS = {
    "330109": 9.0,
    "330106": 7.4,
    "330102": 7.3,
    "330110": 7.2,
    "330105": 6.7,
    "330113": 5.8,
    "330112": 4.6,
    "330111": 4.1,
    "330108": 3.2,
    "330182": 2.8,
    "330127": 2.8,
    "330114": 2.5,
    "330122": 2.2,
}


@dataclass(frozen=True)
class Township:
    """A street, town or township office."""

    code: str
    county: str
    name: str

    @property
    def county_code(self) -> str:
        """The six-digit code of its county."""
        return self.code[:6]


def _rows(name: str) -> list[list[str]]:
    path = Path(__file__).parent / "data" / name
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


@functools.cache
def townships() -> tuple[Township, ...]:
    """Every township, in the order of the codes."""
    return tuple(Township(*row) for row in _rows("townships.csv"))


@functools.cache
def origins() -> tuple[tuple[str, str], ...]:
    """Counties elsewhere, as (code, full name)."""
    return tuple((code, name) for code, name in _rows("origins.csv"))


@functools.cache
def county_codes() -> tuple[str, ...]:
    """The codes of the county's own divisions."""
    return tuple(sorted({township.county_code for township in townships()}))


@functools.cache
def county_names() -> dict[str, str]:
    """The names of the county's own divisions, by code."""
    return {township.county_code: township.county for township in townships()}


def township_codes() -> Text:
    """The nine-digit code of every township, by its position."""
    return objects([township.code for township in townships()])


def draw_townships(rng: Rng, length: int) -> Ints:
    """Positions of townships, the larger counties more often."""
    sizes = {code: sum(t.county_code == code for t in townships()) for code in county_codes()}
    weights = np.array([COUNTY_WEIGHTS[t.county_code] / sizes[t.county_code] for t in townships()])
    edges = np.cumsum(weights)
    return np.asarray(np.searchsorted(edges, rng.random(length) * edges[-1], side="right"), dtype=np.int64)


def issuing_codes(rng: Rng, township: Ints, birth_year: Ints) -> Ints:
    """The county code that a number issued to a resident born in that year bears."""
    issued = np.maximum(birth_year, 1984)
    codes = np.zeros(len(township), dtype=np.int64)
    county = np.array([int(t.county_code) for t in townships()], dtype=np.int64)[township]
    for division, history in OLD_CODES.items():
        here = county == int(division)
        for code, first, last in history:
            fits = here & (issued >= first) & (issued <= last)
            # where two old codes fit, either may have issued the number
            codes[fits & ((codes == 0) | (rng.random(len(codes)) < 0.5))] = code
    return codes


@dataclass(frozen=True)
class Dwelling:
    """Where a household lives: township, community within it and the written address."""

    township: Ints
    community: Text
    address: Text


def draw_dwellings(rng: Rng, length: int) -> Dwelling:
    """Random dwellings in the county."""
    township = draw_townships(rng, length)
    rural = np.array([int(t.code[6]) > 0 for t in townships()])[township]
    in_village = rural & (rng.random(length) < 0.65)
    prefix = pick([PROVINCE + CITY + t.county + t.name for t in townships()], township)
    village = rng.integers(0, len(VILLAGES), length)
    address = join(
        prefix, pick(VILLAGES, village), _number(rng, GROUPS, length), "组", _number(rng, 399, length), "号"
    )
    flats = np.flatnonzero(~in_village)
    address[flats] = join(prefix[flats], _streets(rng, len(flats)), _flats(rng, len(flats)))
    community = np.where(in_village, 200 + village, rng.integers(1, 21, length))
    code = join(pick(township_codes(), township), digits(community, 3))
    return Dwelling(township, code, address)


def _number(rng: Rng, most: int, length: int) -> Text:
    return pick([str(n) for n in range(1, most + 1)], rng.integers(0, most, length))


def _streets(rng: Rng, length: int) -> Text:
    road = join(draw(rng, ROADS, length), _number(rng, 399, length), "号")
    estate: Mask = rng.random(length) < 0.5
    road[estate] = draw(rng, ESTATES, int(estate.sum()))
    return road


def _flats(rng: Rng, length: int) -> Text:
    room = join(_number(rng, 18, length), "0", _number(rng, 4, length))
    return join(_number(rng, BUILDINGS, length), "幢", _number(rng, 4, length), "单元", room, "室")


def draw_outside(rng: Rng, length: int) -> tuple[Text, Text]:
    """Registered homes elsewhere: county codes and addresses."""
    which = rng.integers(0, len(origins()), length)
    street = np.where(rng.random(length) < 0.5, draw(rng, OUTSIDE_ROADS, length), draw(rng, VILLAGES, length))
    address = join(pick([name for _, name in origins()], which), street, _number(rng, 299, length), "号")
    return pick([code for code, _ in origins()], which), address
