"""Macros that compare names, births and numbers."""

from __future__ import annotations

import csv

import duckdb

from contracts.layout import OWN
from transforms.sql_files import sql

NAME_VARIANTS = OWN / "codes" / "name_variants.csv"
COUNTRIES = OWN / "codes" / "countries.csv"


def prepare_comparisons(connection: duckdb.DuckDBPyConnection) -> None:
    """Macros that compare names, births and numbers, and ``person_id``."""
    with NAME_VARIANTS.open(encoding="utf-8") as file:
        pairs = [(row["variant"], row["standard"]) for row in csv.DictReader(file)]
    variants, standards = ("".join(characters) for characters in zip(*pairs, strict=True))
    connection.execute(sql("link/birth_told"))
    connection.execute(sql("link/names", variants=variants, standards=standards))
    with COUNTRIES.open(encoding="utf-8") as file:
        countries = "".join(row["letters"] + row["number"] for row in csv.DictReader(file))
    connection.execute(sql("link/compare", countries=countries))
    connection.execute(sql("link/person_id"))
