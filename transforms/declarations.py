"""What citizens declared in forms, taken into a build: a value where no department has one, else a question to the owner.

A declared value never stands over a department's (政务数据共享条例 art. 26: the owner verifies and corrects).
"""

from __future__ import annotations

import hashlib
import json

import duckdb

from contracts.model import Contracts, Datum
from transforms.prepare import ROWS_A_FILE
from transforms.sql_files import sql
from transforms.unifying.said import sql_type
from transforms.unifying.views import DECLARED
from warehouse.home import Home
from warehouse.lookup import DECLARED_BY
from warehouse.quoting import literal
from warehouse.submissions import submission_files, submissions


def digest(home: Home) -> str:
    """What the builds depend on of the submissions; their names do, as none is ever changed."""
    names = "\n".join(path.name for path in submission_files(home))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def prepare_declarations(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Table ``declaration``: one row per value that a citizen corrected or added, of the persons as they were then."""
    connection.execute(
        "CREATE OR REPLACE TABLE declaration (submission_id VARCHAR, received_at TIMESTAMPTZ, person_id VARCHAR,"
        " datum VARCHAR, value VARCHAR)"
    )
    rows = [
        (each.submission_id, each.received_at, each.person_id, field.declares, _text(field.declared))
        for each in submissions(home)
        for field in each.fields
        if each.person_id and field.declares and field.declared is not None
    ]
    if rows:
        connection.executemany("INSERT INTO declaration VALUES (?, ?, ?, ?, ?)", rows)


def declare(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Put declared values where nothing is published. Needs ``declaration``, ``person_change``, ``link_person`` and the
    attached release file with ``unify_person`` and ``source_record``.
    """
    connection.execute(sql("unify/declared", rows_a_file=ROWS_A_FILE))
    by = [literal(part) for part in DECLARED_BY.split("/")]
    connection.execute(
        "INSERT INTO released.source_record BY NAME"
        f" SELECT DISTINCT {by[0]} AS department, {by[1]} AS dataset, record_no, submission_id AS record_key, received_on AS batch_date"
        " FROM declared"
    )
    found = {row[0] for row in connection.execute("SELECT DISTINCT datum FROM declared").fetchall()}
    for datum in contracts.catalogue.data:
        if datum.name in found and datum.type != "person":
            connection.execute(_fill(datum))
    catalogued = ", ".join(literal(datum.name) for datum in contracts.catalogue.data)
    connection.execute(
        "CREATE OR REPLACE TABLE released.declared_answer AS SELECT person_id(person_no) AS person_id, datum, value, record_no"
        f" FROM declared WHERE datum NOT IN ({catalogued})"
    )


def declared_value(datum: Datum) -> str:
    """SQL: a declared text as a value of the datum, NULL where it is none."""
    if datum.type == "set":
        return "TRY_CAST(from_json(d.value, '[\"VARCHAR\"]') AS VARCHAR[])"
    return f"TRY_CAST(d.value AS {sql_type(datum)})"


def _fill(datum: Datum) -> str:
    name, value = datum.name, declared_value(datum)
    return (
        f"UPDATE released.unify_person SET {name} = {value}, {name}__source = {DECLARED}, {name}__no = d.record_no,"
        f" {name}__agreeing = 0, {name}__disagreeing = 0 FROM declared AS d WHERE d.datum = {literal(name)}"
        f" AND d.person_no = unify_person.person_no AND {name}__source IS NULL AND {value} IS NOT NULL"
    )


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
