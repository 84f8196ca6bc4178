"""One source per datum: what each dataset says of a person, and what is published by the catalogue's order of authority.

``unify_source__<department>__<dataset>``: one row per person that the dataset speaks of, each datum in the record that
speaks for it. ``unify_person``: one row per person, each datum with the place of its source in the catalogue's order,
the record it came from, and how many of the other sources agree. ``person`` and ``person_datum`` are views on it.
"""

from __future__ import annotations

import duckdb

from contracts.model import Contracts
from transforms.unifying.portions import portions
from transforms.unifying.published import person_rows
from transforms.unifying.said import source_record_table, source_table, supplied
from transforms.unifying.ties import code_kin, household_ties, relate, wedlock
from transforms.unifying.whole import make_whole


def unify_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``unify_*``, ``source_record`` and ``relation``. Needs ``record_*`` and ``link_role``.

    ``unify_person``, ``source_record`` and ``relation`` are written into the attached release file ``released``, the first and the last in
    order of person.
    """
    code_kin(connection, contracts)
    connection.execute(wedlock(contracts))
    for dataset in contracts.datasets:
        if dataset.household:
            connection.execute(household_ties(dataset, contracts))
    for dataset in contracts.datasets:
        if supplied(dataset, contracts):
            connection.execute(source_table(dataset, contracts))
    connection.execute("SET preserve_insertion_order = true")
    _fill_persons(connection, contracts)
    connection.execute("SET preserve_insertion_order = false")
    make_whole(connection, contracts)
    connection.execute(source_record_table(contracts))
    relate(connection, contracts)


def _fill_persons(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    into = "CREATE OR REPLACE TABLE released.unify_person AS"
    for some in portions(connection, "link_person"):
        connection.execute(person_rows(contracts, some, into))
        into = "INSERT INTO released.unify_person"
