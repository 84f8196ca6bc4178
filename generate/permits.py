"""The police: residence permits (居住证), a delta with insertions, updates and withdrawals."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from generate.faults import ACCEPTED
from generate.households import FOREIGNER, MIGRANT, PERMIT
from generate.office import Office, add_duplicates, add_test_row
from generate.table import Role, Table
from generate.text import Ints, Mask, Rng, Text, clock, dates, digits, join, same, tail
from generate.traps import choose
from generate.writers import CsvForm

COLUMNS = (
    "操作",
    "居住证号",
    "证件类型",
    "证件号码",
    "姓名",
    "性别",
    "出生日期",
    "户籍区划",
    "居住地区划",
    "居住地址",
    "联系电话",
    "签发日期",
    "有效期至",
    "更新时间",
)
FORM = CsvForm(COLUMNS, "gb18030", "\r\n", "居住地址")
FIELDS = {"id_number": "证件号码", "name": "姓名", "birth_date": "出生日期", "phone": "联系电话"}
SHARES = {MIGRANT: 0.7, PERMIT: 0.98, FOREIGNER: 0.9}


@dataclass
class Holders:
    """Who holds a permit, and what becomes of it; positions of persons."""

    first: Ints
    """Holders on the first day."""
    key: Text
    issued: Ints
    updated: Ints
    """Whose permit was changed before the first day: update after insertion."""
    misplaced: Ints
    """The same, but the update precedes the insertion in the file."""
    withdrawn: Ints
    fresh: list[Ints]
    changed: list[Ints]
    late: list[Ints]
    dropped: list[Ints]


def deliver_permits(office: Office) -> None:
    """The whole register so far on the first day, then what changed."""
    rng = office.rng("police", "residence_permit")
    holders = _holders(office, rng)
    moved = np.concatenate([holders.updated, holders.misplaced, *holders.changed])
    before = np.zeros(len(office.county), dtype=bool)
    before[moved] = True
    table = _first_rows(office, rng, holders, before)
    inserted = _spread(office, table)
    updates = _updates(office, rng, table, inserted, holders)
    misplaced = inserted[holders.misplaced]
    table = _move_to_end(table, misplaced).followed_by(updates)
    end = len(table) - len(updates) - len(misplaced)
    table = _swap_blocks(table, end, len(misplaced), len(updates))
    dropped = _withdrawals(office, rng, table, holders.withdrawn, 0)
    table = table.followed_by(dropped)
    test = {"居住证号": "<key>", "证件号码": "<number>", "姓名": "<name>", "操作": "I"}
    table = add_test_row(office, table, test)
    office.truth.errors(table, np.flatnonzero(table.op == "I"))
    office.send(table, FORM, f"GA_JZZ_{office.batch(0)}.csv", 0)
    for day in range(1, office.events.days):
        delta = _next_day(office, rng, table, holders, day)
        if delta is not None:
            office.send(delta, FORM, f"GA_JZZ_{office.batch(day)}.csv", day)


def _holders(office: Office, rng: Rng) -> Holders:
    county, rates, everyone = office.county, office.rates, len(office.county)
    share = np.zeros(5)
    for kind, part in SHARES.items():
        share[kind] = part
    grown = county.families.birth < county.today - 700
    can = (share[county.families.kind] > 0) & (county.papers.id_number != "") & grown & ~county.deaths.dead
    holds = can & (rng.random(everyone) < share[county.families.kind])
    left = can & ~holds & (county.families.kind == MIGRANT)
    free = holds.copy()

    def take(eligible: Mask, rate: float, of: int | None = None) -> Ints:
        chosen = choose(rng, eligible, rate, of)
        eligible[chosen] = False
        return chosen

    updated, misplaced = take(free, rates.delta_update), take(free, rates.delta_out_of_order)
    withdrawn = take(free, rates.delta_delete)
    fresh, changed, late, dropped = [], [], [], []
    moved = np.zeros(everyone, dtype=bool)
    moved[np.concatenate([updated, misplaced])] = True
    nobody = np.empty(0, dtype=np.int64)
    for day in range(office.events.days):
        fresh.append(take(left, rates.permits_a_day, everyone) if day else nobody)
        changed.append(take(free, rates.permits_a_day, everyone) if day and rates.delta_update else nobody)
        late.append(take(moved, rates.delta_late, everyone) if day else nobody)
        dropped.append(take(free, rates.permits_a_day, everyone) if day and rates.delta_delete else nobody)
    serial = 100_004_000 + rng.permutation(everyone)
    key = join(
        tail(np.where(county.homes.region == "", "330100", county.homes.region), 0, 6), digits(serial, 9)
    )
    issued = county.today - rng.integers(1, 680, everyone)
    return Holders(
        np.flatnonzero(holds), key, issued, updated, misplaced, withdrawn, fresh, changed, late, dropped
    )


def _rows(office: Office, rng: Rng, who: Ints, holders: Holders, before: Mask) -> Table:
    """Rows as inserted; `before` marks whose row still has the earlier address."""
    county, papers, homes = office.county, office.county.papers, office.county.homes
    old = before[who]
    phone = office.stale_phones(rng, who)
    phone[rng.random(len(who)) < 0.03] = ""
    birth = dates(county.families.birth[who], "%Y-%m-%d")
    issued = holders.issued[who]
    columns = {
        "操作": same("I", len(who)),
        "居住证号": holders.key[who],
        "证件类型": papers.id_type[who],
        "证件号码": office.numbers[who],
        "姓名": office.names[who],
        "性别": np.where(county.families.sex[who] == 1, "男", "女").astype(object),
        "出生日期": birth,
        "户籍区划": _origins(office, who),
        "居住地区划": np.where(old, homes.earlier_region[who], homes.region[who]).astype(object),
        "居住地址": np.where(old, homes.earlier[who], homes.lived_in[who]).astype(object),
        "联系电话": phone,
        "签发日期": dates(issued, "%Y-%m-%d"),
        "有效期至": dates(issued + 365, "%Y-%m-%d"),
        "更新时间": join(dates(issued), clock(rng, len(who))),
    }
    role = Role("subject", who, FIELDS)
    office.identity(role, who, birth)
    role.tell("phone", phone, papers.phone[who])
    return Table("police", "residence_permit", columns, holders.key[who], [role], op=columns["操作"])


def _origins(office: Office, who: Ints) -> Text:
    """Where the holders are registered: a county, or the fixed code of Hong Kong, Macao or Taiwan."""
    kind, number = office.county.families.kind[who], office.county.papers.id_number[who]
    special = np.where(kind == PERMIT, tail(number, 0, 6), "")
    return np.where(kind == MIGRANT, office.county.homes.origin[who], special).astype(object)


def _first_rows(office: Office, rng: Rng, holders: Holders, before: Mask) -> Table:
    order = rng.permutation(holders.first)
    table = _rows(office, rng, order, holders, before)
    quiet = ~np.isin(
        order, np.concatenate([holders.updated, holders.misplaced, holders.withdrawn, *holders.changed])
    )
    rows = choose(rng, quiet, office.rates.duplicate_person)
    copies, count = table.take(rows), len(rows)
    copies.key = join("3301069", digits(100_870_000 + rng.permutation(count) * 3, 9))
    copies.columns["居住证号"] = copies.key
    copies.columns["更新时间"] = join(dates(holders.issued[order[rows]] - 9), clock(rng, count))
    table = add_duplicates(table, copies, rows)
    office.planter.plant(table)
    return table


def _spread(office: Office, table: Table) -> Ints:
    """The row of every person's first permit, -1 for none."""
    rows = np.full(len(office.county), -1, dtype=np.int64)
    persons = table.roles[0].person
    rows[persons[::-1]] = np.arange(len(table))[::-1]
    return rows


def _later(rng: Rng, table: Table, rows: Ints, op: str, days: Ints) -> Table:
    """The same rows sent again with another operation, at the given days."""
    again = table.take(rows)
    again.columns["操作"] = same(op, len(rows))
    again.op = again.columns["操作"]
    again.columns["更新时间"] = join(dates(days), clock(rng, len(rows)))
    again.quarantined[:] = False
    return again


def _settle(office: Office, update: Table, days: Ints) -> None:
    """The rows give the address of today and are valid for another year."""
    homes, persons = office.county.homes, update.roles[0].person
    update.columns["居住地区划"], update.columns["居住地址"] = homes.region[persons], homes.lived_in[persons]
    update.columns["有效期至"] = dates(days + 364, "%Y-%m-%d")


def _updates(office: Office, rng: Rng, table: Table, inserted: Ints, holders: Holders) -> Table:
    misplaced = holders.misplaced
    rows = inserted[np.concatenate([misplaced, holders.updated])]
    days = office.county.today - 1 - rng.integers(0, 120, len(rows))
    days[: len(misplaced)] = office.county.today - 1
    days = np.maximum(days, holders.issued[table.roles[0].person[rows]] + 1)
    update = _later(rng, table, rows, "U", days)
    _settle(office, update, days)
    update.note(
        "delta_update", "subject", np.arange(len(misplaced), len(rows)), ACCEPTED, "the newer address holds"
    )
    return update


def _move_to_end(table: Table, rows: Ints) -> Table:
    """The table with some rows at its end; the notes move along."""
    stay = np.setdiff1d(np.arange(len(table)), rows)
    order = np.concatenate([stay, rows])
    moved = table.expand(order)
    moved.note(
        "delta_out_of_order", "subject", np.arange(len(stay), len(order)), ACCEPTED, "the newer address holds"
    )
    return moved


def _swap_blocks(table: Table, start: int, first: int, second: int) -> Table:
    """Let the second block of rows precede the first one."""
    head = np.arange(start)
    blocks = (np.arange(start + first, start + first + second), np.arange(start, start + first))
    rest = np.arange(start + first + second, len(table))
    return table.expand(np.concatenate([head, *blocks, rest]))


def _withdrawals(office: Office, rng: Rng, table: Table, persons: Ints, day: int) -> Table:
    rows = _spread(office, table)[persons]
    days = np.full(len(rows), office.county.today + day - 1, dtype=np.int64)
    gone = _later(rng, table, rows, "D", days)
    gone.note("delta_delete", "subject", np.arange(len(rows)), ACCEPTED, "permit withdrawn")
    return gone


def _next_day(office: Office, rng: Rng, table: Table, holders: Holders, day: int) -> Table | None:
    county = office.county
    today = county.today + day - 1
    first = _spread(office, table)
    renewed = _later(rng, table, first[holders.changed[day]], "U", np.full(len(holders.changed[day]), today))
    _settle(office, renewed, np.full(len(renewed), today))
    renewed.note("delta_update", "subject", np.arange(len(renewed)), ACCEPTED, "the newer address holds")
    fresh = _rows(office, rng, holders.fresh[day], holders, np.zeros(len(county), dtype=bool))
    fresh.columns["签发日期"] = dates(np.full(len(fresh), today), "%Y-%m-%d")
    fresh.columns["有效期至"] = dates(np.full(len(fresh), today + 365), "%Y-%m-%d")
    fresh.columns["更新时间"] = join(dates(np.full(len(fresh), today)), clock(rng, len(fresh)))
    office.truth.errors(fresh)
    gone = _withdrawals(office, rng, table, holders.dropped[day], day)
    days = holders.issued[holders.late[day]]
    late = _later(rng, table, first[holders.late[day]], "U", days)
    late.note("delta_late", "subject", np.arange(len(late)), ACCEPTED, "older than what was delivered before")
    parts = [part for part in (renewed, fresh, gone, late) if len(part)]
    return functools.reduce(Table.followed_by, parts) if parts else None
