"""A day's change into a county that is linked already: what was compared the day before is taken over, beside all compared anew.

1,000 records change by hand, in five kinds that ask linking anew: another phone, another name, a number that is gone, somebody new without
a number, and a record withdrawn. Both ways get the same ids of the day before, and must agree in every link.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from bench.stages import processor_seconds
from contracts.load import load_all
from contracts.model import Contracts
from generate.county import generate
from transforms import road
from transforms.link import link_build, link_records
from transforms.prepare import prepare_build
from transforms.sql_files import count, sql
from warehouse.connection import open_database
from warehouse.home import Home

SIZES = (200_000,)
SEED = 11
CHANGED = 1_000
TOLD = ("person_record", "person_change", "link_pair")
BEFORE = (
    "CREATE OR REPLACE TABLE prior_person_record AS SELECT department, dataset, role, record_key, person_no, batch_date FROM link_role",
    "CREATE OR REPLACE TABLE prior_person_change AS FROM person_change",
    "CREATE OR REPLACE TABLE prior_number AS SELECT max(person_no) AS number FROM link_role",
    "CREATE OR REPLACE TABLE prior_compared AS FROM link_compared",
)
CHANGE = (
    f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT record_id, row_number() OVER (ORDER BY hash(record_key), record_id) % 5 AS kind"
    f" FROM (FROM link_record WHERE is_current ORDER BY hash(record_key), record_id LIMIT {CHANGED})",
    "UPDATE link_record SET phone = ['139' || lpad((link_record.record_id % 100000000)::VARCHAR, 8, '0')] FROM chosen"
    " WHERE chosen.record_id = link_record.record_id AND kind = 0",
    "UPDATE link_record SET former_name_key = name_key, name_key = reverse(name_key) FROM chosen"
    " WHERE chosen.record_id = link_record.record_id AND kind = 1",
    "UPDATE link_record SET number = NULL FROM chosen WHERE chosen.record_id = link_record.record_id AND kind = 2",
    "UPDATE link_record SET is_current = false, stands_in = NULL FROM chosen WHERE chosen.record_id = link_record.record_id AND kind = 3",
    "INSERT INTO link_record SELECT r.* REPLACE (r.record_id + (SELECT max(record_id) FROM link_record) AS record_id,"
    " record_key || '+' AS record_key, NULL AS number, NULL AS register_key, NULL AS household, NULL AS own_row)"
    " FROM link_record AS r JOIN chosen ON chosen.record_id = r.record_id AND kind = 4",
)


@dataclass(frozen=True)
class Day:
    """One way to link the day after: seconds of the processors, pairs taken over and compared, and a digest of the links."""

    processors: float
    known: int
    compared: int
    links: tuple[object, ...]


def measure(console: Console, persons: int) -> None:
    """Link a county, change 1,000 of its records, link it in both ways and print a table of them."""
    contracts = load_all()
    with tempfile.TemporaryDirectory(prefix="renkou-bench-") as name:
        folder = Path(name)
        generate(persons, SEED, folder, days=1)
        home = Home(folder / "home")
        for reference in road.waiting_batches(home, contracts, folder / "landing"):
            road.take_in(home, contracts, folder / "landing", reference)
        batches = road.batches_known(home, contracts)
        with open_database(folder / "build.duckdb") as connection:
            connection.execute(sql("release/nothing_before"))
            prepare_build(connection, contracts, batches, max(batch.batch_date for batch in batches))
            link_build(connection, contracts, "bench")
            console.width = 140
            console.print(_table(*next_day(connection, contracts), persons))


def next_day(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> tuple[Day, Day]:
    """Change the records of a linked build and link them, taking over and anew."""
    for statement in (*BEFORE, *CHANGE):
        connection.execute(statement)
    grown = _linked(connection, contracts)
    connection.execute("DELETE FROM prior_compared")
    return grown, _linked(connection, contracts)


def _linked(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> Day:
    began = processor_seconds()
    link_records(connection, contracts, "bench")
    spent = processor_seconds() - began
    digests = [connection.execute(f"SELECT count(*), bit_xor(hash(t::VARCHAR)) FROM {table} AS t").fetchone() for table in TOLD]
    known, compared = (count(connection, f"SELECT count(*) FROM {table}") for table in ("link_known", "link_to_compare"))
    return Day(spent, known, compared, tuple(digests))


def _table(grown: Day, anew: Day, persons: int) -> Table:
    title = f"{CHANGED:,} records changed of a county of {persons:,} persons; the links agree: {grown.links == anew.links}"
    table = Table(title=title, title_justify="left", box=box.MARKDOWN)
    for number, heading in enumerate(("way", "pairs taken over", "pairs compared", "cpu s of linking")):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    for name, day in (("with the day before", grown), ("all anew", anew)):
        table.add_row(name, f"{day.known:,}", f"{day.compared:,}", f"{day.processors:.1f}")
    return table
