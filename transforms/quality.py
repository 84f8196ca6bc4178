"""What the departments are like, in figures: complete, timely, agreeing (GB/T 36344-2018), and what waits for their answer.

Table ``quality``: one row per figure, by department, dataset, township and datum, of this release and all before, so that a
trend can be seen. No value of a person is in it.
"""

from __future__ import annotations

from datetime import date

import duckdb

from contracts.model import Contracts, Dataset
from transforms.sql_files import sql
from transforms.unifying.said import supplied
from warehouse.quoting import literal

COLUMNS = "measure VARCHAR, department VARCHAR, dataset VARCHAR, township VARCHAR, datum VARCHAR, class VARCHAR, part BIGINT, whole BIGINT"


def quality_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, release_id: str) -> None:
    """Fill ``quality``.

    Needs ``unify_*``, ``discrepancy``, ``work_order``, ``freshness``, ``batch``, ``quarantine`` and the release file attached.
    """
    area = contracts.catalogue.area
    township = f"left({area.datum}, {area.digits})" if area else "NULL::VARCHAR"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE quality_township AS SELECT person_no, person_id, {township} AS township FROM released.unify_person"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE quality_completeness ({COLUMNS})")
    for dataset in contracts.datasets:
        _completeness(connection, contracts, dataset)
    _agreement(connection, contracts)
    connection.execute(sql("quality/quality", day=literal(day.isoformat()), release=literal(release_id)))


def _completeness(connection: duckdb.DuckDBPyConnection, contracts: Contracts, dataset: Dataset) -> None:
    """Of the persons of whom an owner's rows tell a datum: of how many it has a value. No datum is called ``its__whole``."""
    owned = [datum.name for datum in supplied(dataset, contracts) if datum.owner == dataset.id]
    telling = {name: tuple(p.role for p in dataset.persons if name in p.data) for name in owned}
    for roles in sorted(set(telling.values())):
        names = [name for name in owned if telling[name] == roles]
        counts = ", ".join(f"count(s.{name}) AS {name}" for name in names)
        connection.execute(
            "INSERT INTO quality_completeness SELECT 'completeness',"
            f" {literal(dataset.department)}, {literal(dataset.name)}, its__township, its__datum, NULL, its__part, its__whole"
            f" FROM (UNPIVOT (SELECT t.township AS its__township, count(*) AS its__whole, {counts}"
            f" FROM unify_source__{dataset.table} AS s JOIN quality_township AS t USING (person_no){_bearing(dataset, roles)}"
            " GROUP BY t.township)"
            f" ON {', '.join(names)} INTO NAME its__datum VALUE its__part)"
        )


def _bearing(dataset: Dataset, roles: tuple[str, ...]) -> str:
    """SQL: only persons in these roles of the dataset's rows; of a single role it is everybody."""
    if len(dataset.persons) == 1 or not roles:
        return ""
    listed = ", ".join(literal(role) for role in roles)
    return (
        f" SEMI JOIN (SELECT person_no FROM link_role WHERE department = {literal(dataset.department)}"
        f" AND dataset = {literal(dataset.name)} AND role IN ({listed}) AND is_current) AS bearer USING (person_no)"
    )


def _agreement(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Of the copies of what owners say: how many say the same."""
    data = contracts.catalogue.data
    sums = ", ".join(
        f"coalesce(sum({d.name}__agreeing) FILTER (WHERE {d.name}__source = 0), 0)::BIGINT AS {d.name}__yes,"
        f" coalesce(sum({d.name}__disagreeing) FILTER (WHERE {d.name}__source = 0), 0)::BIGINT AS {d.name}__no"
        for d in data
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE quality_copies AS SELECT t.township, "
        f"{sums} FROM released.unify_person JOIN quality_township AS t USING (person_no) GROUP BY t.township"
    )
    parts = " UNION ALL ".join(
        f"SELECT 'agreement', {literal(d.owner.split('/')[0])}, {literal(d.owner.split('/')[1])}, township, {literal(d.name)}, NULL,"
        f" {d.name}__yes, {d.name}__yes + {d.name}__no FROM quality_copies WHERE {d.name}__yes + {d.name}__no > 0"
        for d in data
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE quality_agreement ({COLUMNS})")
    connection.execute(f"INSERT INTO quality_agreement {parts}")
