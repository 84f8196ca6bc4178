"""Where sources disagree: every cross-check of the catalogue value by value, and every rule of contradiction.

Table ``discrepancy``: one row per disagreement of one record; ``discrepancy_id`` is stable between builds, because it is
made of the rule, the datum and the record, not of the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from contracts.model import Contracts, Dataset, Datum, Rule, Supply
from transforms.declarations import declared_value
from transforms.orders import order_build
from transforms.rule_tables import prepare_rule_tables, publish_views, run_rule
from transforms.sql_files import sql
from transforms.unifying.published import agrees, is_former
from transforms.unifying.said import known, supplied, when_holds
from transforms.unifying.views import DECLARED
from transforms.unifying.whole import says_less
from warehouse.faults import RenkouError
from warehouse.lookup import DECLARED_BY
from warehouse.quoting import literal


def reconcile_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, release_id: str) -> None:
    """Fill ``discrepancy`` and the work orders about it.

    Needs ``unify_*``, ``order_answer`` and ``prior_*`` of the build, and the release file attached.
    """
    _prepare(connection, contracts, day)
    for dataset in contracts.datasets:
        for query in _value_checks(dataset, contracts, day):
            connection.execute(query)
    for datum in contracts.catalogue.data:
        if datum.type != "person":
            connection.execute(_declared(datum))
    for rule in contracts.rules:
        _apply(rule, connection, contracts)
    publish_views(connection, contracts)
    connection.execute(sql("reconcile/named", day=literal(day.isoformat())))
    order_build(connection, contracts, day, release_id)
    connection.execute(sql("order/person_record"))
    connection.execute(sql("reconcile/discrepancy"))


def _prepare(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> None:
    for table in ("source_record", "history_since"):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {table} AS FROM released.{table}")
    prepare_rule_tables(connection, contracts, day, contracts.rule_views)
    connection.execute(sql("reconcile/found"))


def faults_of_rules(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> Iterator[RenkouError]:
    """What cannot be run of the rules; of their views the first alone, as others may read it. Needs what ``reconcile_build`` needs."""
    try:
        _prepare(connection, contracts, day)
    except RenkouError as fault:
        yield fault
        return
    for rule in contracts.rules:
        try:
            _apply(rule, connection, contracts)
        except RenkouError as fault:
            yield fault


def _declared(datum: Datum) -> str:
    """What a citizen declared otherwise than a department has it goes to the owner."""
    value = declared_value(datum)
    return sql(
        "reconcile/declared",
        datum=literal(datum.name),
        published=datum.name,
        owner=_who_answers(datum),
        reporter=literal(DECLARED_BY),
        place=DECLARED,
        value=value,
        agreement=agrees(datum, value, f"p.{datum.name}"),
    )


def _apply(rule: Rule, connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    run_rule(connection, rule, _contradictions(rule, contracts))


def _contradictions(rule: Rule, contracts: Contracts) -> str:
    datum = contracts.catalogue.datum(rule.datum)
    owner = literal(datum.owner)
    if datum.phase:
        owner = f"(SELECT {_who_answers(datum)} FROM unify_person AS p WHERE p.person_no = contradiction.person_no)"
    return sql(
        "reconcile/rule",
        rule=literal(rule.id),
        datum=literal(rule.datum),
        owner=owner if rule.answers == "owner" else "record_of",
        severity=literal(rule.severity),
        cause=literal(rule.cause or rule.datum),
        answer_within=rule.answer_within or "NULL",
        query=rule.sql,
    )


def _value_checks(dataset: Dataset, contracts: Contracts, day: date) -> list[str]:
    checked = [d for d in supplied(dataset, contracts) if dataset.id in d.checked_by and d.type != "person"]
    return [
        _value_check(dataset, person.role, supply.column, _counts(supply, datum, contracts), datum, day)
        for person in dataset.persons
        for datum in checked
        if (supply := person.data.get(datum.name)) and supply.column
    ]


def _counts(supply: Supply, datum: Datum, contracts: Contracts) -> str:
    """SQL: whether the record says anything of the datum."""
    return f"{when_holds(supply.when, 'r.')} AND {known(datum, f'r.{supply.column}', contracts)} IS NOT NULL"


def _who_answers(datum: Datum) -> str:
    """SQL: the dataset that owns the datum in this person's phase of life."""
    if datum.phase is None:
        return literal(datum.owner)
    return f"CASE WHEN p.{datum.name}__is_owner THEN {literal(datum.phase.owner)} ELSE {literal(datum.owner)} END"


def _value_check(dataset: Dataset, role: str, column: str, when: str, datum: Datum, day: date) -> str:
    published = datum.name
    return sql(
        "reconcile/value_check",
        table=dataset.table,
        department=literal(dataset.department),
        dataset=literal(dataset.name),
        reporter=literal(dataset.id),
        role=literal(role),
        column=column,
        when=when,
        datum=literal(datum.name),
        published=published,
        fresh_from=literal((day - timedelta(days=datum.fresh_days)).isoformat()),
        place=datum.sources.index(dataset.id) if dataset.id in datum.sources else 255,
        owner=_who_answers(datum),
        agreement=" OR ".join(
            (
                agrees(datum, f"r.{column}", f"p.{published}"),
                says_less(dataset, column, datum, f"p.{published}"),
                is_former(datum, f"r.{column}", "p."),
            )
        ),
    )
