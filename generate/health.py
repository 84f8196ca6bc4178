"""Health: death certificates (死亡医学证明) and health records (居民健康档案)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generate.events import DIED
from generate.faults import ACCEPTED, DISCREPANCY, LINKED
from generate.households import OUTSIDER
from generate.office import Office, add_copies, add_duplicates, add_test_row
from generate.table import Role, Table
from generate.text import Ints, Rng, Text, clock, dates, digits, draw, join, same, year_month
from generate.traps import choose
from generate.writers import JsonForm, json_text

PLACES = ("医院", "家中", "养老服务机构", "其他场所", "来院途中")
CAUSES = [
    "C16.9",
    "J44.9",
    "K74.6",
    "I21.9",
    "I63.9",
    "C34.9",
    "N18.9",
    "V89.2",
    "R54",
    "I61.9",
    "E14.9",
    "J18.9",
    "W19",
    "C22.9",
]
DEATH_FORM = JsonForm(
    (
        '{"op": ',
        "<op>",
        ', "death_cert_no": ',
        "<death_cert_no>",
        ', "name": ',
        "<name>",
        ', "id_no": ',
        "<id_no>",
        ', "sex": ',
        "<sex>",
        ', "birth_date": ',
        "<birth_date>",
        ', "death_time": ',
        "<death_time>",
        ', "place": ',
        "<place>",
        ', "cause_icd10": ',
        "<cause_icd10>",
        ', "issued_at": ',
        "<issued_at>",
        "}",
    )
)
RECORD_FORM = JsonForm(
    (
        '{"record_no": ',
        "<record_no>",
        ', "name": ',
        "<name>",
        ', "id_no": ',
        "<id_no>",
        ', "sex": ',
        "<sex>",
        ', "birth_date": ',
        "<birth_date>",
        ', "phone": ',
        "<phone>",
        ', "address": ',
        "<address>",
        ', "abo": ',
        "<abo>",
        ', "rh": ',
        "<rh>",
        ', "allergies": ',
        "<allergies>",
        ', "chronic": ',
        "<chronic>",
        ', "family_doctor": ',
        "<family_doctor>",
        ', "updated_at": ',
        "<updated_at>",
        "}",
    )
)
FIELDS = {"id_number": "id_no", "name": "name", "sex": "sex", "birth_date": "birth_date"}
ZONE = "+08:00"


def _send(office: Office, table: Table, form: JsonForm, plain: tuple[str, ...], day: int) -> None:
    columns = dict(table.columns)
    for piece in form.pieces:
        name = piece[1:-1]
        if piece[:1] == "<" and name not in plain:
            columns[name] = json_text(columns[name], nullable=name in ("id_no", "phone"))
    file = f"WJ_{table.dataset}_{office.batch(day)}.jsonl"
    office.send(replace(table, columns=columns), form, file, day)


def deliver_deaths(office: Office) -> None:
    """All certificates so far on the first day, then the new ones."""
    county, deaths = office.county, office.county.deaths
    rng = office.rng("health", "death")
    who = np.flatnonzero(
        deaths.dead & deaths.health_knows & (deaths.day < county.today) & (county.papers.id_number != "")
    )
    fresh = np.concatenate(
        [np.empty(0, dtype=np.int64), *(office.events.on(DIED, d) for d in range(office.events.days))]
    )
    who = who[~np.isin(who, fresh)]
    who = who[np.argsort(deaths.day[who], kind="stable")]
    table = _deaths(
        office, rng, who, deaths.day[who], _certificate_numbers("330100", deaths.day[who], 100_600, rng)
    )
    alone = deaths.health_knows & ~deaths.funeral_knows & (county.hukou_status != "2")
    table.note("death_known_to_one", "subject", np.flatnonzero(alone[who]), DISCREPANCY, "health")
    rows = choose(rng, np.ones(len(who), dtype=bool), office.rates.duplicate_person)
    copies = table.take(rows)
    copies.key = _certificate_numbers("330199", deaths.day[who[rows]], 100_700, rng)
    copies.columns["death_cert_no"] = copies.key
    table = add_duplicates(table, copies, rows)
    office.planter.plant(table)
    amended = _amended(office, rng, table, len(who))
    office.truth.errors(table)
    table = table.followed_by(amended)
    table = _with_false_deaths(office, rng, table)
    _send(office, table, DEATH_FORM, (), 0)
    for day in range(1, office.events.days):
        who = office.events.on(DIED, day)
        if len(who):
            keys = _certificate_numbers("330150", deaths.day[who], 110_000 + 100_000 * day, rng)
            _send(office, _deaths(office, rng, who, deaths.day[who], keys), DEATH_FORM, (), day)


def _certificate_numbers(front: str, day: Ints, start: int, rng: Rng) -> Text:
    return join(front, digits(year_month(day)[0]), digits(start + rng.permutation(len(day)), 6))


def _deaths(office: Office, rng: Rng, who: Ints, day: Ints, keys: Text) -> Table:
    county, count = office.county, len(who)
    birth = dates(county.families.birth[who], "%Y-%m-%d")
    issued = np.minimum(day + rng.integers(0, 8, count), np.maximum(day, county.today - 1))
    columns = {
        "op": same("upsert", count),
        "death_cert_no": keys,
        "name": office.names[who],
        "id_no": office.numbers[who],
        "sex": digits(county.families.sex[who]),
        "birth_date": birth,
        "death_time": join(dates(day, "%Y-%m-%dT"), clock(rng, count, "%H:%M:%S", 0, 12), ZONE),
        "place": draw(rng, PLACES, count, [0.56, 0.28, 0.09, 0.04, 0.03]),
        "cause_icd10": draw(rng, CAUSES, count),
        "issued_at": join(dates(issued, "%Y-%m-%dT"), clock(rng, count, "%H:%M:%S", 12, 19), ZONE),
    }
    role = Role("subject", who, FIELDS)
    office.identity(role, who, birth)
    role.tell("sex", columns["sex"], columns["sex"].copy())
    return Table("health", "death", columns, keys, [role], op=columns["op"])


def _amended(office: Office, rng: Rng, table: Table, first_versions: int) -> Table:
    """Certificates sent again with another day; the earlier row was wrong by a few days."""
    good = np.arange(len(table)) < first_versions
    good &= ~table.quarantined
    for note in table.notes:
        good[note.rows] = False
    rows = choose(rng, good, office.rates.death_amended)
    later = table.take(rows)
    later.note("death_amended", "subject", np.arange(len(rows)), ACCEPTED, "the later version holds")
    wrong = office.county.deaths.day[table.roles[0].person[rows]] - 3
    time = np.array([text[11:] for text in table.columns["death_time"][rows].tolist()], dtype=object)
    table.columns["death_time"][rows] = join(dates(wrong, "%Y-%m-%dT"), time)
    return later


def _with_false_deaths(office: Office, rng: Rng, table: Table) -> Table:
    """Certificates issued for the living by mistake, and deleted."""
    county = office.county
    living = ~county.deaths.dead & county.local & (county.age > 45) & (county.papers.old_number == "")
    living &= county.hukou_status == "1"
    who = choose(rng, living, office.rates.false_death_withdrawn, of=len(table))
    day = county.today - rng.integers(20, 900, len(who))
    false = _deaths(office, rng, who, day, _certificate_numbers("330198", day, 100_600, rng))
    false.note(
        "false_death_withdrawn",
        "subject",
        np.arange(len(who)),
        ACCEPTED,
        "certificate deleted; the person lives",
    )
    deleted = false.take(np.arange(len(who)))
    deleted.columns["op"] = same("delete", len(who))
    deleted.op = deleted.columns["op"]
    return table.followed_by(false).followed_by(deleted)


def deliver_records(office: Office) -> None:
    """The health records, once a week; some persons have two."""
    county, care = office.county, office.county.care
    rng = office.rng("health", "record")
    usable = (county.families.birth < county.today - 20) & (county.families.kind != OUTSIDER)
    who = rng.permutation(np.flatnonzero((care.record_no != "") & usable))
    table = _records(office, rng, who, care.record_no[who])
    several = rng.permutation(care.several[np.isin(care.several, who)])
    second = _records(office, rng, several, _second_numbers(office, rng, several))
    _make_older(office, rng, second)
    second.note("several_records", "subject", np.arange(len(second)), LINKED)
    table = table.followed_by(second)
    office.planter.plant(table)
    test = {"record_no": "<key>", "id_no": "<number>", "name": "<name>"}
    tested = add_test_row(office, table, test)
    office.truth.errors(tested)
    # copies precede the test row, as if it had been typed in last
    _send(office, add_copies(office, tested), RECORD_FORM, ("allergies", "chronic"), 0)


def _records(office: Office, rng: Rng, who: Ints, keys: Text) -> Table:
    county, care, count = office.county, office.county.care, len(who)
    birth = dates(county.families.birth[who], "%Y-%m-%d")
    phone = office.stale_phones(rng, who, 0.6)
    parent = np.where(county.families.mother >= 0, county.families.mother, county.families.father)[who]
    child = (county.papers.phone[who] == "") & (parent >= 0)
    true_phone = np.where(child, county.papers.phone[parent], county.papers.phone[who]).astype(object)
    phone[child] = county.papers.phone[parent[child]]
    stale = rng.random(count) < office.rates.stale_address
    address = np.where(stale, county.homes.earlier[who], county.homes.lived_in[who]).astype(object)
    newest = np.minimum(
        county.today - 1, np.where(county.deaths.dead[who], county.deaths.day[who], county.today - 1)
    )
    updated = np.maximum(newest - rng.integers(0, 1500, count), county.families.birth[who] + 15)
    columns = {
        "record_no": keys,
        "name": office.names[who],
        "id_no": office.numbers[who],
        "sex": digits(county.families.sex[who]),
        "birth_date": birth,
        "phone": phone,
        "address": address,
        "abo": care.abo[who],
        "rh": care.rh[who],
        "allergies": care.allergies[who],
        "chronic": care.chronic[who],
        "family_doctor": care.doctor[who],
        "updated_at": join(dates(updated, "%Y-%m-%dT"), clock(rng, count, "%H:%M:%S"), ZONE),
    }
    role = Role("subject", who, {**FIELDS, "phone": "phone", "residence_address": "address"})
    office.identity(role, who, birth)
    role.tell("sex", columns["sex"], columns["sex"].copy())
    role.tell("phone", phone, true_phone)
    role.tell("residence_address", address, county.homes.lived_in[who])
    return Table("health", "record", columns, keys, [role])


def _second_numbers(office: Office, rng: Rng, who: Ints) -> Text:
    serial = 233_000 + 2 * len(office.county) + rng.permutation(len(who))
    region = np.where(office.county.homes.region[who] == "", "330102001001", office.county.homes.region[who])
    return join(region.astype(object), digits(serial, 8))


def _make_older(office: Office, rng: Rng, table: Table) -> None:
    """Second records are older and mostly say nothing of the blood group."""
    unknown = rng.random(len(table)) < 0.45
    table.columns["abo"] = np.where(unknown, "5", table.columns["abo"]).astype(object)
    table.columns["rh"] = np.where(unknown, "3", table.columns["rh"]).astype(object)
    who = table.roles[0].person
    day = np.maximum(
        office.county.today - rng.integers(1550, 2600, len(who)), office.county.families.birth[who] + 14
    )
    table.columns["updated_at"] = join(dates(day, "%Y-%m-%dT"), clock(rng, len(who), "%H:%M:%S"), ZONE)
