"""How names sound: homophones are the commonest slip of a typist."""

from __future__ import annotations

import csv
from functools import lru_cache
from itertools import pairwise

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from contracts.load import OWN
from transforms.sql_files import sql

NAME_VARIANTS = OWN / "codes" / "name_variants.csv"
LOOKALIKES = OWN / "codes" / "lookalikes.csv"
SOUNDS = pa.schema([("name_key", pa.string()), ("sound", pa.string())])


def prepare_comparisons(connection: duckdb.DuckDBPyConnection) -> None:
    """Macros that compare names, births and numbers, and ``person_id``."""
    with NAME_VARIANTS.open(encoding="utf-8") as file:
        pairs = [(row["variant"], row["standard"]) for row in csv.DictReader(file)]
    variants, standards = ("".join(characters) for characters in zip(*pairs, strict=True))
    with LOOKALIKES.open(encoding="utf-8") as file:
        lookalikes = " ".join("".join(sorted(row.values())) for row in csv.DictReader(file))
    connection.execute(sql("link/names", variants=variants, standards=standards, lookalikes=lookalikes))
    connection.execute(sql("link/compare"))
    connection.execute(sql("link/person_id"))


def sound_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``link_sound`` with every name of ``link_record`` and its pinyin without tones; a surname has a reading of its own."""
    surnames = _surname_readings()
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name_key FROM link_record WHERE name_key IS NOT NULL"
            " UNION SELECT former_name_key FROM link_record WHERE former_name_key IS NOT NULL"
        ).fetchall()
    ]
    read = pa.table({"name_key": names, "sound": [_sound(name, surnames) for name in names]}, SOUNDS)
    connection.register("read_names", read)
    connection.execute("CREATE OR REPLACE TABLE link_sound AS FROM read_names")
    connection.unregister("read_names")


def _surname_readings() -> dict[str, str]:
    with (OWN / "codes" / "surname_readings.csv").open(encoding="utf-8") as file:
        return {row["surname"]: row["reading"] for row in csv.DictReader(file)}


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
