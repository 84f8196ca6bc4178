"""What citizens declared in forms, taken into a build: a value where no department has one, else a question to the owner.

A declared value never stands over a department's (政务数据共享条例 art. 26: the owner verifies and corrects).
"""

from __future__ import annotations

import hashlib
import json

import duckdb

from contracts.model import Contracts, Datum
from transforms.normalising.engine import engine
from transforms.prepare import ROWS_A_FILE
from transforms.sql_files import sql
from transforms.unifying.said import sql_type
from transforms.unifying.views import DECLARED
from warehouse.clock import today
from warehouse.home import Home
from warehouse.lookup import DECLARED_BY
from warehouse.quoting import literal
from warehouse.submissions import submission_files, submissions

WRITTEN = {"identity_number": ", false", "name": "", "phone": "", "credit_code": "", "address": "", "text": ""}
"""Normalisers of what people write as they like, with their further arguments; other values come in the catalogue's form already."""


def digest(home: Home) -> str:
    """What the builds depend on of the submissions; their names do, as none is ever changed."""
    names = "\n".join(path.name for path in submission_files(home))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def prepare_declarations(connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts) -> None:
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
        _read_as_delivered(connection, home, contracts)


def _read_as_delivered(connection: duckdb.DuckDBPyConnection, home: Home, contracts: Contracts) -> None:
    """Bring what was written to the form that the owner's column has: a space in a name or +86 is no other value, and 无 is none."""
    written = connection.execute("SELECT datum, list(DISTINCT value) FROM declaration GROUP BY datum").fetchall()
    with engine(contracts, home.builds / "declared.spill") as normalising:
        for name, texts in written:
            datum = contracts.datum(name)
            columns = contracts.owner_columns(datum) if datum else ()
            if columns and (normaliser := columns[0].normaliser) in WRITTEN:
                said = f"normalise_{normaliser}(text, DATE '{today()}'{WRITTEN[normaliser]}).value"
                found = normalising.execute(f"SELECT list(text), list({said}) FROM (SELECT unnest(?) AS text)", [texts]).fetchone()
                assert found is not None
                connection.execute(
                    "UPDATE declaration SET value = said.value"
                    " FROM (SELECT unnest(?::VARCHAR[]) AS text, unnest(?::VARCHAR[]) AS value) AS said"
                    " WHERE datum = ? AND declaration.value = text",
                    [*found, name],
                )
    connection.execute("DELETE FROM declaration WHERE value IS NULL")


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
