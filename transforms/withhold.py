"""What is not published while a contradiction stands: a death that may be another's is no death yet (``withholds`` of a rule)."""

from __future__ import annotations

from datetime import date

import duckdb

from contracts.model import Contracts
from transforms.rule_tables import prepare_rule_tables, run_rule, views_asked
from transforms.unifying.published import columns_of
from warehouse.quoting import literal


def withhold(connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date) -> None:
    """Empty the data that rules withhold in ``unify_person`` of the attached release file ``released``, and fill ``event_withheld``.

    Needs what rules need: ``record_*``, ``link_role`` and ``unify_*``. Raises RenkouError for a rule, or a view, that cannot be run.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE event_withheld (person_no BIGINT, kind VARCHAR)")
    rules = [rule for rule in contracts.rules if rule.withholds or rule.withholds_events]
    if not rules:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE withheld (person_no BIGINT, rule VARCHAR)")
    try:
        prepare_rule_tables(connection, contracts, day, views_asked(rules, contracts))
        for rule in rules:
            run_rule(connection, rule, f"INSERT INTO withheld SELECT person_no, {literal(rule.id)} FROM ({rule.sql})")
    finally:
        # it would stand for that of the release before in the views of that one
        connection.execute("DROP VIEW IF EXISTS temp.unify_person")
    for rule in rules:
        of_rule = f"SELECT person_no FROM withheld WHERE rule = {literal(rule.id)}"
        for kind in rule.withholds_events:
            connection.execute(f"INSERT INTO event_withheld SELECT DISTINCT person_no, {literal(kind)} FROM ({of_rule})")
        for name in rule.withholds:
            emptied = ", ".join(f"{column} = NULL" for column in columns_of(contracts.catalogue.datum(name), contracts))
            connection.execute(f"UPDATE released.unify_person SET {emptied} WHERE person_no IN ({of_rule})")
            of_persons = f"SELECT person_id(person_no) FROM ({of_rule})"
            connection.execute(f"DELETE FROM released.date_precision WHERE datum = {literal(name)} AND person_id IN ({of_persons})")
