"""Whole lines that arrive damaged: cut off, with a foreign byte, an open quote, or an empty line before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generate.faults import ACCEPTED, QUARANTINED, Planter
from generate.table import Note, Table
from generate.text import Ints, Mask, Text, same

BAD_BYTE = "\x00"
"""Stands in the text for a byte that no encoding has; the writers exchange it for 0xFF."""
LARGE = 300
"""Files of at least so many rows get one of each kind at least."""
KINDS = ("row_short", "row_bad_byte", "row_open_quote", "row_empty")


@dataclass
class Damage:
    """The rows of one file that are damaged, by kind."""

    rows: dict[str, Ints]

    def quarantined(self, length: int) -> Mask:
        """Which rows cannot be taken in."""
        mask = np.zeros(length, dtype=bool)
        for kind, rows in self.rows.items():
            mask[rows] |= kind != "row_empty"
        return mask

    def notes(self) -> list[Note]:
        """The damage as notes of what was planted."""
        notes = []
        for kind, rows in self.rows.items():
            empty = kind == "row_empty"
            expected = same(ACCEPTED if empty else QUARANTINED, len(rows))
            detail = same("an empty line before it" if empty else "", len(rows))
            notes.append(Note(kind, "", rows, expected, detail))
        return [note for note in notes if len(note.rows)]

    def lines(self, length: int, first: int) -> Ints:
        """The physical line of every row."""
        shift = np.zeros(length, dtype=np.int64)
        shift[self.rows["row_empty"]] = 1
        return first + np.arange(length) + np.cumsum(shift)


def no_damage() -> Damage:
    """Every line arrives whole."""
    return Damage({kind: np.empty(0, dtype=np.int64) for kind in KINDS})


def draw_damage(planter: Planter, table: Table, batch: str) -> Damage:
    """Choose the rows of one file to damage; rows already quarantined or noted are left alone."""
    rng = planter.rng(table.department, table.dataset, batch, "damage")
    free = ~table.quarantined & (table.roles[0].person >= 0)
    for note in table.notes:
        free[note.rows] = False
    places = rng.permutation(np.flatnonzero(free))
    rows: dict[str, Ints] = {}
    for kind in KINDS:
        rate = getattr(planter.rates, kind)
        count = round(rate * len(table))
        if rate > 0 and len(table) >= LARGE:
            count = max(1, count)
        rows[kind], places = np.sort(places[:count]), places[count:]
    return Damage(rows)


def damage_csv(lines: Text, kind: str, name: Text) -> list[str]:
    """The CSV lines damaged; `name` is a text within each of them."""
    damaged = []
    for line, word in zip(lines.tolist(), name.tolist(), strict=True):
        if kind == "row_short":
            cells = line.split(",")
            damaged.append(",".join(cells[: len(cells) // 2]))
        elif kind == "row_bad_byte":
            damaged.append(line.replace(f",{word},", f",{word}{BAD_BYTE},", 1))
        else:
            damaged.append(line.replace(f",{word},", f',"{word},', 1))
    return damaged


def damage_json(lines: Text, kind: str) -> list[str]:
    """The JSON lines damaged."""
    damaged = []
    for line in lines.tolist():
        if kind == "row_short":
            damaged.append(line[: len(line) * 3 // 5])
        elif kind == "row_bad_byte":
            damaged.append(line.replace('"id_no":', f'"id_no"{BAD_BYTE}:', 1))
        else:
            damaged.append(line.removesuffix('"}') + "}")
    return damaged
