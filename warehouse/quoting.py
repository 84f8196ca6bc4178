"""Texts and names as SQL writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def literal(text: str | Path) -> str:
    """A text, or the path of a file, as a string."""
    return "'" + str(text).replace("'", "''") + "'"


def literals(texts: Iterable[str | Path]) -> str:
    """Several, with commas between them."""
    return ", ".join(map(literal, texts))


def identifier(name: str) -> str:
    """The name of a table or a column."""
    return '"' + name.replace('"', '""') + '"'
