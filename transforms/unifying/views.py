"""The views of a release on ``unify_person``: the persons, and one row per published value with its origin."""

from __future__ import annotations

from contracts.model import Contracts, Datum
from transforms.unifying.said import dated
from warehouse.lookup import DECLARED_BY
from warehouse.quoting import literal

# In the place of a source: what a citizen declared in a form, where no source has a value.
DECLARED = 254


def person_view(contracts: Contracts) -> str:
    """The view ``person`` on ``unify_person``; it needs the macro ``person_id``."""
    columns = ", ".join(_shown(datum) for datum in contracts.catalogue.data)
    return f"CREATE OR REPLACE VIEW person AS SELECT person_id, {columns} FROM unify_person"


def _shown(datum: Datum) -> str:
    return f"person_id({datum.name}) AS {datum.name}" if datum.type == "person" else datum.name


def published_value_view(contracts: Contracts) -> str:
    """The view ``published_value`` on ``unify_person``: one row per published value."""
    return f"CREATE OR REPLACE VIEW published_value AS {published_values(contracts, 'unify_person')}"


def person_datum_view(contracts: Contracts) -> str:
    """The view ``person_datum`` on ``unify_person``, ``source_record``, ``date_precision``, and answers that are of no datum
    (``declared_answer``). Of a day of which the year or the month alone is known, that is the value (1990, 1990-03).
    """
    values = " UNION ALL ".join(_as_told(datum) for datum in contracts.catalogue.data)
    by = [literal(part) for part in DECLARED_BY.split("/")]
    return (
        "CREATE OR REPLACE VIEW person_datum AS SELECT p.person_id, p.datum, p.value, p.department, p.dataset, s.record_key,"
        f" s.batch_date, p.standing, p.agreeing, p.disagreeing FROM ({values}) AS p"
        " LEFT JOIN source_record AS s USING (department, dataset, record_no)"
        f" UNION ALL SELECT a.person_id, a.datum, a.value, {by[0]}, {by[1]}, s.record_key, s.batch_date, 'declared', 0, 0"
        f" FROM declared_answer AS a JOIN source_record AS s ON (s.department, s.dataset) = ({by[0]}, {by[1]})"
        " AND s.record_no = a.record_no"
    )


def origin_of(datum: Datum) -> str:
    """SQL: the dataset whose value of the datum is published."""
    origins = " ".join(f"WHEN {place} THEN {literal(source)}" for place, source in enumerate(datum.sources))
    return f"CASE {datum.name}__source {origins} WHEN {DECLARED} THEN {literal(DECLARED_BY)} END"


def standing_of(datum: Datum) -> str:
    """SQL: whether the published value is the owner's, of this phase of life, a fallback's or declared."""
    early = f" OR {datum.name}__is_owner" if datum.phase else ""
    is_owner = f"{datum.name}__source = 0{early}"
    source = f"{datum.name}__source"
    return (
        f"CASE WHEN {is_owner} THEN 'owner' WHEN {source} = {DECLARED} THEN 'declared'"
        f" WHEN {source} IS NOT NULL THEN 'fallback' END"
    )


def published_values(contracts: Contracts, table: str) -> str:
    """SQL: the values of ``unify_person``, or of some of its rows, one a row; ``valid_on`` is since when it holds, where a source says."""
    is_dated = dated(contracts)
    return " UNION ALL ".join(_datum_rows(datum, table, datum.name in is_dated, _in_words(datum)) for datum in contracts.catalogue.data)


def _as_told(datum: Datum) -> str:
    if datum.type != "date":
        return _datum_rows(datum, "unify_person", False, _in_words(datum))
    known = f"(SELECT person_id, precision AS its__precision FROM date_precision WHERE datum = {literal(datum.name)})"
    digits = "CASE its__precision WHEN 'year' THEN 4 WHEN 'month' THEN 7 ELSE 10 END"
    return _datum_rows(datum, f"unify_person LEFT JOIN {known} USING (person_id)", False, f"left({_in_words(datum)}, {digits})")


def _in_words(datum: Datum) -> str:
    """Lists are written as ["a", "b"], ties as the other person's id."""
    name = datum.name
    return {"set": f"to_json({name})::VARCHAR", "person": f"person_id({name})"}.get(datum.type, f"{name}::VARCHAR")


def _datum_rows(datum: Datum, table: str, is_dated: bool, value: str) -> str:
    """A published datum's origin."""
    name = datum.name
    source = origin_of(datum)
    return (
        f"SELECT person_id, {literal(name)} AS datum, {value} AS value,"
        f" split_part({source}, '/', 1) AS department, split_part({source}, '/', 2) AS dataset, {name}__no AS record_no,"
        f" {standing_of(datum)} AS standing,"
        f" {name}__agreeing::INTEGER AS agreeing, {name}__disagreeing::INTEGER AS disagreeing,"
        f" {f'{name}__on' if is_dated and not datum.lasting else 'NULL::DATE'} AS valid_on"
        f" FROM {table} WHERE {name}__source IS NOT NULL"
    )
