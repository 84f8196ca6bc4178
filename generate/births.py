"""Health: birth certificates (出生医学证明), a delta."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generate import places
from generate.events import BORN, REGISTERED
from generate.faults import ACCEPTED, LINKED
from generate.households import MIGRANT
from generate.office import Office
from generate.table import NOBODY, Role, Table
from generate.text import Ints, Rng, Text, clock, dates, digits, draw, join, same
from generate.traps import choose
from generate.writers import JsonForm, json_text

KEPT_DAYS = 710
HOSPITALS = ["第一人民医院", "第二人民医院", "中医院", "妇幼保健院", "中心卫生院"]
FORM = JsonForm(
    (
        '{"op": ',
        "<op>",
        ', "birth_cert_no": ',
        "<birth_cert_no>",
        ', "child_name": ',
        "<child_name>",
        ', "sex": ',
        "<sex>",
        ', "birth_time": ',
        "<birth_time>",
        ', "birth_institution": ',
        "<birth_institution>",
        ', "birth_weight_g": ',
        "<birth_weight_g>",
        ', "mother": ',
        "<mother>",
        ', "father": ',
        "<father>",
        ', "address": ',
        "<address>",
        ', "issue_date": ',
        "<issue_date>",
        ', "child_id_no": ',
        "<child_id_no>",
        "}",
    )
)
CHILD_FIELDS = {"id_number": "child_id_no", "name": "child_name"}


def certificates(office: Office) -> tuple[Text, Text]:
    """Certificate number and institution of every child born here in the last two years."""
    county = office.county
    rng = office.rng("health", "birth", "certificates")
    born = county.families.birth
    has = (
        (born > county.today - KEPT_DAYS) & (county.families.mother >= 0) & (county.families.kind <= MIGRANT)
    )
    has &= (rng.random(len(county)) < 0.93) | (born >= county.today) | county.unregistered
    # births of later days are certified the day after
    has &= born < county.today + office.events.days - 1
    number, where = same("", len(county)), same("", len(county))
    here = np.flatnonzero(has & (born < county.today))
    number[here] = join("Y33", digits(2_000_000 + np.argsort(np.argsort(born[here], kind="stable")) * 2, 7))
    for day in range(1, office.events.days):
        fresh = office.events.on(BORN, day)
        number[fresh] = join("Y33", digits(9_000_000 + day * 20_000 + np.arange(len(fresh)), 7))
    here = np.flatnonzero(has)
    seats = np.array([t.county for t in places.townships()], dtype=object)[county.homes.township[here]]
    where[here] = join("杭州市", seats, draw(rng, HOSPITALS, len(here)))
    where[here[rng.random(len(here)) < 0.04]] = "杭州市妇产科医院"
    return number, where


def deliver_births(office: Office) -> None:
    """All certificates so far on the first day, then the new and the changed ones."""
    county = office.county
    rng = office.rng("health", "birth")
    numbers, where = certificates(office)
    who = np.flatnonzero((numbers != "") & (county.families.birth < county.today))
    who = who[np.argsort(numbers[who].astype(str), kind="stable")]
    table = _table(office, rng, who, numbers, where)
    complete = table.take(np.arange(len(who)))
    unknown = county.unregistered[who]
    _forget_numbers(office, rng, table, np.flatnonzero(unknown))
    lately = ~unknown & (county.families.birth[who] > county.today - 260)
    later = choose(rng, lately, office.rates.delta_update * 3)
    update = table.take(later)
    update.note("delta_update", "child", np.arange(len(later)), ACCEPTED, "number known later")
    _forget_numbers(office, rng, table, later, noted=False)
    office.planter.plant(table, spared=("name_child_of",))
    table = table.followed_by(update)
    office.truth.errors(table, np.arange(len(who)))
    _send(office, table, 0)
    for day in range(1, office.events.days):
        fresh = _table(office, rng, office.events.on(BORN, day), numbers, where)
        _forget_numbers(office, rng, fresh, np.arange(len(fresh)))
        fresh.columns["issue_date"] = same(_iso(office.batch(day)), len(fresh))
        known = complete.take(np.flatnonzero(np.isin(who, office.events.on(REGISTERED, day))))
        office.truth.errors(fresh)
        both = fresh.followed_by(known)
        if len(both):
            _send(office, both, day)


def _iso(batch: str) -> str:
    return f"{batch[:4]}-{batch[4:6]}-{batch[6:]}"


def _table(office: Office, rng: Rng, who: Ints, numbers: Text, where: Text) -> Table:
    county, papers = office.county, office.county.papers
    count = len(who)
    birth = county.families.birth[who]
    issued = np.minimum(birth + rng.integers(1, 14, count), np.maximum(county.today - 1, birth + 1))
    columns = {
        "op": same("upsert", count),
        "birth_cert_no": numbers[who],
        "child_name": papers.name[who],
        "sex": digits(county.families.sex[who]),
        "birth_time": join(dates(birth, "%Y-%m-%dT"), clock(rng, count, "%H:%M:%S", 0, 24), "+08:00"),
        "birth_institution": where[who],
        "birth_weight_g": digits(rng.integers(250, 401, count) * 10),
        "address": county.homes.lived_in[who],
        "issue_date": dates(issued, "%Y-%m-%d"),
        "child_id_no": papers.id_number[who],
    }
    child = Role("child", who, CHILD_FIELDS)
    office.identity(child, who, numbers=papers.id_number)
    roles = [child]
    for name, persons in (("mother", county.families.mother[who]), ("father", county.families.father[who])):
        roles.append(_parent(office, name, persons, columns))
    return Table("health", "birth", columns, columns["birth_cert_no"], roles, op=columns["op"])


def _parent(office: Office, name: str, persons: Ints, columns: dict[str, Text]) -> Role:
    county = office.county
    birth = dates(county.families.birth[persons], "%Y-%m-%d")
    columns[f"{name}.name"], columns[f"{name}.id_no"] = office.names[persons], office.numbers[persons]
    columns[f"{name}.birth_date"] = birth
    columns[f"{name}.id_type"] = np.where(county.papers.id_type[persons] == "111", "01", "99").astype(object)
    fields = {"name": f"{name}.name", "id_number": f"{name}.id_no", "birth_date": f"{name}.birth_date"}
    role = Role(name, np.where(persons < 0, NOBODY, persons), fields)
    office.identity(role, persons, birth)
    return role


def _forget_numbers(office: Office, rng: Rng, table: Table, rows: Ints, noted: bool = True) -> None:
    """Children not registered yet: no number, and for some no name either."""
    child = table.role("child")
    column = table.columns["child_name"]
    table.columns["child_id_no"][rows] = ""
    child.told["id_number"].meant[rows] = ""
    if not noted:
        return
    draws = rng.random(len(rows))
    share = office.rates.name_child_of
    nameless, called = rows[draws < 0.15], rows[(draws >= 0.15) & (draws < 0.15 + share)]
    column[nameless], child.told["name"].meant[nameless] = "", ""
    words = office.planter.sources.child_of[child.person[called]]
    column[called], child.told["name"].meant[called] = words, words
    table.note("name_child_of", "child", called, LINKED, words)
    if office.rates.child_without_number > 0:
        table.note("child_without_number", "child", rows, LINKED, column[rows].copy())


def _send(office: Office, table: Table, day: int) -> None:
    columns = dict(table.columns)
    for name in ("mother", "father"):
        parts = [
            json_text(columns[f"{name}.{part}"], True) for part in ("name", "id_type", "id_no", "birth_date")
        ]
        labels = ('{"name": ', ', "id_type": ', ', "id_no": ', ', "birth_date": ')
        pieces = [piece for pair in zip(labels, parts, strict=True) for piece in pair]
        entry = join(*pieces, "}")
        entry[table.role(name).person == NOBODY] = "null"
        columns[name] = entry
    nullable = ("child_name", "child_id_no")
    for name in FORM.pieces:
        column = name[1:-1]
        if name[:1] == "<" and column not in ("mother", "father", "birth_weight_g"):
            columns[column] = json_text(columns[column], column in nullable)
    office.send(replace(table, columns=columns), FORM, f"WJ_birth_{office.batch(day)}.jsonl", day)
