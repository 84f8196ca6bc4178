"""Ties between persons: what rows state, and what a household tells of its members' kin."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from contracts.model import SPOUSE, WEDLOCK, Contracts, Dataset, RelationOfRow
from transforms.sql_files import sql
from transforms.unifying.portions import portions
from transforms.unifying.said import day_of, role_join, when_holds
from warehouse.quoting import literal


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
        f" {str(tie.kind == SPOUSE).lower()}, {day_of(dataset, days[0]) if days else 'NULL::DATE'}{_of_two(dataset, tie)}"
    )


def household_ties(dataset: Dataset, contracts: Contracts) -> str:
    """SQL for ``unify_household__<dataset>``: one row per record with the mother, father and spouse that its household tells."""
    assert dataset.household is not None
    person = dataset.persons[0]
    crosswalk = dataset.column(dataset.household.relation).crosswalk or ""
    return sql(
        "unify/household",
        table=dataset.table,
        department=literal(dataset.department),
        dataset=literal(dataset.name),
        role=literal(person.role),
        number=dataset.household.number,
        relation=dataset.household.relation,
        codes=literal(contracts.crosswalk(crosswalk).to),
        sex=person.data["sex"].column,
        birth_date=f"r.{person.data['birth_date'].column}" if "birth_date" in person.data else "NULL::DATE",
        id_number=f"r.{person.data['id_number'].column}" if "id_number" in person.data else "NULL::VARCHAR",
    )


def relate(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``relation`` of the attached release file ``released`` with ties both ways, in order of person.

    A tie that is a datum too is shown as it is published: of two mothers whom two sources name, one. What one kind of record states is
    held at a time, and then the ties of a million persons, so that a county of several millions needs no more memory.
    """
    record = "department VARCHAR, dataset VARCHAR, record_key VARCHAR"
    connection.execute(f"CREATE OR REPLACE TABLE released.relation (person_id VARCHAR, kind VARCHAR, other_person_id VARCHAR, {record})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE unify_tie (person_no BIGINT, kind VARCHAR, other_no BIGINT, {record})")
    for told in _told_ties(contracts):
        connection.execute(told)
    for some in portions(connection, "unify_tie"):
        connection.execute(sql("unify/relation", first=some.start, last=some.stop - 1))


def _told_ties(contracts: Contracts) -> Iterator[str]:
    """For each kind of tie of each dataset, the statement that adds what its records state."""
    ties = {d.name for d in contracts.catalogue.data if d.type == "person"}
    decided = {
        "of_holder": _by_datum({name: f"holder.{name}" for name in ties}),
        "of_value": _by_datum({name: f"other.{name}" for name in ties}),
        "owner": _by_datum({name: literal(contracts.catalogue.datum(name).owner) for name in ties}),
    }
    for d in contracts.datasets:
        for tie in d.relations:
            yield sql("unify/tie", told=_tie(d, tie, ties), **decided)
        if d.household:
            household = sql("unify/household_relation", table=d.table, department=literal(d.department), dataset=literal(d.name))
            yield sql("unify/tie", told=household, **decided)


def _by_datum(answers: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {literal(name)} THEN {answer}" for name, answer in sorted(answers.items()))
    return f"CASE datum {cases} END" if cases else "NULL"


def _tie(dataset: Dataset, tie: RelationOfRow, ties: set[str]) -> str:
    """What a row states of two persons, in both directions."""
    department, name = literal(dataset.department), literal(dataset.name)
    datum = literal(tie.kind) if tie.kind in ties else "NULL"
    return (
        f"SELECT unnest([one.person_no, other.person_no]), unnest([{literal(tie.kind)}, {literal(tie.inverse)}]),"
        f" unnest([other.person_no, one.person_no]), {department}, {name}, r.record_key, {datum}, one.person_no, other.person_no"
        f"{_of_two(dataset, tie)}"
    )


def _of_two(dataset: Dataset, tie: RelationOfRow) -> str:
    return (
        f" FROM record_{dataset.table} AS r {role_join(dataset, tie.from_, 'one', 'JOIN')} {role_join(dataset, tie.to, 'other', 'JOIN')}"
        f" WHERE r.is_current AND {when_holds(tie.when, 'r.')} AND one.person_no <> other.person_no"
    )
