"""Ties between persons: what rows state, and what a household tells of its members' kin."""

from __future__ import annotations

import duckdb

from contracts.model import Contracts, Dataset, RelationOfRow
from transforms.sql_files import quoted, sql
from transforms.unifying.said import day_of, role_join, when_holds

WEDLOCK = ("spouse", "former_spouse")


def code_kin(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What each code of a relation to the head makes of its bearer: head, spouse, child or parent."""
    kin = [(c.id, code.code, code.kin) for c in contracts.code_lists for code in c.codes if code.kin]
    connection.execute("CREATE OR REPLACE TABLE unify_kin (list VARCHAR, code VARCHAR, kin VARCHAR)")
    connection.executemany("INSERT INTO unify_kin VALUES (?, ?, ?)", kin)


def wedlock(contracts: Contracts) -> str:
    """Who married and who was divorced, and when, as ties of rows and the events of the same rows tell."""
    told = [_wedded(d, tie) for d in contracts.datasets for tie in d.relations if tie.kind in WEDLOCK]
    nobody = "SELECT NULL::BIGINT, NULL::BIGINT, NULL::BOOLEAN, NULL::DATE WHERE false"
    return sql("unify/wedlock", told=" UNION ALL ".join([nobody, *told]))


def _wedded(dataset: Dataset, tie: RelationOfRow) -> str:
    days = [event.date for event in dataset.events if event.when == tie.when and {tie.from_, tie.to} <= set(event.roles)]
    return (
        "SELECT unnest([one.person_no, other.person_no]), unnest([other.person_no, one.person_no]),"
        f" {str(tie.kind == 'spouse').lower()}, {day_of(dataset, days[0]) if days else 'NULL::DATE'}{_of_two(dataset, tie)}"
    )


def household_ties(dataset: Dataset, contracts: Contracts) -> str:
    assert dataset.household is not None
    person = dataset.persons[0]
    crosswalk = dataset.column(dataset.household.relation).crosswalk or ""
    return sql(
        "unify/household",
        table=dataset.table,
        department=quoted(dataset.department),
        dataset=quoted(dataset.name),
        role=quoted(person.role),
        number=dataset.household.number,
        relation=dataset.household.relation,
        codes=quoted(contracts.crosswalk(crosswalk).to),
        sex=person.data["sex"].column,
        birth_date=f"r.{person.data['birth_date'].column}" if "birth_date" in person.data else "NULL::DATE",
        id_number=f"r.{person.data['id_number'].column}" if "id_number" in person.data else "NULL::VARCHAR",
    )


def relation_table(contracts: Contracts) -> str:
    """Ties both ways. A tie that is a datum too is shown as it is published: of two mothers whom two sources name, one."""
    ties = {d.name for d in contracts.catalogue.data if d.type == "person"}
    parts = [
        "SELECT NULL::BIGINT AS person_no, NULL::VARCHAR AS kind, NULL::BIGINT AS other_no, NULL::VARCHAR AS department,"
        " NULL::VARCHAR AS dataset, NULL::VARCHAR AS record_key, NULL::VARCHAR AS datum,"
        " NULL::BIGINT AS holder_no, NULL::BIGINT AS value_no"
        " WHERE false"
    ]
    for d in contracts.datasets:
        parts += [_tie(d, tie, ties) for tie in d.relations]
        if d.household:
            parts.append(sql("unify/household_relation", table=d.table, department=quoted(d.department), dataset=quoted(d.name)))
    owners = {name: quoted(contracts.catalogue.datum(name).owner) for name in ties}
    return sql(
        "unify/relation",
        told=" UNION ALL ".join(parts),
        of_holder=_by_datum({name: f"holder.{name}" for name in ties}),
        of_value=_by_datum({name: f"other.{name}" for name in ties}),
        owner=_by_datum(owners),
    )


def _by_datum(answers: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {quoted(name)} THEN {answer}" for name, answer in sorted(answers.items()))
    return f"CASE datum {cases} END" if cases else "NULL"


def _tie(dataset: Dataset, tie: RelationOfRow, ties: set[str]) -> str:
    """What a row states of two persons, in both directions."""
    department, name = quoted(dataset.department), quoted(dataset.name)
    datum = quoted(tie.kind) if tie.kind in ties else "NULL"
    return (
        f"SELECT unnest([one.person_no, other.person_no]), unnest([{quoted(tie.kind)}, {quoted(tie.inverse)}]),"
        f" unnest([other.person_no, one.person_no]), {department}, {name}, r.record_key, {datum}, one.person_no, other.person_no"
        f"{_of_two(dataset, tie)}"
    )


def _of_two(dataset: Dataset, tie: RelationOfRow) -> str:
    return (
        f" FROM record_{dataset.table} AS r {role_join(dataset, tie.from_, 'one', 'JOIN')} {role_join(dataset, tie.to, 'other', 'JOIN')}"
        f" WHERE r.is_current AND {when_holds(tie.when, 'r.')} AND one.person_no <> other.person_no"
    )
