"""What all departments' clerks share: the county they look at, and how deliveries go out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generate.damage import LARGE, Damage, draw_damage, no_damage
from generate.events import Events
from generate.faults import ACCEPTED, LINKED, QUARANTINED, Planter
from generate.people import County
from generate.rates import Rates
from generate.sources import known_names, known_numbers
from generate.table import TEST, Note, Role, Table
from generate.text import Ints, Mask, Rng, Text, dates, digits, join, same
from generate.traps import choose
from generate.truth import Truth
from generate.writers import CsvForm, JsonForm, write_lines


@dataclass
class Office:
    """The county as the departments see it, and the way out for their files."""

    county: County
    events: Events
    planter: Planter
    truth: Truth
    out: Path
    first_day: datetime.date
    names: Text
    """Names as known outside the police."""
    numbers: Text
    """Numbers as known outside the police."""
    jobs: Mask
    """Who is in the employment register."""
    relief_type: Text
    """Kind of social assistance a person gets, empty for none."""
    relief_status: Text

    @property
    def rates(self) -> Rates:
        """The county's rates."""
        return self.planter.rates

    def rng(self, *words: object) -> Rng:
        """Random numbers of one register's own."""
        return self.planter.rng("office", *words)

    def batch(self, day: int) -> str:
        """The extract date of a day, yyyymmdd."""
        return (self.first_day + datetime.timedelta(days=day)).strftime("%Y%m%d")

    def folder(self, table: Table, day: int) -> Path:
        """The folder of the table's batch."""
        return self.out / "landing" / table.department / table.dataset / self.batch(day)

    def send(
        self, table: Table, form: CsvForm | JsonForm, file: str, day: int, notes: list[Note] | None = None
    ) -> None:
        """Write one batch and its truth; the notes are those of the table unless given."""
        batch = self.batch(day)
        damage: Damage = draw_damage(self.planter, table, batch) if len(table) >= LARGE else no_damage()
        write_lines(self.folder(table, day) / file, table, form, damage, batch)
        lines = damage.lines(len(table), form.first_line)
        self.truth.links(table, batch, file, lines, damage.quarantined(len(table)))
        told = table.notes if notes is None else notes
        self.truth.planted(table, [*told, *damage.notes()], batch, file, lines)

    def identity(
        self, role: Role, persons: Ints, birth: Text | None = None, numbers: Text | None = None
    ) -> None:
        """Let the role tell number, name and birth date; the columns' names are in its fields."""
        county = self.county
        true_number, true_name = county.papers.id_number[persons], county.papers.name[persons]
        role.tell("id_number", (self.numbers if numbers is None else numbers)[persons], true_number)
        role.tell("name", (self.names if numbers is None else county.papers.name)[persons], true_name)
        if birth is not None:
            shown = dates(county.families.birth[persons], "%Y-%m-%d")
            role.tell("birth_date", birth, birth, shown)

    def stale_phones(self, rng: Rng, persons: Ints, weight: float = 1.0) -> Text:
        """The persons' phone numbers, some of them long given up."""
        papers = self.county.papers
        stale = rng.random(len(papers.phone)) < self.rates.stale_phone * weight
        phones = np.where(stale & (papers.phone != ""), papers.earlier_phone, papers.phone)
        return np.asarray(phones[persons], dtype=object)


def open_office(
    county: County, events: Events, planter: Planter, truth: Truth, first_day: datetime.date
) -> Office:
    """An office for the county."""
    jobs = (county.work.status != "") & (planter.rng("jobs").random(len(county)) < 0.9)
    relief = same("", len(county))
    return Office(
        county,
        events,
        planter,
        truth,
        truth.folder.parent,
        first_day,
        known_names(county, events),
        known_numbers(county, events),
        jobs,
        relief,
        relief.copy(),
    )


def add_test_row(office: Office, table: Table, changes: dict[str, str]) -> Table:
    """One row that somebody typed in to try the system, at the end; `name` and `number` are given words."""
    if office.rates.test_row <= 0:
        return table
    rng = office.rng(table.department, table.dataset, "test")
    row = table.take(rng.integers(0, len(table), 1))
    row.key = join("9999", digits(rng.integers(0, 10**6, 1), 6))
    words = {
        "<key>": row.key[0],
        "<name>": str(rng.choice(["测试", "测试人员", "test"])),
        "<number>": "1" * 18,
    }
    for column, value in changes.items():
        row.columns[column] = same(words.get(value, value), 1)
    for role in row.roles:
        role.person[:] = TEST
    row.note("test_row", "", np.array([0]), QUARANTINED)
    return table.followed_by(row)


def add_copies(office: Office, table: Table, spared: Mask | None = None) -> Table:
    """Some rows delivered twice; the copies follow at the end."""
    rng = office.rng(table.department, table.dataset, "copies")
    free = ~table.quarantined & (table.roles[0].person >= 0)
    for note in table.notes:
        free[note.rows] = False
    if spared is not None:
        free &= ~spared
    rows = rng.permutation(choose(rng, free, office.rates.duplicate_row))
    longer = table.with_copies(rows)
    longer.note("duplicate_row", "", len(table) + np.arange(len(rows)), ACCEPTED)
    return longer


def add_duplicates(table: Table, copies: Table, rows: Ints, role: str = "subject") -> Table:
    """Second records of the persons in the rows, made ready by the caller."""
    detail = join("also ", table.key[rows])
    copies.note("duplicate_person", role, np.arange(len(rows)), LINKED, detail)
    return table.followed_by(copies)
