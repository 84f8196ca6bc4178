"""A release of a few persons, with exactly the tables of the published warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Contracts, Datum
from warehouse.connection import open_database
from warehouse.dossier import number_origins, write_dossiers
from warehouse.quoting import identifier

MAN = "330102196503120015"
WOMAN = "330102197205060027"
SHARED = "330102198001010038"
DEAD = "330103194001010045"
BORNE = "330103194001010999"  # of nobody now

KINDS = {"set": "VARCHAR[]", "date": "DATE", "amount": "DECIMAL(12,2)"}
TABLES = {
    "person_record": "department VARCHAR, dataset VARCHAR, record_key VARCHAR, role VARCHAR,"
    " person_id VARCHAR, method VARCHAR, probability DOUBLE, batch_date DATE, is_current BOOLEAN",
    "person_datum": "person_id VARCHAR, datum VARCHAR, value VARCHAR, department VARCHAR, dataset VARCHAR,"
    " record_key VARCHAR, batch_date DATE, standing VARCHAR, agreeing INTEGER, disagreeing INTEGER",
    "person_change": "person_id VARCHAR, kind VARCHAR, other_person_id VARCHAR, release_id VARCHAR",
    "link_pair": "left_department VARCHAR, left_dataset VARCHAR, left_record_key VARCHAR, left_role VARCHAR,"
    " right_department VARCHAR, right_dataset VARCHAR, right_record_key VARCHAR, right_role VARCHAR,"
    " rule VARCHAR, weight DOUBLE, probability DOUBLE, evidence VARCHAR, outcome VARCHAR, why VARCHAR",
    "link_decision": "decision_id VARCHAR, decision VARCHAR,"
    " left_department VARCHAR, left_dataset VARCHAR, left_record_key VARCHAR, left_role VARCHAR,"
    " right_department VARCHAR, right_dataset VARCHAR, right_record_key VARCHAR, right_role VARCHAR,"
    " who VARCHAR, decided_at TIMESTAMP, why VARCHAR, withdrawn_at TIMESTAMP",
    "person_history": "person_id VARCHAR, datum VARCHAR, value VARCHAR, valid_from DATE, valid_to DATE,"
    " known_from DATE, known_to DATE, department VARCHAR, dataset VARCHAR, standing VARCHAR",
    "number_borne": "number VARCHAR, person_id VARCHAR, department VARCHAR, dataset VARCHAR, record_key VARCHAR, role VARCHAR,"
    " is_stated BOOLEAN",
    "discrepancy": "discrepancy_id VARCHAR, person_id VARCHAR, kind VARCHAR, datum VARCHAR, owner VARCHAR,"
    " owner_value VARCHAR, reporter VARCHAR, reported_value VARCHAR, record_key VARCHAR, severity VARCHAR,"
    " opened_on DATE, due_on DATE, status VARCHAR",
    "quarantine": "department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, line BIGINT,"
    " record_key VARCHAR, reason VARCHAR, raw VARCHAR",
    "relation": "person_id VARCHAR, kind VARCHAR, other_person_id VARCHAR, department VARCHAR,"
    " dataset VARCHAR, record_key VARCHAR",
    "event": "person_id VARCHAR, kind VARCHAR, occurred_on DATE, department VARCHAR, dataset VARCHAR,"
    " record_key VARCHAR",
    "batch": "department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sha256 VARCHAR,"
    " rows BIGINT, accepted BIGINT, quarantined BIGINT, status VARCHAR, taken_in_at TIMESTAMP",
    "release": "release_id VARCHAR, as_of DATE, built_at TIMESTAMP, code_version VARCHAR,"
    " contract_version VARCHAR, persons BIGINT",
}

PEOPLE: dict[str, dict[str, Any]] = {
    "p1": {
        "id_number": MAN,
        "name": "欧阳[志]强",
        "sex": "1",
        "birth_date": date(1965, 3, 12),
        "ethnicity": "01",
        "hukou_region": "330102001",
        "hukou_address": "河滨县城关镇人民路1号",
        "household_no": "000123",
        "hukou_status": "1",
        "residence_address": "河滨县城关镇解放路2号",
        "marital_status": "20",
        "spouse": "p2",
        "employer_name": "河滨县机械厂",
        "phone": "13900000000",
        "insurances": ["110", "310"],
        "first_insured": "198807",
        "education": "61",
        "pension_amount": None,
    },
    "p2": {
        "id_number": WOMAN,
        "name": "李芳",
        "sex": "2",
        "birth_date": date(1972, 5, 6),
        "hukou_region": "330102002",
        "hukou_status": "1",
        "spouse": "p1",
        "insurances": ["170"],
    },
    "p3": {
        "id_number": SHARED,
        "name": "王敏",
        "sex": "2",
        "birth_date": date(1980, 1, 1),
        "insurances": ["210"],
    },
    "p4": {"id_number": SHARED, "name": "张伟", "sex": "1", "birth_date": date(1980, 1, 1)},
    "p5": {
        "id_number": DEAD,
        "name": "赵国庆",
        "sex": "1",
        "birth_date": date(1940, 1, 1),
        "hukou_region": "330103001",
        "hukou_status": "2",
        "pension_status": "1",
        "death_date": date(2026, 11, 2),
    },
}

DISPUTED = {
    "discrepancy_id": "d1",
    "person_id": "p1",
    "kind": "differs",
    "datum": "ethnicity",
    "owner": "police",
    "owner_value": "01",
    "reporter": "hr",
    "reported_value": "02",
    "record_key": "9|110",
    "severity": "note",
    "opened_on": date(2026, 11, 20),
    "status": "open",
}


def lay_together(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Make the dossiers of what the tables say now."""
    number_origins(connection, contracts)
    release = connection.execute("SELECT current_database()").fetchall()[0][0]
    connection.execute(f"CREATE OR REPLACE TABLE {identifier(release)}.main.dossier_origin AS FROM temp.main.dossier_origin")
    write_dossiers(connection, contracts)


def amend(database: Path, contracts: Contracts, statement: str) -> None:
    """Change what the tables of a release say, and the dossiers with them."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(statement)
        lay_together(connection, contracts)


def build(
    path: Path,
    contracts: Contracts,
    release_id: str,
    people: Mapping[str, Mapping[str, Any]] = PEOPLE,
    others: Mapping[str, list[dict[str, Any]]] | None = None,
) -> Path:
    """A closed build of ``people``: each datum from its owner's record ``r-<person>``, then ``others``."""
    with open_database(path) as connection:
        connection.begin()
        columns = ", ".join(
            f"{identifier(d.name)} {KINDS.get(d.type, 'VARCHAR')}" for d in contracts.catalogue.data
        )
        connection.execute(f"CREATE TABLE person (person_id VARCHAR, {columns})")
        for table, definition in TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({definition})")
        put = _Putter(connection)
        for person_id, data in people.items():
            put.row("person", {"person_id": person_id, **data})
            _origins(put, contracts, person_id, data)
        put.row(
            "release",
            {"release_id": release_id, "as_of": date(2026, 11, 22), "built_at": datetime(2026, 11, 23, 1, 0)},
        )
        for table, found in (others or {}).items():
            for row in found:
                put.row(table, row)
        connection.commit()
        lay_together(connection, contracts)
        connection.execute("CHECKPOINT")
    return path


class _Putter:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        names = ", ".join(identifier(name) for name in row)
        marks = ", ".join("?" for _ in row)
        self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def _origins(put: _Putter, contracts: Contracts, person_id: str, data: Mapping[str, Any]) -> None:
    datasets = set()
    for datum in contracts.catalogue.data:
        if data.get(datum.name) is None:
            continue
        put.row("person_datum", _origin(datum, person_id, data[datum.name]))
        datasets.add(datum.owner)
    for owner in sorted(datasets):
        department, dataset = owner.split("/")
        put.row(
            "person_record",
            {
                "department": department,
                "dataset": dataset,
                "record_key": f"r-{person_id}",
                "role": "subject",
                "person_id": person_id,
                "method": "same number and name",
                "probability": 0.9999,
                "batch_date": date(2026, 11, 22),
            },
        )


def _origin(datum: Datum, person_id: str, value: Any) -> dict[str, Any]:
    department, dataset = datum.owner.split("/")
    return {
        "person_id": person_id,
        "datum": datum.name,
        "value": str(value),
        "department": department,
        "dataset": dataset,
        "record_key": f"r-{person_id}",
        "batch_date": date(2026, 11, 22),
        "standing": "owner",
        "agreeing": 1,
        "disagreeing": 0,
    }
