"""Civil affairs: marriages and divorces (婚姻登记), cremations (殡葬火化)."""

from __future__ import annotations

import datetime

import numpy as np

from generate import places
from generate.faults import DISCREPANCY, QUARANTINED
from generate.marriages import DIVORCED, MARRIED, REGISTER_BEGINS, Marriages
from generate.office import Office, add_copies, add_duplicates
from generate.people import mobiles
from generate.table import Role, Table
from generate.text import (
    NEVER,
    Ints,
    Mask,
    Rng,
    Text,
    dates,
    digits,
    draw,
    join,
    objects,
    pick,
    same,
    year_month,
)
from generate.traps import choose
from generate.workbooks import FIRST_ROW, Sheet, dates_by_hand, write_workbook

WEDDINGS, DIVORCES = "结婚登记", "离婚登记"
HEADER = [
    "序号",
    "登记证字号",
    "登记日期",
    "男方姓名",
    "男方身份证号",
    "男方出生日期",
    "女方姓名",
    "女方身份证号",
    "女方出生日期",
    "登记机关",
]
FUNERAL_HEADER = [
    "序号",
    "火化证明编号",
    "逝者姓名",
    "身份证号",
    "性别",
    "死亡日期",
    "火化日期",
    "户籍地址",
    "经办人姓名",
    "经办人电话",
]
EMPTY_WORDS = ("无", "不详", "/", "-", "")


def subtitle(day: datetime.date) -> str:
    """The second title row."""
    return f"统计截止日期：{day.year}年{day.month}月{day.day}日\u3000\u3000填报单位：杭州市民政局"


def deliver_marriages(office: Office) -> None:
    """All marriages and divorces, one workbook with a sheet each."""
    rng = office.rng("civil_affairs", "marriage")
    marriages = office.county.ties.marriages
    registered = np.flatnonzero(marriages.registered)
    registered = registered[np.argsort(marriages.day[registered], kind="stable")]
    shown = _late_marriages(office, rng, marriages, registered)
    weddings = _events(office, "J", registered, marriages.day, shown)
    divorced = np.flatnonzero(marriages.divorce_registered & (marriages.ended >= REGISTER_BEGINS))
    divorced = divorced[np.argsort(marriages.ended[divorced], kind="stable")]
    partings = _events(office, "L", divorced, marriages.ended, marriages.ended)
    _note_marriages(office, weddings, registered, shown)
    table = weddings.followed_by(partings)
    _tell_status(office, table, registered, divorced)
    office.planter.plant(table)
    _future_events(office, rng, table, "登记日期", len(registered))
    office.truth.errors(table)
    table = add_copies(office, table, np.arange(len(table)) >= len(registered))
    _send_marriages(office, rng, table)
    for day in range(1, office.events.days):
        couples = office.events.on("married_untold", day).reshape(-1, 2)
        _note_untold(
            office, couples, ("civil_affairs", "marriage"), "married; weekly workbook not out yet", day
        )
        dead = office.events.on("died_untold", day).reshape(-1, 1)
        _note_untold(office, dead, ("health", "death"), "death certificate not issued yet", day)


def _note_untold(office: Office, persons: Ints, where: tuple[str, str], detail: str, day: int) -> None:
    if len(persons):
        office.truth.planted_apart(
            "event_not_yet_delivered",
            persons.tolist(),
            "accepted",
            same(detail, len(persons)),
            (*where, office.batch(day)),
        )


def _late_marriages(office: Office, rng: Rng, marriages: Marriages, rows: Ints) -> Ints:
    """Days of registration as shown; some fall after the death of one party."""
    shown = marriages.day.copy()
    deaths = office.county.deaths.day
    death = np.maximum(deaths[marriages.groom], deaths[marriages.bride])
    eligible = rows[
        (death[rows] > NEVER) & (death[rows] < office.county.today - 90) & (marriages.ended[rows] <= NEVER)
    ]
    late = choose(rng, eligible, office.rates.marriage_after_death)
    shown[late] = death[late] + rng.integers(10, 80, len(late))
    return shown


def _certificates(letter: str, county: Text, day: Ints) -> Text:
    """Certificate numbers: serials count within a county and year, with gaps."""
    year = year_month(day)[0]
    group = join(county, "-", digits(year))
    _, which = np.unique(group.astype(str), return_inverse=True)
    order = np.argsort(which, kind="stable")
    starts = np.flatnonzero(np.append(True, which[order][1:] != which[order][:-1]))
    serial = np.empty(len(day), dtype=np.int64)
    serial[order] = np.arange(len(day)) - np.repeat(starts, np.diff(np.append(starts, len(day))))
    return join(letter, group, "-", digits(serial * 3 + 1, 6))


def _events(office: Office, letter: str, rows: Ints, real: Ints, shown: Ints) -> Table:
    marriages, county = office.county.ties.marriages, office.county
    township = county.homes.township[marriages.groom[rows]]
    code = pick([t.county_code for t in places.townships()], township)
    seat = pick([t.county for t in places.townships()], township)
    key = _certificates(letter, code, real[rows])
    columns = {
        "登记证字号": key,
        "登记日期": dates(shown[rows], "%Y-%m-%d"),
        "登记机关": join("杭州市", seat, "民政局婚姻登记处"),
    }
    roles = []
    for name, side, party in (
        ("groom", "男方", marriages.groom[rows]),
        ("bride", "女方", marriages.bride[rows]),
    ):
        birth = dates(county.families.birth[party], "%Y-%m-%d")
        columns |= {
            f"{side}姓名": office.names[party],
            f"{side}身份证号": office.numbers[party],
            f"{side}出生日期": birth,
        }
        fields = {"name": f"{side}姓名", "id_number": f"{side}身份证号", "birth_date": f"{side}出生日期"}
        role = Role(name, party.copy(), fields)
        office.identity(role, party, birth)
        told = dates(shown[rows], "%Y-%m-%d") if letter == "J" else same("", len(rows))
        own = dates(real[rows], "%Y-%m-%d") if letter == "J" else same("", len(rows))
        role.tell("marriage_date", told, own)
        roles.append(role)
    sheet = same(WEDDINGS if letter == "J" else DIVORCES, len(rows))
    return Table("civil_affairs", "marriage", columns, key, roles, sheet=sheet)


def _note_marriages(office: Office, weddings: Table, rows: Ints, shown: Ints) -> None:
    """Marriages after a death, and second marriages without a divorce between."""
    county, marriages = office.county, office.county.ties.marriages
    late = np.flatnonzero(shown[rows] != marriages.day[rows])
    death = np.maximum(
        county.deaths.day[marriages.groom[rows[late]]], county.deaths.day[marriages.bride[rows[late]]]
    )
    detail = join("one party died ", dates(death, "%Y-%m-%d"))
    weddings.note("marriage_after_death", "", late, DISCREPANCY, detail)
    if office.rates.marital_contradiction <= 0:
        return
    place = np.full(len(marriages), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    past = county.ties.past
    for role in weddings.roles:
        before = past[role.person]
        unsettled = (before >= 0) & (before != rows) & ~marriages.divorce_registered[before]
        unsettled &= marriages.registered[before] & (marriages.day[before] < marriages.day[rows])
        here = np.flatnonzero(unsettled)
        detail = join("also married by ", weddings.key[place[before[here]]])
        weddings.note("marital_contradiction", role.name, here, DISCREPANCY, detail)


def _tell_status(office: Office, table: Table, married: Ints, divorced: Ints) -> None:
    """What the newest event of every person says of the marital status."""
    ties, marriages = office.county.ties, office.county.ties.marriages
    day = np.concatenate([marriages.day[married], marriages.ended[divorced]])
    code = objects([MARRIED] * len(married) + [DIVORCED] * len(divorced))
    newest = np.full(len(office.county), NEVER, dtype=np.int64)
    for role in table.roles:
        np.maximum.at(newest, role.person, day)
    for role in table.roles:
        latest: Mask = newest[role.person] == day
        true = ties.status[role.person]
        # a widow's register entry is still that of the marriage: nothing wrong with it
        says = np.where(latest & (true != "30"), code, "").astype(object)
        role.tell("marital_status", says, true)


def _future_events(office: Office, rng: Rng, table: Table, column: str, within: int) -> None:
    """Events dated in many years."""
    free = ~table.quarantined
    free[within:] = False
    for note in table.notes:
        free[note.rows] = False
    rows = choose(rng, free, office.rates.event_in_future)
    before = table.columns[column][rows]
    after = objects([f"{rng.integers(2035, 2079)}{day[4:]}" for day in before.tolist()])
    table.columns[column][rows] = after
    table.note("event_in_future", "", rows, QUARANTINED, join(before, " -> ", after))


def _send_marriages(office: Office, rng: Rng, table: Table) -> None:
    assert table.sheet is not None
    lines = np.empty(len(table), dtype=np.int64)
    sheets = []
    for name, title in ((WEDDINGS, "杭州市结婚登记汇总表"), (DIVORCES, "杭州市离婚登记汇总表")):
        rows = np.flatnonzero(table.sheet == name)
        lines[rows] = FIRST_ROW + np.arange(len(rows))
        cells = [table.columns[column][rows] for column in HEADER[1:]]
        for place, column in enumerate(HEADER[1:]):
            if column.endswith("日期"):
                cells[place] = dates_by_hand(rng, cells[place])
        numbers = objects(list(range(1, len(rows) + 1)))
        sheets.append(Sheet(name, title, HEADER, [numbers, *cells], f"{len(rows)}条"))
    file = f"MZ_HYDJ_{office.batch(0)}.xlsx"
    write_workbook(office.folder(table, 0) / file, sheets, subtitle(office.first_day))
    office.truth.links(table, office.batch(0), file, lines, np.zeros(len(table), dtype=bool))
    office.truth.planted(table, table.notes, office.batch(0), file, lines)


def deliver_funerals(office: Office) -> None:
    """All cremations on record."""
    county, deaths = office.county, office.county.deaths
    rng = office.rng("civil_affairs", "funeral")
    known = deaths.funeral_knows & (deaths.cremated < county.today) & (county.papers.id_number != "")
    who = np.flatnonzero(known)
    who = who[np.argsort(deaths.day[who], kind="stable")]
    count = len(who)
    key = join("HH", digits(year_month(deaths.day[who])[0]), digits(100_800 + rng.permutation(count), 6))
    columns = {
        "火化证明编号": key,
        "逝者姓名": office.names[who],
        "身份证号": office.numbers[who],
        "性别": np.where(county.families.sex[who] == 1, "男", "女").astype(object),
        "死亡日期": dates(deaths.day[who], "%Y-%m-%d"),
        "火化日期": dates(deaths.cremated[who], "%Y-%m-%d"),
        "户籍地址": county.homes.registered[who],
        "经办人姓名": draw(rng, county.papers.name, count),
        "经办人电话": mobiles(rng, count),
    }
    role = Role("subject", who, {"name": "逝者姓名", "id_number": "身份证号"})
    office.identity(role, who)
    table = Table("civil_affairs", "funeral", columns, key, [role])
    alone = deaths.funeral_knows & ~deaths.health_knows & (county.hukou_status != "2")
    table.note("death_known_to_one", "subject", np.flatnonzero(alone[who]), DISCREPANCY, "civil_affairs")
    rows = choose(rng, np.ones(count, dtype=bool), office.rates.duplicate_person * 4)
    copies = table.take(rows)
    copies.key = join(
        "HH",
        digits(year_month(deaths.day[who[rows]])[0]),
        digits(1_000_500 + rng.permutation(len(rows)) * 6, 7),
    )
    copies.columns["火化证明编号"] = copies.key
    copies.columns["经办人姓名"] = draw(rng, county.papers.name, len(rows))
    table = add_duplicates(table, copies, rows)
    office.planter.plant(table)
    _future_events(office, rng, table, "火化日期", count)
    office.truth.errors(table)
    for column in ("死亡日期", "火化日期"):
        table.columns[column] = dates_by_hand(rng, table.columns[column])
    _some_words(rng, table.columns["经办人电话"])
    cells = [table.columns[column] for column in FUNERAL_HEADER[1:]]
    numbers = objects(list(range(1, len(table) + 1)))
    sheet = Sheet("火化登记", "杭州市殡葬火化登记表", FUNERAL_HEADER, [numbers, *cells], f"{len(table)}条")
    table.sheet = same(sheet.name, len(table))
    file = f"MZ_BZHH_{office.batch(0)[:6]}.xlsx"
    write_workbook(office.folder(table, 0) / file, [sheet], subtitle(office.first_day))
    lines = FIRST_ROW + np.arange(len(table))
    office.truth.links(table, office.batch(0), file, lines, np.zeros(len(table), dtype=bool))
    office.truth.planted(table, table.notes, office.batch(0), file, lines)


def _some_words(rng: Rng, column: Text) -> None:
    """A few cells say "none" in one of the usual ways."""
    rows = np.flatnonzero(rng.random(len(column)) < 0.04)
    column[rows] = draw(rng, EMPTY_WORDS, len(rows))
