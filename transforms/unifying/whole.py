"""Values that are less than whole: a name with lost characters, a day of which the year or the month alone is known.

Such a value of the source that answers is not published where another source tells a whole one that agrees with all that is left of it:
that one is, as the fallback that it is. A copy that is less than whole contradicts no value that agrees with what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from contracts.model import Contracts, Dataset, Datum
from transforms.normalising.columns import NOTED
from transforms.sql_files import count, sql
from transforms.unifying.published import agrees, available, checking, columns_of, is_former
from warehouse.quoting import literal

LESSER = "('lossy', 'month', 'year')"
# A character of somebody's own font is there, though others cannot read it.
OWN_FONT = r"[\x{E000}-\x{F8FF}]"
COMPLETES = {
    "name": "{whole} LIKE lossy_pattern({value})",
    "date": "starts_with({whole}::VARCHAR, left({value}::VARCHAR, CASE {less} WHEN 'year' THEN 4 ELSE 7 END))",
}
"""SQL: whether a value agrees with all that is left of another, which is ``less``."""


def make_whole(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``unify_lesser``, and put whole values in the place of lesser ones in ``unify_person`` of the attached file ``released``.

    ``unify_lesser``: one row per person and datum with what the first source by authority told, its place, its record, and how it is
    ``less``: lossy, month or year (of a day that is known no better). ``released.date_precision``: one row per published day that is so.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE unify_lesser"
        " (datum VARCHAR, person_no BIGINT, place UTINYINT, record_no BIGINT, less VARCHAR, value VARCHAR)"
    )
    for datum in contracts.catalogue.data:
        if datum.type in COMPLETES:
            for found in _lesser(datum, contracts):
                connection.execute(f"INSERT INTO unify_lesser {found}")
            are_lesser = count(connection, f"SELECT count(*) FROM unify_lesser WHERE datum = {literal(datum.name)}")
            if are_lesser and len(available(datum, contracts)) > 1:
                connection.execute(_whole(datum, contracts))
                connection.execute(_put_in_place(datum, contracts))
        if copies := _lesser_copies(datum, contracts):
            connection.execute(copies)
    connection.execute(_precision(contracts))


def says_less(dataset: Dataset, column: str, datum: Datum, whole: str) -> str:
    """SQL: whether the record ``r`` tells less than a whole value of the datum in this column, and ``whole`` agrees with what is left."""
    if datum.type not in COMPLETES or dataset.column(column).normaliser not in NOTED:
        return "false"
    fits = COMPLETES[datum.type].format(whole=whole, value=f"r.{column}", less=f"r.{column}__note")
    return f"CASE WHEN r.{column}__note IN {LESSER} THEN {fits} ELSE false END"


def _lesser_copies(datum: Datum, contracts: Contracts) -> str | None:
    """SQL that takes copies that say less than the published value from those that disagree with it; where that value was put in the place
    of a lesser one they were never counted.
    """
    name = datum.name
    copies = [
        f"SELECT p.person_no FROM unify_source__{d.table} AS s JOIN record_{d.table} AS r ON r.record_no = s.{name}__no"
        f" JOIN released.unify_person AS p ON p.person_no = s.person_no WHERE r.{column} = s.{name}"
        f" AND {says_less(d, column, datum, f'p.{name}')}"
        f" AND p.{name}__source <> {datum.sources.index(d.id) if d.id in datum.sources else 255}"
        f" AND NOT ({agrees(datum, f's.{name}', f'p.{name}')}) AND NOT {is_former(datum, f's.{name}', 'p.')}"
        for d in checking(datum, contracts)
        if d.id != datum.owner
        for column in _noted(d, datum)
    ]
    if not copies:
        return None
    counted = (
        f"SELECT person_no, count(*)::UTINYINT AS copies FROM ({' UNION ALL '.join(copies)}) WHERE person_no NOT IN (SELECT l.person_no"
        f" FROM unify_lesser AS l JOIN released.unify_person AS p USING (person_no)"
        f" WHERE l.datum = {literal(name)} AND p.{name}__source <> l.place) GROUP BY person_no"
    )
    return (
        f"UPDATE released.unify_person SET {name}__disagreeing = {name}__disagreeing - c.copies FROM ({counted}) AS c"
        " WHERE c.person_no = unify_person.person_no"
    )


def _precision(contracts: Contracts) -> str:
    """What is left of the lesser days: the rest have been made whole."""
    published = " UNION ALL ".join(
        f"SELECT p.person_id, {literal(datum.name)} AS datum, l.less AS precision FROM unify_lesser AS l JOIN released.unify_person AS p"
        f" ON p.person_no = l.person_no AND p.{datum.name}__source = l.place WHERE l.datum = {literal(datum.name)}"
        for datum in contracts.catalogue.data
        if datum.type == "date"
    )
    nothing = "SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR AS datum, NULL::VARCHAR AS precision WHERE false"
    return (
        "CREATE OR REPLACE TABLE released.date_precision AS SELECT person_id, datum, min(precision) AS precision"
        f" FROM ({published or nothing}) GROUP BY person_id, datum ORDER BY person_id, datum"
    )


def _noted(dataset: Dataset, datum: Datum) -> list[str]:
    """The columns of the dataset that tell the datum, and how whole it is."""
    told = {person.data[datum.name].column for person in dataset.persons if datum.name in person.data}
    return sorted(column for column in told if column and dataset.column(column).normaliser in NOTED)


def _lesser(datum: Datum, contracts: Contracts) -> Iterator[str]:
    name = datum.name
    for dataset in available(datum, contracts):
        for column in _noted(dataset, datum):
            place = datum.sources.index(dataset.id)
            yield (
                f"SELECT DISTINCT {literal(name)}, p.person_no, {place}, r.record_no, r.{column}__note, p.{name}::VARCHAR"
                f" FROM record_{dataset.table} AS r JOIN released.unify_person AS p ON p.{name}__no = r.record_no"
                f" WHERE r.{column}__note IN {LESSER} AND p.{name}__source = {place} AND p.{name} = r.{column}"
                f" AND NOT regexp_matches(p.{name}::VARCHAR, '{OWN_FONT}')"
            )


def _whole(datum: Datum, contracts: Contracts) -> str:
    return sql(
        "unify/whole",
        told=" UNION ALL ".join(_told(dataset, datum) for dataset in checking(datum, contracts)),
        datum=literal(datum.name),
        completes=COMPLETES[datum.type].format(whole="told.value", value="l.value", less="l.less"),
        agrees=agrees(datum, "other.value", "chosen.value"),
    )


def _told(dataset: Dataset, datum: Datum) -> str:
    name = datum.name
    place = datum.sources.index(dataset.id) if dataset.id in datum.sources else "NULL"
    voice = next((group[0] for group in datum.copies if dataset.id in group), dataset.id)
    lesser = " OR ".join(f"(r.{column}__note IN {LESSER} AND r.{column} = s.{name})" for column in _noted(dataset, datum))
    return (
        f"SELECT s.person_no, {place}, s.{name}, s.{name}__no, {literal(voice)}, coalesce({lesser or 'false'}, false)"
        f" FROM unify_source__{dataset.table} AS s SEMI JOIN (FROM unify_lesser WHERE datum = {literal(name)}) USING (person_no)"
        f" JOIN record_{dataset.table} AS r ON r.record_no = s.{name}__no"
    )


def _put_in_place(datum: Datum, contracts: Contracts) -> str:
    name = datum.name
    known = {
        name: "w.value",
        f"{name}__source": "w.place",
        f"{name}__no": "w.record_no",
        f"{name}__is_owner": "false",
        f"{name}__agreeing": "w.agreeing",
        f"{name}__disagreeing": "w.disagreeing",
    }
    changed = ", ".join(f"{column} = {known.get(column, 'NULL')}" for column in columns_of(datum, contracts))
    return f"UPDATE released.unify_person SET {changed} FROM unify_whole AS w WHERE w.person_no = unify_person.person_no"
