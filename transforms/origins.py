"""Where each published value is from, as a number a value: a few registers and days tell it of all persons.

Table ``dossier_origin``: one row per datum, register, day of its batch, standing and count of who disagree. View
``person_origins``: one row per person, with the numbers of the origins of its values, in the order of the catalogue.
"""

from __future__ import annotations

import duckdb

from contracts.model import Contracts, Datum
from transforms.prepare import ROWS_A_FILE
from transforms.unifying.views import origin_of, standing_of
from warehouse.quoting import literal


def write_origins(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``dossier_origin`` and make ``person_origins``, for this connection alone. Needs ``unify_person`` and ``source_record``."""
    data = contracts.catalogue.data
    file_no = f"record_no // {ROWS_A_FILE}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE origin_numbered AS WITH file AS (SELECT department, dataset, {file_no} AS file_no,"
        " min(batch_date) AS batch_date FROM source_record GROUP BY ALL),"
        f" told AS ({' UNION ALL '.join(map(_told, data))})"
        " SELECT row_number() OVER (ORDER BY datum, place, is_early, told.file_no, disagreeing)::INTEGER AS origin_no,"
        " told.*, department, dataset, batch_date"
        " FROM told LEFT JOIN file ON file.file_no = told.file_no AND file.department || '/' || file.dataset = told.source"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE dossier_origin AS SELECT origin_no, datum, department, dataset, batch_date, standing, disagreeing"
        " FROM origin_numbered ORDER BY origin_no"
    )
    numbers = ", ".join(f"origin_{datum.name}.origin_no" for datum in data)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW person_origins AS SELECT person_id, list_filter([{numbers}], lambda n: n IS NOT NULL) AS origins"
        f" FROM unify_person {' '.join(map(_joined, data))}"
    )


def _parts(datum: Datum) -> dict[str, str]:
    """What tells one origin of a datum from another, by name; the order of authority tells its register."""
    return {
        "place": f"{datum.name}__source",
        "is_early": f"{datum.name}__is_owner" if datum.phase else "false",
        "file_no": f"{datum.name}__no // {ROWS_A_FILE}",
        "disagreeing": f"{datum.name}__disagreeing",
    }


def _told(datum: Datum) -> str:
    """The origins that there are of a datum."""
    parts = ", ".join(f"{said} AS {name}" for name, said in _parts(datum).items())
    return (
        f"SELECT DISTINCT {literal(datum.name)} AS datum, {origin_of(datum)} AS source, {standing_of(datum)} AS standing, {parts}"
        f" FROM unify_person WHERE {datum.name}__source IS NOT NULL"
    )


def _joined(datum: Datum) -> str:
    alias = f"origin_{datum.name}"
    same = " AND ".join(f"{alias}.{name} = {said}" for name, said in _parts(datum).items())
    return f"LEFT JOIN (FROM origin_numbered WHERE datum = {literal(datum.name)}) AS {alias} ON {same}"
