"""Which records speak of the same person.

Records that bear one valid number and do not contradict each other in name and birth date are joined first (``link_member``).
What the number leaves is compared with the persons found, by the contract's rules and model (``linking/``), and
joined from the best pair to the worst, as far as nothing stands against it.
"""

from __future__ import annotations

import duckdb

from contracts.model import PARENTS, Contracts, Linking
from transforms.linking.names import prepare_comparisons
from transforms.linking.pairs import find_pairs
from transforms.linking.persons import join_units
from transforms.linking.records import link_name, link_record
from transforms.linking.score import score
from transforms.sql_files import count, sql
from warehouse.quoting import literal, literals

__all__ = ["link_build", "link_records", "prepare_comparisons"]


def link_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> None:
    """Fill ``person_record``, ``person_change`` and ``link_pair``. Needs what ``prepare_build`` makes, and the ``prior_*`` tables.

    Decisions of people are read from ``link_decision``; a build that has none gets an empty one.
    """
    connection.execute(sql("link/decision"))
    prepare_comparisons(connection)
    connection.execute(link_name(contracts))
    connection.execute(link_record(contracts))
    connection.execute(sql("link/continued"))
    if count(connection, "SELECT count(*) FROM link_continued"):
        connection.execute(sql("link/continue"))
    link_records(connection, contracts, release)


def link_records(connection: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> None:
    """The same from what the records tell (``link_record``)."""
    from transforms.linking.sounds import sound_table  # noqa: PLC0415

    connection.execute(sql("link/pair"))
    for context in contracts.linking.contexts:
        if context.shared_by:
            connection.execute(sql("link/own_context", context=context.name, shared_by=context.shared_by))
    sound_table(connection)
    steps = ("signature", "anchor", "candidate", "match", "leader", "choice")
    for step in (*steps, "member"):
        connection.execute(sql(f"link/{step}"))
    for step in steps:
        connection.execute(f"DROP TABLE link_{step}")  # they lie in memory
    find_pairs(connection, contracts.linking)
    score(connection, contracts.linking)
    join_units(connection, contracts)
    levels = ", ".join(f"'{c.name}': s.{c.name}" for c in contracts.linking.comparisons)
    connection.execute(sql("link/told_pairs", levels=levels))
    connection.execute(sql("link/cluster"))
    last = count(connection, "SELECT coalesce(max(number), 0) FROM prior_number")
    connection.execute(sql("link/another"))
    connection.execute(sql("link/person", last_number=last))
    connection.execute(sql("link/role"))
    connection.execute(sql("link/person_record", precision=_precision(contracts.linking)))
    connection.execute(sql("link/reissued", parents=_parents(contracts)))
    connection.execute(sql("link/person_origin"))
    connection.execute(sql("link/person_change", release=literal(release)))


def _parents(contracts: Contracts) -> str:
    """SQL: the roles of records in which a parent stands; at least one row, which may name nothing."""
    roles = {
        (dataset.department, dataset.name, supply.role)
        for dataset in contracts.datasets
        for person in dataset.persons
        for datum, supply in person.data.items()
        if datum in PARENTS and supply.role
    }
    listed = ", ".join(f"({literals(role)})" for role in sorted(roles))
    return f"(VALUES {listed or '(NULL, NULL, NULL)'})"


def _precision(linking: Linking) -> str:
    """SQL: what the rule that joined a record was measured to be."""
    measured = [f"WHEN {literal(rule.name)} THEN {rule.precision}" for rule in linking.rules if rule.precision is not None]
    return f"CASE method {' '.join(measured)} END" if measured else "NULL"
