"""Human resources and social security: the insured, pensions, employment."""

from __future__ import annotations

import numpy as np

from generate.events import DIED, HIRED, HR_CORRECTED, SUSPENDED
from generate.events import MOVED_OUT as LEFT
from generate.faults import DISCREPANCY, LINKED
from generate.households import FOREIGNER, PERMIT
from generate.office import Office, add_copies, add_duplicates, add_test_row
from generate.table import Role, Table
from generate.text import (
    Ints,
    Mask,
    Rng,
    Text,
    clock,
    dates,
    digits,
    from_year_month,
    join,
    month_number,
    pick,
    same,
)
from generate.traps import choose
from generate.work import BIT, INSURANCES, STAFF, employer_texts
from generate.writers import CsvForm

INSURED_COLUMNS = (
    "aac001",
    "aac002",
    "aac003",
    "aac004",
    "aac005",
    "aac006",
    "aac058",
    "aab003",
    "aab004",
    "aae140",
    "aac008",
    "aac049",
    "aae005",
    "aae036",
)
PENSION_COLUMNS = ("aac001", "aac002", "aac003", "aic160", "aae019", "aae116", "aae036")
JOB_COLUMNS = (
    "acc0m0",
    "aac002",
    "aac003",
    "aac011",
    "acc028",
    "aab003",
    "aab004",
    "acb241",
    "aae005",
    "aae036",
)
IN_FORCE, SUSPENDED_CODE, ENDED = "1", "2", "4"
FIRST_PERSON = 33_100_682_000
FIRST_JOB = 3_301_100_906_400
TIME = "%H:%M:%S"


def _form(columns: tuple[str, ...]) -> CsvForm:
    return CsvForm(columns, "utf-8-sig", "\n", "aac003", compressed=True)


def person_numbers(office: Office) -> Text:
    """The office's own number for every person."""
    return digits(FIRST_PERSON + office.rng("hr", "aac001").permutation(len(office.county)))


def document_types(office: Office) -> Text:
    """Types of documents in the office's own codes."""
    county = office.county
    codes = {"512": "04", "513": "05", "511": "06", "553": "07"}
    types = same("01", len(county))
    special = np.flatnonzero(np.isin(county.families.kind, (PERMIT, FOREIGNER)))
    types[special] = [codes[code] for code in county.papers.id_type[special].tolist()]
    return types


def deliver_insured(office: Office) -> None:
    """One row a person and insurance, the whole register every day."""
    county, work = office.county, office.county.work
    rng = office.rng("hr", "insured")
    hired = office.events.after(HIRED, 0)
    has = (work.insured | work.ended) > 0
    has[hired] = False
    who = rng.permutation(np.flatnonzero(has & (county.papers.id_number != "") & ~county.unregistered))
    persons = _insured_persons(office, rng, who, person_numbers(office))
    in_force, listed = _insurances(office, who)
    persons, in_force, listed = _with_duplicate_persons(office, rng, persons, in_force, listed)
    office.planter.plant(persons)
    table = _insured_rows(office, rng, persons, in_force, listed)
    _note_lives(office, table)
    test = {"aac001": "<key>", "aac002": "<number>", "aac003": "<name>"}
    table = add_test_row(office, table, test)
    table.key[-1:] = (
        join(table.key[-1:], "|", table.columns["aae140"][-1:]) if office.rates.test_row else table.key[-1:]
    )
    changing = np.isin(table.roles[0].person, np.concatenate(_insured_changes(office)))
    office.truth.errors(table)
    table = add_copies(office, table, changing)
    office.send(table, _form(INSURED_COLUMNS), f"RS_v_insured_{office.batch(0)}.csv.gz", 0)
    for day in range(1, office.events.days):
        table.notes = []
        table = _insured_next_day(office, table, day)
        office.send(table, _form(INSURED_COLUMNS), f"RS_v_insured_{office.batch(day)}.csv.gz", day)


def _insured_changes(office: Office) -> list[Ints]:
    return [office.events.after(kind, 0) for kind in (HR_CORRECTED, SUSPENDED, LEFT, DIED)]


def _insured_persons(office: Office, rng: Rng, who: Ints, numbers: Text) -> Table:
    county, papers = office.county, office.county.papers
    birth = dates(county.families.birth[who])
    code, name = employer_texts(county.work, who)
    phone = office.stale_phones(rng, np.arange(len(county)), 0.15)
    corrected = office.events.after(HR_CORRECTED, 0)
    phone[corrected] = papers.earlier_phone[corrected]
    columns = {
        "aac001": numbers[who],
        "aac002": office.numbers[who],
        "aac003": office.names[who],
        "aac004": digits(county.families.sex[who]),
        "aac005": papers.ethnicity[who].copy(),
        "aac006": birth,
        "aac058": document_types(office)[who],
        "aab003": code,
        "aab004": name,
        "aae005": phone[who],
        "aae036": join(
            dates(county.today - 1 - rng.integers(0, 1100, len(who)), "%Y-%m-%d"),
            " ",
            clock(rng, len(who), TIME),
        ),
    }
    fields = {
        "id_number": "aac002",
        "name": "aac003",
        "sex": "aac004",
        "ethnicity": "aac005",
        "birth_date": "aac006",
        "phone": "aae005",
    }
    role = Role("subject", who, fields)
    office.identity(role, who, birth)
    role.tell("sex", columns["aac004"], columns["aac004"].copy())
    role.tell("ethnicity", columns["aac005"], columns["aac005"].copy())
    role.tell("phone", columns["aae005"], papers.phone[who])
    return Table("hr", "insured", columns, columns["aac001"].copy(), [role])


def _insurances(office: Office, who: Ints) -> tuple[Ints, Ints]:
    """Insurances in force, and all on record, as the first day's file has them."""
    work = office.county.work
    in_force, listed = work.insured.copy(), work.insured | work.ended
    for kind in (SUSPENDED, LEFT):
        later = office.events.after(kind, 0)
        in_force[later] = listed[later]
    return in_force[who], listed[who]


def _with_duplicate_persons(
    office: Office, rng: Rng, persons: Table, in_force: Ints, listed: Ints
) -> tuple[Table, Ints, Ints]:
    """Second registrations of some persons, ended long ago."""
    free = ~np.isin(persons.roles[0].person, np.concatenate(_insured_changes(office)))
    rows = choose(rng, free & (listed > 0), office.rates.duplicate_person / 2)
    copies, count = persons.take(rows), len(rows)
    copies.columns["aac001"] = digits(35_100_323_000 + rng.permutation(count) * 7)
    copies.key = copies.columns["aac001"].copy()
    old = office.county.today - rng.integers(2900, 4300, count)
    copies.columns["aae036"] = join(dates(old, "%Y-%m-%d"), " ", clock(rng, count, TIME))
    lowest = listed[rows] & -listed[rows]
    first_insurance = pick(INSURANCES, np.log2(np.maximum(lowest, 1)).astype(np.int64))
    original = persons.key
    persons.key = persons.key.copy()
    persons.key[rows] = join(persons.key[rows], "|", first_insurance)
    wide = add_duplicates(persons, copies, rows)
    wide.key[: len(original)] = original
    none = np.zeros(count, dtype=np.int64)
    return wide, np.concatenate([in_force, none]), np.concatenate([listed, listed[rows]])


def _insured_rows(office: Office, rng: Rng, persons: Table, in_force: Ints, listed: Ints) -> Table:
    """The persons' rows spread over their insurances."""
    bits = np.array([BIT[code] for code in INSURANCES])
    row, place = np.nonzero(listed[:, None] & bits[None, :])
    table = persons.expand(row)
    insurance = pick(INSURANCES, place)
    table.columns["aae140"] = insurance
    table.key = join(table.key, "|", insurance)
    active = (in_force[row] & bits[place]) > 0
    ended = pick([SUSPENDED_CODE, ENDED], (rng.random(len(row)) < 0.6).astype(np.int64))
    table.columns["aac008"] = np.where(active, IN_FORCE, ended).astype(object)
    staff = np.isin(place, np.flatnonzero(bits & (STAFF | BIT["120"]))) & active
    for column in ("aab003", "aab004"):
        table.columns[column] = np.where(staff, table.columns[column], "").astype(object)
    first = office.county.work.first_month[table.roles[0].person]
    # the first insurance of a person sets the month, the others may follow a little later
    later = np.where(np.append(True, row[1:] != row[:-1]), 0, rng.integers(0, 2, len(row)))
    newest = int(month_number(np.array([office.county.today]))[0])
    table.columns["aac049"] = from_year_month(np.minimum(first + later, newest))
    return table


def _note_lives(office: Office, table: Table) -> None:
    """Insurances in force for the dead, and two pension schemes at a time."""
    deaths, work = office.county.deaths, office.county.work
    persons = table.roles[0].person
    active = (table.columns["aac008"] == IN_FORCE) & ~table.quarantined
    recent = np.zeros(len(deaths.day), dtype=bool)
    recent[np.concatenate([office.events.after(kind, 0) for kind in (DIED, "died_untold")])] = True
    dead = np.flatnonzero(active & (deaths.dead & ~recent)[persons])
    day = dates(deaths.day[persons[dead]], "%Y-%m-%d")
    table.note("insured_after_death", "subject", dead, DISCREPANCY, join("died ", day, ", in force"))
    both: Mask = np.isin(persons, work.two_schemes) & (table.columns["aae140"] == "170") & active
    table.note("two_pension_schemes", "subject", np.flatnonzero(both), DISCREPANCY, "110 and 170 in force")


def _insured_next_day(office: Office, table: Table, day: int) -> Table:
    county = office.county
    rng = office.rng("hr", "insured", day)
    persons = table.roles[0].person
    yesterday = f"{office.batch(day - 1)[:4]}-{office.batch(day - 1)[4:6]}-{office.batch(day - 1)[6:]}"
    stopped = np.flatnonzero(
        np.isin(persons, np.concatenate([office.events.on(k, day) for k in (SUSPENDED, LEFT)]))
    )
    stopped = stopped[table.columns["aac008"][stopped] == IN_FORCE]
    table.columns["aac008"][stopped] = SUSPENDED_CODE
    for column in ("aab003", "aab004"):
        table.columns[column][stopped] = ""
    corrected = np.flatnonzero(np.isin(persons, office.events.on(HR_CORRECTED, day)))
    table.columns["aae005"][corrected] = county.papers.phone[persons[corrected]]
    changed = np.concatenate([stopped, corrected])
    table.columns["aae036"][changed] = join(
        same(yesterday, len(changed)), " ", clock(rng, len(changed), TIME)
    )
    _, first = np.unique(persons[corrected], return_index=True)
    table.note("corrected_at_source", "subject", corrected[np.sort(first)], LINKED, "phone put right")
    hired = office.events.on(HIRED, day)
    if len(hired) == 0:
        return table
    fresh = _insured_persons(office, rng, hired, person_numbers(office))
    fresh.columns["aae036"] = join(same(yesterday, len(hired)), " ", clock(rng, len(hired), TIME))
    rows = _insured_rows(office, rng, fresh, county.work.insured[hired], county.work.insured[hired])
    rows.columns = {name: rows.columns[name] for name in table.columns}
    office.truth.errors(rows)
    return table.followed_by(rows)


def deliver_pensions(office: Office) -> None:
    """Everybody who draws a pension, once a month."""
    county, work = office.county, office.county.work
    rng = office.rng("hr", "pension")
    who = np.flatnonzero(
        (work.pension != "") & (county.papers.id_number != "") & (rng.random(len(county)) < 0.99)
    )
    count = len(who)
    entered = county.today - 1 - rng.integers(0, 31, count)
    columns = {
        "aac001": person_numbers(office)[who],
        "aac002": office.numbers[who],
        "aac003": office.names[who],
        "aic160": from_year_month(work.pension_from[who]),
        "aae019": _yuan(work.amount[who]),
        "aae116": work.pension[who].copy(),
        "aae036": join(dates(entered, "%Y-%m-%d"), " ", clock(rng, count, TIME)),
    }
    role = Role("subject", who, {"id_number": "aac002", "name": "aac003"})
    office.identity(role, who)
    table = Table("hr", "pension", columns, columns["aac001"].copy(), [role])
    dead = np.flatnonzero(
        (columns["aae116"] == "1") & (county.deaths.dead & (county.deaths.day < county.today))[who]
    )
    day = dates(county.deaths.day[who[dead]], "%Y-%m-%d")
    table.note("pension_after_death", "subject", dead, DISCREPANCY, join("died ", day, ", still paid"))
    table = _with_second_pensions(office, rng, table)
    office.planter.plant(table)
    office.truth.errors(table)
    office.send(table, _form(PENSION_COLUMNS), f"RS_v_pension_{office.batch(0)}.csv.gz", 0)


def _yuan(cents: Ints) -> Text:
    return join(digits(cents // 100), ".", digits(cents % 100, 2))


def _with_second_pensions(office: Office, rng: Rng, table: Table) -> Table:
    """Some draw a residents' pension beside that of employees."""
    paid = (table.columns["aae116"] == "1") & (office.county.work.amount[table.roles[0].person] > 100_000)
    rows = choose(
        rng, paid & ~office.county.deaths.dead[table.roles[0].person], office.rates.two_pension_schemes / 2
    )
    second, count = table.take(rows), len(rows)
    second.columns["aac001"] = digits(34_100_384_000 + rng.permutation(count) * 7)
    second.columns["aae019"] = _yuan(rng.integers(19_000, 30_000, count))
    second.key = second.columns["aac001"].copy()
    second.note("two_pension_schemes", "subject", np.arange(count), DISCREPANCY, "second pension paid")
    return table.followed_by(second)


def deliver_employment(office: Office) -> None:
    """Employment and unemployment, the whole register every day."""
    county = office.county
    rng = office.rng("hr", "employment")
    keys = digits(FIRST_JOB + rng.permutation(len(county)))
    jobs = office.jobs.copy()
    jobs[office.events.after(HIRED, 0)] = False
    who = rng.permutation(np.flatnonzero(jobs))
    table = _jobs(office, rng, who, keys)
    free = ~np.isin(who, np.concatenate([office.events.after(kind, 0) for kind in (SUSPENDED, LEFT)]))
    rows = choose(rng, free, office.rates.duplicate_person)
    copies, count = table.take(rows), len(rows)
    copies.columns["acc0m0"] = digits(3_302_100_124_000 + rng.permutation(count) * 2)
    copies.key = copies.columns["acc0m0"].copy()
    table = add_duplicates(table, copies, rows)
    office.planter.plant(table)
    table = add_test_row(office, table, {"acc0m0": "<key>", "aac002": "<number>", "aac003": "<name>"})
    _future_event(office, rng, table)
    office.truth.errors(table)
    table = add_copies(office, table)
    office.send(table, _form(JOB_COLUMNS), f"RS_v_employment_{office.batch(0)}.csv.gz", 0)
    for day in range(1, office.events.days):
        table.notes = []
        fresh = _jobs(office, rng, office.events.on(HIRED, day), keys)
        begun = office.batch(day - 1)
        fresh.columns["acb241"] = same(f"{begun[:4]}-{begun[4:6]}-{begun[6:]}", len(fresh))
        fresh.columns["aae036"] = join(fresh.columns["acb241"], " ", clock(rng, len(fresh), TIME))
        office.truth.errors(fresh)
        table = table.followed_by(fresh)
        office.send(table, _form(JOB_COLUMNS), f"RS_v_employment_{office.batch(day)}.csv.gz", day)


def _jobs(office: Office, rng: Rng, who: Ints, keys: Text) -> Table:
    county, work = office.county, office.county.work
    code, name = employer_texts(work, who)
    entered = np.minimum(work.begun[who] + rng.integers(2, 25, len(who)), county.today - 1)
    columns = {
        "acc0m0": keys[who],
        "aac002": office.numbers[who],
        "aac003": office.names[who],
        "aac011": work.education[who],
        "acc028": work.status[who],
        "aab003": code,
        "aab004": name,
        "acb241": dates(work.begun[who], "%Y-%m-%d"),
        "aae005": office.stale_phones(rng, who, 0.55),
        "aae036": join(dates(entered, "%Y-%m-%d"), " ", clock(rng, len(who), TIME)),
    }
    fields = {"id_number": "aac002", "name": "aac003", "education": "aac011", "phone": "aae005"}
    role = Role("subject", who, fields)
    office.identity(role, who)
    role.tell("education", columns["aac011"], columns["aac011"].copy())
    role.tell("phone", columns["aae005"], county.papers.phone[who])
    return Table("hr", "employment", columns, columns["acc0m0"].copy(), [role])


def _future_event(office: Office, rng: Rng, table: Table) -> None:
    """Jobs said to begin in many years."""
    free = ~table.quarantined & (table.roles[0].person >= 0)
    for note in table.notes:
        free[note.rows] = False
    rows = choose(rng, free, office.rates.event_in_future / 2)
    before = table.columns["acb241"][rows]
    after = np.array([f"{rng.integers(2031, 2079)}{day[4:]}" for day in before.tolist()], dtype=object)
    table.columns["acb241"][rows] = after
    table.note("event_in_future", "", rows, "quarantined", join(before, " -> ", after))
