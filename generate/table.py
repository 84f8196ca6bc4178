"""A department's rows on their way out: columns, whom they speak of, what was planted in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from generate.text import Ints, Mask, Text, same

NOBODY = -1
TEST = -2
"""Stands for the person of a test row: nobody, but the row is listed in the links."""


@dataclass
class Told:
    """What a role's column says of a datum, and what is true."""

    datum: str
    meant: Text
    """The value as the department believes it; empty where it says nothing."""
    true: Text
    """The true value, written as the department writes it."""
    shown: Text
    """The true value, written as the truth tables write it."""

    def take(self, rows: Ints) -> Told:
        """The same for a choice of rows."""
        return Told(self.datum, self.meant[rows], self.true[rows], self.shown[rows])


@dataclass
class Role:
    """Whom the rows speak of in one role, and the columns that do."""

    name: str
    person: Ints
    fields: dict[str, str] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)

    def tell(self, datum: str, meant: Text, true: Text, shown: Text | None = None) -> None:
        """State what the rows mean to say of a datum and what is true."""
        self.told[datum] = Told(datum, meant.copy(), true, true if shown is None else shown)

    def take(self, rows: Ints) -> Role:
        """The same role for a choice of rows."""
        told = {datum: entry.take(rows) for datum, entry in self.told.items()}
        return Role(self.name, self.person[rows], self.fields, told)


@dataclass
class Note:
    """Planted faults or traps of one kind: rows of a table and what was done to each."""

    kind: str
    role: str
    rows: Ints
    expected: Text
    detail: Text
    others: Ints | None = None
    """A second person each, from whom the row must stay apart."""


@dataclass
class Table:
    """The rows of one dataset."""

    department: str
    dataset: str
    columns: dict[str, Text]
    key: Text
    roles: list[Role]
    op: Text | None = None
    sheet: Text | None = None
    quarantined: Mask = field(default_factory=lambda: np.empty(0, dtype=bool))
    notes: list[Note] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.quarantined) != len(self.key):
            self.quarantined = np.zeros(len(self.key), dtype=bool)

    def __len__(self) -> int:
        return len(self.key)

    def role(self, name: str) -> Role:
        """The role of that name."""
        return next(role for role in self.roles if role.name == name)

    def note(self, kind: str, role: str, rows: Ints, expected: str | Text, detail: str | Text = "") -> Note:
        """Record what was planted in the rows."""
        outcome = same(expected, len(rows)) if isinstance(expected, str) else expected
        words = same(detail, len(rows)) if isinstance(detail, str) else detail
        note = Note(kind, role, np.asarray(rows, dtype=np.int64), outcome, words)
        if len(rows):
            self.notes.append(note)
            self.quarantined[rows[outcome == "quarantined"]] = True
        return note

    def take(self, rows: Ints) -> Table:
        """A choice of rows, in that order, without the notes."""
        return replace(
            self,
            columns={name: column[rows] for name, column in self.columns.items()},
            key=self.key[rows],
            roles=[role.take(rows) for role in self.roles],
            op=None if self.op is None else self.op[rows],
            sheet=None if self.sheet is None else self.sheet[rows],
            quarantined=self.quarantined[rows],
            notes=[],
        )

    def expand(self, rows: Ints) -> Table:
        """The rows repeated as listed; a note on a row holds for all its repetitions."""
        wide = self.take(rows)
        for note in self.notes:
            place = np.full(len(self), -1, dtype=np.int64)
            place[note.rows] = np.arange(len(note.rows))
            found = place[rows]
            here = np.flatnonzero(found >= 0)
            others = None if note.others is None else note.others[found[here]]
            wide.notes.append(
                Note(note.kind, note.role, here, note.expected[found[here]], note.detail[found[here]], others)
            )
        return wide

    def with_copies(self, rows: Ints) -> Table:
        """The same rows again at the end; notes stay with the first of the two."""
        longer = self.take(np.concatenate([np.arange(len(self)), rows]))
        longer.notes = self.notes
        return longer

    def followed_by(self, other: Table) -> Table:
        """This table's rows, then the other's."""
        shift = len(self)
        both = Table(
            self.department,
            self.dataset,
            {name: np.concatenate([column, other.columns[name]]) for name, column in self.columns.items()},
            np.concatenate([self.key, other.key]),
            [_append(mine, theirs) for mine, theirs in zip(self.roles, other.roles, strict=True)],
            None if self.op is None or other.op is None else np.concatenate([self.op, other.op]),
            None if self.sheet is None or other.sheet is None else np.concatenate([self.sheet, other.sheet]),
            np.concatenate([self.quarantined, other.quarantined]),
        )
        moved = [replace(note, rows=note.rows + shift) for note in other.notes]
        both.notes = [*self.notes, *moved]
        return both


def _append(mine: Role, theirs: Role) -> Role:
    told = {
        datum: Told(
            datum,
            np.concatenate([entry.meant, theirs.told[datum].meant]),
            np.concatenate([entry.true, theirs.told[datum].true]),
            np.concatenate([entry.shown, theirs.told[datum].shown]),
        )
        for datum, entry in mine.told.items()
    }
    return Role(mine.name, np.concatenate([mine.person, theirs.person]), mine.fields, told)
