"""How names sound and look: homophones are the commonest slip of a typist, characters that look alike that of a reader.

Import this module where names are read and nowhere else: its dictionary takes longer to load than many a command to run.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from contracts.layout import OWN

LOOKALIKES = OWN / "codes" / "lookalikes.csv"
SOUNDS = pa.schema([("name_key", pa.string()), ("sound", pa.string()), ("looks", pa.string())])


def sound_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``link_sound`` with every name of ``link_record``, its pinyin without tones and its ``looks``.

    A surname has a reading of its own. ``looks``: each character of the name with each that looks like it, as pairs.
    """
    surnames, alike = _surname_readings(), _lookalikes()
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name_key FROM link_record WHERE name_key IS NOT NULL"
            " UNION SELECT former_name_key FROM link_record WHERE former_name_key IS NOT NULL"
        ).fetchall()
    ]
    read = pa.table(
        {
            "name_key": names,
            "sound": [_sound(name, surnames) for name in names],
            "looks": [" ".join(alike[character] for character in name if character in alike) for name in names],
        },
        SOUNDS,
    )
    connection.register("read_names", read)
    connection.execute("CREATE OR REPLACE TEMP TABLE link_sound AS FROM read_names")
    connection.unregister("read_names")


def _surname_readings() -> dict[str, str]:
    with (OWN / "codes" / "surname_readings.csv").open(encoding="utf-8") as file:
        return {row["surname"]: row["reading"] for row in csv.DictReader(file)}


def _lookalikes() -> dict[str, str]:
    """Each character with each that looks like it, as pairs with a blank between them."""
    pairs: dict[str, list[str]] = defaultdict(list)
    with LOOKALIKES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for one, other in (row.values(), reversed(row.values())):
                pairs[one].append(one + other)
    return {character: " ".join(found) for character, found in pairs.items()}


def _sound(name: str, surnames: dict[str, str]) -> str:
    surname = next((name[:n] for n in (2, 1) if name[:n] in surnames), "")
    rest = _readings(name[len(surname) :])
    return " ".join([surnames[surname], *rest] if surname else rest)


def _readings(text: str) -> list[str]:
    """As ``lazy_pinyin``, which looks for phrases at length; where no two characters begin one, each is read by itself."""
    if any(pair in _phrase_beginnings() for pair in map("".join, pairwise(text))) or any(ord(c) not in PINYIN_DICT for c in text):
        return lazy_pinyin(text, style=Style.NORMAL)
    return [_reading(character) for character in text]


@lru_cache(maxsize=len(PINYIN_DICT))
def _reading(character: str) -> str:
    return lazy_pinyin(character, style=Style.NORMAL)[0]


@lru_cache(maxsize=1)
def _phrase_beginnings() -> frozenset[str]:
    return frozenset(phrase[:2] for phrase in PHRASES_DICT)
