"""Cells of a workbook as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_DOWN, Context
from typing import Any

from python_calamine import CalamineSheet

AS_KEPT = Context(prec=15, rounding=ROUND_DOWN)

Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta


def merged_within(sheet: CalamineSheet, grid: list[list[Any]]) -> Iterator[tuple[int, int, int]]:
    """First row, column and last row of the merged ranges that begin where something stands; below a table cells are merged for looks."""
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        if top < len(grid) and left < len(grid[top]):
            yield top, left, bottom


def is_blank(cell: Cell) -> bool:
    """Whether a cell shows nothing."""
    return isinstance(cell, str) and not cell.strip()


def text_of(cell: Cell) -> str:
    """A cell as text: dates as ISO, numbers as a spreadsheet keeps them (15 significant digits). Of a longer one that a program
    wrote as a floating-point number those behind are cut off: they are not its own, and one in eleven would pass for a sound number.
    """
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | float():
            return _number(cell)
        case dt.datetime():
            return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
        case _:
            return str(cell)


def _number(number: float) -> str:
    if abs(number) >= 1e15:
        return f"{AS_KEPT.create_decimal(repr(float(number))):.14e}"
    return str(int(number)) if number == int(number) else repr(number)
