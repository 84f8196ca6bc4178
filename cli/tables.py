"""Tables for a terminal, and what stands in their cells."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Tables for a pipe or a log must not be squeezed into 80 columns.
WIDE = 160


def console() -> Console:
    """Standard output."""
    fixed = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE
    return Console(width=fixed, highlight=False)


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, whole: Sequence[str] = ()) -> Table:
    """A table for ``console``. Values go in as Text: a square bracket in one is not markup. The lines of columns named in ``whole``
    are not broken, so that what stands there can be copied.
    """
    filled = Table(title=Text(title), title_justify="left")
    for heading in headings:
        filled.add_column(heading, overflow="fold", no_wrap=heading in whole)
    for row in rows:
        filled.add_row(*(Text(cell) for cell in row))
    return filled


def share(probability: float | None) -> str:
    """A share in four decimals; nothing for none."""
    return "" if probability is None else f"{probability:.4f}"


def text(value: Any) -> str:
    """A value as a cell; nothing for none."""
    return "" if value is None else str(value)
