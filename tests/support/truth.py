"""The truth of a generated county beside what a release made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Contracts, Dataset, Datum
from warehouse.connection import scratch

TRUTH = ("person", "link", "planted", "reported_error", "household")


@dataclass(frozen=True)
class Scored:
    """A release attached as ``w`` to the truth tables ``true_*``; ``entry`` joins both, ``partner`` maps persons."""

    connection: duckdb.DuckDBPyConnection
    contracts: Contracts

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def number(self, query: str) -> int:
        return int(self.ask(query)[0][0] or 0)


@contextmanager
def scored(county: Path, database: Path, landed: Path, contracts: Contracts) -> Iterator[Scored]:
    with scratch() as connection:
        for table in TRUTH:
            connection.execute(f"CREATE VIEW true_{table} AS FROM '{county / 'truth' / table}.parquet'")
        connection.execute(f"ATTACH '{database.resolve()}' AS w (READ_ONLY)")
        connection.execute(ENTRY)
        connection.execute(PARTNER)
        connection.execute(_numbers(landed, contracts))
        connection.execute(SOUND)
        yield Scored(connection, contracts)


# The person that the release gave to each role of each accepted row.
ENTRY = """
CREATE TEMP TABLE entry AS
SELECT DISTINCT department, dataset, record_key, role, true_id, person_id
FROM true_link JOIN w.person_record USING (department, dataset, record_key, role)
WHERE expected = 'accepted' AND true_id IS NOT NULL;
"""

# Whom a true person became, and who stands behind a person: by most of the entries.
PARTNER = """
CREATE TEMP TABLE shared AS SELECT true_id, person_id, count(*) AS entries FROM entry GROUP BY ALL;
CREATE TEMP TABLE partner AS FROM shared QUALIFY row_number() OVER (PARTITION BY true_id ORDER BY entries DESC, person_id) = 1;
CREATE TEMP TABLE behind AS FROM shared QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY entries DESC, true_id) = 1;
"""

# True persons each of whose records, in every version, bears their own number or the one they bore before.
SOUND = """
CREATE TEMP TABLE sound AS
SELECT t.true_id
FROM true_person AS t JOIN entry USING (true_id) JOIN borne USING (department, dataset, role, record_key)
GROUP BY t.true_id
HAVING bool_and(coalesce(borne.number = t.id_number, false) OR coalesce(borne.number = t.old_id_number, false));
"""


def _numbers(landed: Path, contracts: Contracts) -> str:
    """The number that each role of each accepted row bears, as it was normalised."""
    parts = [_number(landed, dataset, role.role, role.data) for dataset in contracts.datasets for role in dataset.persons]
    return "CREATE TEMP TABLE borne AS " + " UNION ALL ".join(parts)


def _number(landed: Path, dataset: Dataset, role: str, data: dict[str, Any]) -> str:
    column = data["id_number"].column if "id_number" in data else "NULL"
    files = f"{landed}/{dataset.department}/{dataset.name}/*/*/normalised*.parquet"
    return (
        f"SELECT '{dataset.department}' AS department, '{dataset.name}' AS dataset, '{role}' AS role, record_key,"
        f" {column} AS number FROM read_parquet('{files}', union_by_name = true) WHERE operation = 'upsert'"
    )


# --- linking ----------------------------------------------------------------------------------------------------


def wrong_pairs(found: Scored) -> tuple[int, int]:
    """Pairs of entries put in one person: how many there are, how many of them speak of two true persons."""
    pairs = found.number("SELECT sum(n * (n - 1) / 2) FROM (SELECT sum(entries) AS n FROM shared GROUP BY person_id)")
    right = found.number("SELECT sum(entries * (entries - 1) / 2) FROM shared")
    return pairs, pairs - right


def merged_against_the_truth(found: Scored) -> list[tuple[str, int, int]]:
    """Planted pairs to keep apart that share a person."""
    persons: dict[int, set[str]] = {}
    for true_id, person_id in found.ask("SELECT true_id, person_id FROM shared"):
        persons.setdefault(true_id, set()).add(person_id)
    planted = found.ask("SELECT kind, true_ids FROM true_planted WHERE expected = 'not_merged'")
    return [
        (kind, one, other)
        for kind, true_ids in planted
        for one, other in combinations(sorted(set(true_ids)), 2)
        if persons.get(one, set()) & persons.get(other, set())
    ]


# --- data -------------------------------------------------------------------------------------------------------

# What is planted, is taken in as it came, and is no error of the department: a form that says the same, or one of several
# that are all true.
SAID_OTHERWISE = {
    "residence_address": ("address_other_form",),
    "hukou_address": ("address_other_form",),
    "name": ("name_dot_variant",),
    "health_record_no": ("several_records",),
}


def wrong_values(found: Scored, datum: Datum) -> list[tuple[Any, ...]]:
    """Values of a datum, of persons with sound numbers, that are neither true nor explained by the truth tables.

    Answers (true id, department, dataset, record key of the origin).
    """
    columns = {name for name, *_ in found.ask("DESCRIBE true_person")}
    if datum.name not in columns:
        return []
    query = f"""
        SELECT t.true_id, o.department, o.dataset, o.record_key
        FROM sound JOIN partner USING (true_id) JOIN w.person AS p USING (person_id) JOIN true_person AS t USING (true_id)
        JOIN w.person_datum AS o ON o.person_id = p.person_id AND o.datum = '{datum.name}'
        WHERE p.{datum.name} IS NOT NULL AND t.{datum.name} IS NOT NULL AND NOT coalesce({_same(datum)}, false)
          AND NOT {_explained(datum)}"""
    return found.ask(query)


def _same(datum: Datum) -> str:
    here, true = f"p.{datum.name}", f"t.{datum.name}"
    if datum.type == "person":
        return f"(SELECT b.true_id FROM behind AS b WHERE b.person_id = {here}) = {true}"
    if datum.type == "set":
        return f"list_sort(list_distinct({here})) = list_sort(list_distinct({true}))"
    if datum.type == "amount":
        return f"{here} = {true}::DECIMAL(14, 2)"
    return f"{here}::VARCHAR = {true}::VARCHAR"


def _explained(datum: Datum) -> str:
    """The department said something untrue, or what is true was never delivered in a row that can be read."""
    of_origin = "e.department = o.department AND e.dataset = o.dataset"
    kinds = ("event_not_yet_delivered", "two_pension_schemes", *SAID_OTHERWISE.get(datum.name, ()))
    reasons = [
        f"EXISTS (FROM true_reported_error AS e WHERE e.true_id = t.true_id AND e.datum = '{datum.name}' AND {of_origin})",
        f"EXISTS (FROM true_link AS e WHERE e.true_id = t.true_id AND e.expected = 'quarantined' AND {of_origin})",
        f"EXISTS (FROM true_planted AS e WHERE list_contains(e.true_ids, t.true_id) AND {of_origin} AND e.kind IN {kinds!r})",
        *TIED.get(datum.name, ()),
    ]
    return "(" + " OR ".join(reasons) + ")"


def _untrue(who: str, datum: str) -> str:
    return f"EXISTS (FROM true_reported_error AS e WHERE e.true_id = {who} AND e.datum = '{datum}')"


def _sex_of_parents_untrue() -> str:
    """A household tells mother from father by their sex, so a parent's wrong sex makes them change places."""
    return f"({_untrue('t.mother', 'sex')} OR {_untrue('t.father', 'sex')})"


# Data that follow from others: what explains those explains these. Nobody delivers that a spouse's death made a widow.
TIED = {
    "marital_status": ("(t.marital_status = '30' AND p.marital_status = '20')",),
    "spouse": (_untrue("t.true_id", "marital_status"),),
    "marriage_date": (_untrue("t.true_id", "marital_status"),),
    "mother": (_sex_of_parents_untrue(),),
    "father": (_sex_of_parents_untrue(),),
}
