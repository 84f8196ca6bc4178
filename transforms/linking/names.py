"""How names sound: homophones are the commonest slip of a typist."""

from __future__ import annotations

import csv

import duckdb
from pypinyin import Style, lazy_pinyin

from contracts.load import OWN
from transforms.sql_files import sql

NAME_VARIANTS = OWN / "codes" / "name_variants.csv"
LOOKALIKES = OWN / "codes" / "lookalikes.csv"


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
    readings = [_sound(name, surnames) for name in names]
    connection.execute(
        "CREATE OR REPLACE TABLE link_sound AS SELECT unnest($names::VARCHAR[]) AS name_key, unnest($readings::VARCHAR[]) AS sound",
        {"names": names, "readings": readings},
    )


def _surname_readings() -> dict[str, str]:
    with (OWN / "codes" / "surname_readings.csv").open(encoding="utf-8") as file:
        return {row["surname"]: row["reading"] for row in csv.DictReader(file)}


def _sound(name: str, surnames: dict[str, str]) -> str:
    surname = next((name[:n] for n in (2, 1) if name[:n] in surnames), "")
    rest = lazy_pinyin(name[len(surname) :], style=Style.NORMAL)
    return " ".join([surnames[surname], *rest] if surname else rest)
