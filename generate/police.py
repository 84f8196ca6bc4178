"""The police: the household register (常住人口登记)."""

from __future__ import annotations

import numpy as np

from generate import places
from generate.events import (
    MOVED,
    MOVED_OUT,
    POLICE_CORRECTED,
    REGISTERED,
    RENAMED,
    RENUMBERED,
    STRUCK_OFF,
)
from generate.faults import DISCREPANCY, LINKED
from generate.office import Office, add_copies, add_duplicates, add_test_row
from generate.table import Role, Table
from generate.text import NEVER, Ints, Rng, Text, clock, dates, digits, join, pick, same
from generate.traps import choose
from generate.writers import CsvForm

COLUMNS = (
    "人员编号",
    "公民身份号码",
    "原公民身份号码",
    "姓名",
    "曾用名",
    "性别",
    "民族",
    "出生日期",
    "户口所在地",
    "户籍地址",
    "现住址",
    "户号",
    "与户主关系",
    "户籍状态",
    "注销日期",
    "文化程度",
    "联系电话",
    "更新时间",
)
FORM = CsvForm(COLUMNS, "gb18030", "\r\n", "户籍地址")
FIELDS = {
    "name": "姓名",
    "birth_date": "出生日期",
    "sex": "性别",
    "ethnicity": "民族",
    "education": "文化程度",
    "phone": "联系电话",
}
# A master register is kept with care: other registers' faults do not occur, birth dates go wrong more rarely.
PLANTED_HERE = {
    "name_spaces": 0.2,
    "name_rare_lost": 0.3,
    "birth_future": 0.4,
    "birth_impossible": 0.4,
    "birth_other_form": 0.2,
    "birth_over_120": 0.4,
    "sex_contradicts_number": 0.6,
    "sex_unknown_code": 0.7,
    "code_as_label": 0.8,
    "code_unknown": 0.8,
    "placeholder": 0.9,
    "phone_dummy": 0.8,
    "phone_other_form": 0.7,
}
FIRST_KEY = 3_301_100_206_800
FIRST_DUPLICATE = 3_309_100_542_840


def deliver_residents(office: Office) -> None:
    """The whole register, every day."""
    county = office.county
    rng = office.rng("police", "resident")
    who = np.flatnonzero(county.local & ~county.unregistered)
    keys = digits(FIRST_KEY + rng.permutation(len(county)))
    table = _table(office, rng, who, keys)
    _education(office, rng, table)
    _deaths(office, table)
    table = _with_duplicates(office, rng, table)
    row_of = np.full(len(county), -1, dtype=np.int64)
    row_of[who] = np.arange(len(who))
    office.planter.plant(table, PLANTED_HERE)
    changing = np.isin(table.roles[0].person, _changing(office))
    table = add_test_row(
        office,
        table,
        {"人员编号": "<key>", "公民身份号码": "<number>", "姓名": "<name>", "原公民身份号码": ""},
    )
    office.truth.errors(table)
    table = add_copies(office, table, np.append(changing, np.zeros(len(table) - len(changing), dtype=bool)))
    office.send(table, FORM, f"GA_CZRK_{office.batch(0)}.csv", 0)
    for day in range(1, office.events.days):
        table.notes = []
        table = _next_day(office, table, row_of, day)
        office.send(table, FORM, f"GA_CZRK_{office.batch(day)}.csv", day)


def _changing(office: Office) -> Ints:
    kinds = (MOVED, MOVED_OUT, POLICE_CORRECTED, RENAMED, RENUMBERED, STRUCK_OFF)
    return np.concatenate([office.events.after(kind, 0) for kind in kinds])


def _table(office: Office, rng: Rng, who: Ints, keys: Text) -> Table:
    county, papers, homes = office.county, office.county.papers, office.county.homes
    old, former = papers.old_number.copy(), papers.former_name.copy()
    old[papers.old_reason == "card"] = ""
    old[office.events.after(RENUMBERED, 0)] = ""
    former[office.events.after(RENAMED, 0)] = ""
    status, cancelled = county.hukou_status.copy(), dates(county.cancelled)
    for kind in (STRUCK_OFF, MOVED_OUT):
        later = office.events.after(kind, 0)
        status[later], cancelled[later] = "1", ""
    phone = office.stale_phones(rng, np.arange(len(county)), 1.2)
    phone[rng.random(len(county)) < 0.08] = ""
    phone[office.events.after(POLICE_CORRECTED, 0)] = papers.earlier_phone[
        office.events.after(POLICE_CORRECTED, 0)
    ]
    birth = dates(county.families.birth[who])
    living = _lived_in(office, rng)
    updated = county.today - (rng.random(len(who)) ** 1.5 * 2900).astype(np.int64) - 1
    updated = np.maximum(updated, county.families.birth[who] + 5)
    columns = {
        "人员编号": keys[who],
        "公民身份号码": office.numbers[who],
        "原公民身份号码": old[who],
        "姓名": office.names[who],
        "曾用名": former[who],
        "性别": digits(county.families.sex[who]),
        "民族": papers.ethnicity[who].copy(),
        "出生日期": birth,
        "户口所在地": pick(places.township_codes(), homes.township[who]),
        "户籍地址": homes.registered[who],
        "现住址": living[who],
        "户号": county.household_no[who],
        "与户主关系": county.families.relation[who],
        "户籍状态": status[who],
        "注销日期": cancelled[who],
        "文化程度": county.work.education[who],
        "联系电话": phone[who],
        "更新时间": join(dates(updated), clock(rng, len(who))),
    }
    role = Role("subject", who, FIELDS)
    office.identity(role, who, birth)
    role.tell("sex", columns["性别"], columns["性别"].copy())
    role.tell("ethnicity", columns["民族"], columns["民族"].copy())
    role.tell("phone", columns["联系电话"], papers.phone[who])
    stated = np.where(columns["现住址"] == "同上", "", columns["现住址"]).astype(object)
    role.tell("residence_address", stated, homes.lived_in[who])
    return Table("police", "resident", columns, keys[who], [role])


def _lived_in(office: Office, rng: Rng) -> Text:
    """The address lived at as the register has it: often empty, or a ditto."""
    homes = office.county.homes
    at_home = homes.lived_in == homes.registered
    draws = rng.random(len(at_home))
    living = homes.lived_in.copy()
    living[at_home & (draws < 0.7)] = "同上"
    living[draws < 0.42] = ""
    moving = np.concatenate([office.events.after(kind, 0) for kind in (MOVED, MOVED_OUT)])
    living[moving] = ""
    moved = office.events.after(MOVED, 0)
    living[moved] = homes.earlier[moved]
    return living


def _education(office: Office, rng: Rng, table: Table) -> None:
    """Education as told long ago, for a part of the persons."""
    role, work = table.roles[0], office.county.work
    current = work.education[role.person]
    earlier = work.earlier_education[role.person]
    rows = np.flatnonzero((rng.random(len(table)) < office.rates.stale_education) & (earlier != current))
    column = table.columns["文化程度"]
    column[rows] = earlier[rows]
    role.tell("education", column, current)
    seen = rows[office.jobs[role.person[rows]]]
    table.note("stale_education", "subject", seen, DISCREPANCY, join(earlier[seen], ", now ", current[seen]))


def _deaths(office: Office, table: Table) -> None:
    """Deaths only the police know: the day of cancellation is all there is."""
    role, deaths = table.roles[0], office.county.deaths
    alone = deaths.dead & ~deaths.health_knows & ~deaths.funeral_knows
    meant, true = same("", len(table)), same("", len(table))
    rows = np.flatnonzero(
        (alone & (deaths.cancelled > NEVER))[role.person] & (table.columns["户籍状态"] == "2")
    )
    persons = role.person[rows]
    meant[rows] = dates(deaths.cancelled[persons], "%Y-%m-%d")
    true[rows] = dates(deaths.day[persons], "%Y-%m-%d")
    role.tell("death_date", meant, true)
    table.note("death_known_to_one", "subject", rows, DISCREPANCY, "police")


def _with_duplicates(office: Office, rng: Rng, table: Table) -> Table:
    role, county = table.roles[0], office.county
    usable = (table.columns["户籍状态"] == "1") & ~np.isin(role.person, _changing(office))
    rows = choose(rng, usable, office.rates.duplicate_person)
    copies, count = table.take(rows), len(rows)
    copies.key = digits(FIRST_DUPLICATE + rng.permutation(count))
    old = county.today - rng.integers(3800, 6200, count)
    home = places.draw_dwellings(rng, count)
    copies.columns |= {
        "人员编号": copies.key,
        "户口所在地": pick(places.township_codes(), home.township),
        "户籍地址": home.address,
        "现住址": same("", count),
        "户号": join("33019100", digits(663_000 + rng.permutation(count), 6)),
        "与户主关系": same("98", count),
        "原公民身份号码": same("", count),
        "曾用名": same("", count),
        "更新时间": join(dates(old), clock(rng, count)),
    }
    copies.roles[0].tell("residence_address", same("", count), same("", count))
    return add_duplicates(table, copies, rows)


def _next_day(office: Office, table: Table, row_of: Ints, day: int) -> Table:
    county, papers, events = office.county, office.county.papers, office.events
    columns = table.columns
    rng = office.rng("police", "resident", day)

    def update(kind: str, changes: dict[str, Text]) -> tuple[Ints, Ints]:
        persons = events.on(kind, day)
        rows = row_of[persons]
        persons, rows = persons[rows >= 0], rows[rows >= 0]
        for column, values in changes.items():
            columns[column][rows] = values[persons]
        yesterday = same(office.batch(day - 1), len(rows))
        columns["更新时间"][rows] = join(yesterday, clock(rng, len(rows)))
        return persons, rows

    _, rows = update(POLICE_CORRECTED, {"联系电话": papers.phone})
    table.note("corrected_at_source", "subject", rows, LINKED, "phone put right")
    persons, rows = update(
        RENUMBERED, {"公民身份号码": papers.id_number, "原公民身份号码": papers.old_number}
    )
    change = join(papers.old_number[persons], " -> ", papers.id_number[persons])
    table.note("number_corrected", "subject", rows, LINKED, change)
    persons, rows = update(RENAMED, {"姓名": papers.name, "曾用名": papers.former_name})
    change = join(papers.former_name[persons], " -> ", papers.name[persons])
    table.note("name_changed", "subject", rows, LINKED, change)
    update(MOVED, {"现住址": county.homes.lived_in})
    written = dates(county.cancelled)
    update(MOVED_OUT, {"户籍状态": county.hukou_status, "注销日期": written, "现住址": county.homes.lived_in})
    update(STRUCK_OFF, {"户籍状态": county.hukou_status, "注销日期": written})
    return _with_newborns(office, rng, table, day)


def _with_newborns(office: Office, rng: Rng, table: Table, day: int) -> Table:
    newborns = office.events.on(REGISTERED, day)
    if len(newborns) == 0:
        return table
    keys = digits(337_000_000_000 + day * 100_000_000 + newborns)
    everyone = same("", len(office.county))
    everyone[newborns] = keys
    fresh = _table(office, rng, newborns, everyone)
    fresh.columns["更新时间"] = join(same(office.batch(day - 1), len(newborns)), clock(rng, len(newborns)))
    for datum in table.roles[0].told.keys() - fresh.roles[0].told.keys():
        fresh.roles[0].tell(datum, same("", len(newborns)), same("", len(newborns)))
    fresh.note("newborn_registered", "subject", np.arange(len(newborns)), LINKED)
    office.truth.errors(fresh)
    return table.followed_by(fresh)
