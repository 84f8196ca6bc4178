"""Civil affairs: social assistance (社会救助), several workbooks, each with habits of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.civil_affairs import subtitle
from generate.faults import ACCEPTED, DISCREPANCY, LINKED
from generate.households import CHILD, FATHER, HEAD, MOTHER, SPOUSE
from generate.office import Office
from generate.people import County
from generate.table import Role, Table
from generate.text import (
    Ints,
    Mask,
    Rng,
    Text,
    dates,
    digits,
    draw,
    from_year_month,
    join,
    objects,
    same,
    tail,
)
from generate.traps import choose, how_many
from generate.workbooks import FIRST_ROW, Sheet, write_workbook

HEADER = [
    "序号",
    "救助证号",
    "救助类别",
    "户主姓名",
    "户主身份证号",
    "成员姓名",
    "成员身份证号",
    "与户主关系",
    "月保障金额(元)",
    "享受起始年月",
    "状态",
    "家庭住址",
    "联系电话",
]
MERGED = ("救助证号", "救助类别", "户主姓名", "户主身份证号", "家庭住址")
TYPES = {"城市低保": 0.3, "农村低保": 0.25, "特困供养": 0.15, "低保边缘": 0.25, "临时救助": 0.05}
SHARE_OF_HOUSEHOLDS = 0.016
PAID, STOPPED = "在享", "停保"
SHEET = "社会救助"
NOT_HERE = ("phone_dummy", "phone_other_form")


@dataclass
class Certificates:
    """One row a member: certificate, head, member, relation."""

    certificate: Ints
    head: Ints
    member: Ints
    relation: Text
    dead: Mask
    """The member is dead and still listed on purpose."""


def deliver_assistance(office: Office) -> None:
    """Everybody on social assistance, in as many workbooks as the townships need."""
    rng = office.rng("civil_affairs", "assistance")
    listed = _certificates(office, rng)
    if len(listed.member) == 0:
        return
    table, numbers = _table(office, rng, listed)
    files = _files(listed.certificate)
    merged = _merged_rows(office, rng, listed, files)
    _note_dead(office, table, listed)
    office.planter.plant(table, spared=NOT_HERE)
    _hide(table, merged)
    _damage(office, rng, table, files, merged)
    table.note("merged_cells", "member", np.flatnonzero(merged), LINKED)
    office.truth.errors(table)
    _send(office, table, numbers, files, merged)


def _certificates(office: Office, rng: Rng) -> Certificates:
    county, families = office.county, office.county.families
    living = (
        county.local & ~county.deaths.dead & (county.hukou_status == "1") & (county.papers.id_number != "")
    )
    heads = choose(rng, living & (families.part == HEAD) & (county.age < 90), SHARE_OF_HOUSEHOLDS)
    dead = np.flatnonzero(county.deaths.dead & (county.deaths.day < county.today - 20) & county.local)
    dead = choose(rng, dead, office.rates.assistance_to_dead)
    dead = dead[~np.isin(families.household[dead], families.household[heads])]
    head_of = np.full(int(families.household.max()) + 1, -1, dtype=np.int64)
    head_of[families.household[heads]] = heads
    head = head_of[families.household]
    kept = np.isin(families.part, (HEAD, SPOUSE, CHILD)) | (
        np.isin(families.part, (FATHER, MOTHER)) & families.own_line
    )
    # people alone with special needs get support of their own: no family on the certificate
    alone = rng.random(len(county)) < 0.3
    kept &= (families.part == HEAD) | ~np.where(head >= 0, alone[head], False)
    member = np.flatnonzero((head >= 0) & living & kept)
    head = np.concatenate([head[member], dead])
    member = np.concatenate([member, dead])
    order = np.lexsort((member, families.part[member], families.household[head], county.homes.township[head]))
    head, member = head[order], member[order]
    certificate = np.cumsum(np.append(True, head[1:] != head[:-1])) - 1 if len(head) else head
    return Certificates(certificate, head, member, _relation(county, head, member), np.isin(member, dead))


def _relation(county: County, head: Ints, member: Ints) -> Text:
    man, part = county.families.sex[member] == 1, county.families.part[member]
    words = np.select(
        [head == member, part == SPOUSE, part == CHILD, part == FATHER],
        ["户主", "配偶", np.where(man, "子", "女"), "父"],
        "母",
    )
    return words.astype(object)


def _table(office: Office, rng: Rng, listed: Certificates) -> tuple[Table, Ints]:
    county = office.county
    count, heads = int(listed.certificate[-1]) + 1, listed.head
    first = np.flatnonzero(np.append(True, listed.certificate[1:] != listed.certificate[:-1]))
    size = np.diff(np.append(first, len(heads)))
    start = rng.integers(2016 * 12, 2026 * 12 + 9, count)
    county_code = tail(county.household_no[heads[first]], 0, 6)
    number = join("JZ", county_code, digits(start // 12), digits(1 + rng.permutation(count), 6))
    kind = draw(rng, list(TYPES), count, list(TYPES.values()))
    kind[(kind == "特困供养") & (size > 1)] = "低保边缘"
    status = draw(rng, [PAID, STOPPED], count, [0.92, 0.08])
    status[listed.certificate[listed.dead]] = PAID
    at = listed.certificate
    place = np.arange(len(at)) - first[at] + 1
    months = from_year_month(start)
    phones = np.where(
        county.papers.phone[listed.member] == "",
        county.papers.phone[heads],
        county.papers.phone[listed.member],
    )
    columns = {
        "救助证号": number[at],
        "救助类别": kind[at],
        "户主姓名": office.names[heads],
        "户主身份证号": office.numbers[heads],
        "成员姓名": office.names[listed.member],
        "成员身份证号": office.numbers[listed.member],
        "与户主关系": listed.relation,
        "月保障金额(元)": rng.integers(110, 1500, count)[at].astype(object),
        "享受起始年月": _months(rng, months[at]),
        "状态": status[at],
        "家庭住址": county.homes.lived_in[heads],
        "联系电话": phones.astype(object),
    }
    office.relief_type[listed.member], office.relief_status[listed.member] = kind[at], status[at]
    roles = []
    for name, label, persons in (("head", "户主", heads), ("member", "成员", listed.member)):
        fields = {"name": f"{label}姓名", "id_number": f"{label}身份证号"}
        role = Role(name, persons, fields | ({"phone": "联系电话"} if name == "member" else {}))
        office.identity(role, persons)
        roles.append(role)
    key = join(number[at], "|", digits(place))
    return Table("civil_affairs", "assistance", columns, key, roles, sheet=same(SHEET, len(key))), place


def _months(rng: Rng, months: Text) -> Text:
    """Months written in one of three ways."""
    forms = rng.random(len(months))
    year, month = tail(months, 0, 4), tail(months, 4, 6)
    plain = objects([str(int(text)) for text in month.tolist()])
    words = np.where(
        forms < 0.2, join(year, "年", plain, "月"), np.where(forms < 0.4, join(year, ".", month), months)
    )
    return words.astype(object)


def _files(certificate: Ints) -> Ints:
    """The workbook of every row: about eight certificates each, no more than 99 workbooks."""
    count = int(certificate[-1]) + 1
    files = min(99, max(3, count // 8), count)
    return certificate * files // count


def _note_dead(office: Office, table: Table, listed: Certificates) -> None:
    rows = np.flatnonzero(listed.dead)
    day = dates(office.county.deaths.day[listed.member[rows]], "%Y-%m-%d")
    table.note("assistance_to_dead", "member", rows, DISCREPANCY, join("died ", day))


def _merged_rows(office: Office, rng: Rng, listed: Certificates, files: Ints) -> Mask:
    """Rows whose cells of the certificate are merged with those above."""
    several = np.unique(files[np.flatnonzero(listed.certificate[1:] == listed.certificate[:-1])])
    merging = rng.choice(several, how_many(office.rates.merged_cells, len(several)), replace=False)
    follows = np.append(False, listed.certificate[1:] == listed.certificate[:-1])
    return np.asarray(follows & np.isin(files, merging))


def _hide(table: Table, merged: Mask) -> None:
    """Nothing can be wrong in a cell that is not there."""
    head = table.role("head")
    for told in head.told.values():
        told.meant[merged] = ""
    for note in table.notes:
        if note.role == "head":
            seen = ~merged[note.rows]
            note.rows, note.expected, note.detail = note.rows[seen], note.expected[seen], note.detail[seen]
            note.others = None if note.others is None else note.others[seen]


def _damage(office: Office, rng: Rng, table: Table, files: Ints, merged: Mask) -> None:
    """Numbers a spreadsheet took for quantities: rounded in some workbooks, in others cut to six digits."""
    workbooks = np.unique(files)
    if office.rates.damaged_workbooks <= 0:
        return
    count = max(min(2, len(workbooks)), how_many(office.rates.damaged_workbooks, len(workbooks)))
    damaged = rng.permutation(workbooks)[:count]
    chance = office.planter.chance("spreadsheet")
    scientific = damaged[1::2]
    for role in table.roles:
        column = table.columns[role.fields["id_number"]]
        untouched = _untouched(table, role.name) & ~(merged & (role.name == "head"))
        rows = np.flatnonzero(np.isin(files, damaged) & untouched)
        # numbers with a letter stay text, and so stay whole
        rows = rows[[str(value).isdigit() and len(value) == 18 for value in column[rows].tolist()]]
        kinds: dict[str, list[int]] = {}
        for row in rows.tolist():
            number = column[row]
            if files[row] in scientific:
                kind, column[row] = "sheet_damage_scientific", f"{float(number):.5E}"
            elif chance.random() < 0.5:
                kind, column[row] = "sheet_damage_zeros", number[:15] + "000"
            else:
                kind, column[row] = "sheet_damage_numeric", float(number[:15] + "000")
            kinds.setdefault(kind, []).append(row)
            role.told["id_number"].meant[row] = _as_read(column[row])
        for kind, damaged_rows in kinds.items():
            at = np.array(damaged_rows, dtype=np.int64)
            read = objects([_as_read(value) for value in column[at].tolist()])
            numbers = (office.numbers)[role.person[at]]
            expected = ACCEPTED if kind == "sheet_damage_scientific" else LINKED
            table.note(kind, role.name, at, expected, join(numbers, " -> ", read))


def _as_read(value: str | float) -> str:
    """A cell's value as text, a number the way a program prints it."""
    return str(value)


def _untouched(table: Table, role: str) -> Mask:
    free = np.ones(len(table), dtype=bool)
    for note in table.notes:
        if note.role == role and note.kind.startswith("id_"):
            free[note.rows] = False
    return free


def _send(office: Office, table: Table, numbers: Ints, files: Ints, merged: Mask) -> None:
    batch = office.batch(0)
    names = [f"MZ_SHJZ_{batch[:6]}_{number + 1:02d}.xlsx" for number in range(int(files[-1]) + 1)]
    lines = np.empty(len(table), dtype=np.int64)
    for number, name in enumerate(names):
        rows = np.flatnonzero(files == number)
        lines[rows] = FIRST_ROW + np.arange(len(rows))
        cells = [objects(numbers[rows].tolist()), *(table.columns[column][rows] for column in HEADER[1:])]
        households = len(np.unique(table.roles[0].person[rows]))
        total = f"{households}户{len(rows)}人"
        sheet = Sheet(SHEET, "杭州市社会救助对象花名册", HEADER, cells, total, _merges(merged[rows]))
        write_workbook(office.folder(table, 0) / name, [sheet], subtitle(office.first_day))
    file = objects([names[number] for number in files.tolist()])
    whole = np.zeros(len(table), dtype=bool)
    office.truth.links(table, batch, file, lines, whole)
    office.truth.planted(table, table.notes, batch, file, lines)


def _merges(merged: Mask) -> list[tuple[int, int, int]]:
    """The vertical merges of a sheet: column, first and last entry."""
    merges = []
    for row in np.flatnonzero(merged & ~np.append(merged[1:], False)).tolist():
        first = row
        while merged[first]:
            first -= 1
        merges += [(HEADER.index(column), first, row) for column in MERGED]
    return merges
