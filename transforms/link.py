"""Which records speak of the same person: first cut by number, name and birth date.

Records that bear the same valid number and do not contradict each other in name and birth date are one person; a number
that the register itself states as the former one counts like today's. Everything else stays a person of its own.
"""

from __future__ import annotations

import csv

import duckdb
from pypinyin import Style, lazy_pinyin

from contracts.load import OWN
from contracts.model import Contracts, Dataset, PersonOfRow
from transforms.sql_files import count, quoted, sql

STEPS = ("signature", "anchor", "candidate")


def link_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> None:
    """Fill ``person_record``, ``person_change`` and ``link_pair``. Needs the ``record_*`` and ``prior_*`` tables of the build.

    Decisions of people are read from ``link_decision``; a build that has none gets an empty one.
    """
    prepare_comparisons(connection)
    for table in ("decision", "pair"):
        connection.execute(sql(f"link/{table}"))
    connection.execute(_link_record(contracts))
    for step in STEPS:
        connection.execute(sql(f"link/{step}"))
    _pinyin_table(connection)
    for step in ("match", "leader", "choice", "cluster"):
        connection.execute(sql(f"link/{step}"))
    last = count(connection, "SELECT coalesce(max(number), 0) FROM prior_number")
    connection.execute(sql("link/person", last_number=last))
    connection.execute(sql("link/role"))
    connection.execute(sql("link/person_record"))
    connection.execute(sql("link/person_former"))
    connection.execute(sql("link/person_change", release=quoted(release)))


def prepare_comparisons(connection: duckdb.DuckDBPyConnection) -> None:
    """Macros that compare names, and ``person_id``."""
    with (OWN / "codes" / "name_variants.csv").open(encoding="utf-8") as file:
        pairs = [(row["variant"], row["standard"]) for row in csv.DictReader(file)]
    variants, standards = ("".join(characters) for characters in zip(*pairs, strict=True))
    connection.execute(sql("link/names", variants=variants, standards=standards))
    connection.execute(sql("link/person_id"))


def _link_record(contracts: Contracts) -> str:
    """One row per role of a record, with what identifies the person in it."""
    owner = contracts.catalogue.datum("id_number").owner
    roles = [_role(d, p, n, d.id == owner) for d in contracts.datasets for n, p in enumerate(d.persons)]
    return "CREATE OR REPLACE TABLE link_record AS SELECT row_number() OVER () AS record_id, * FROM (" + " UNION ALL ".join(roles) + ")"


def _role(dataset: Dataset, person: PersonOfRow, number: int, is_owner: bool) -> str:
    def column(datum: str, otherwise: str) -> str:
        supply = person.data.get(datum)
        return supply.column if supply and supply.column else otherwise

    name = column("name", "NULL::VARCHAR")
    return (
        f"SELECT {quoted(dataset.department)} AS department, {quoted(dataset.name)} AS dataset, {quoted(person.role)} AS role,"
        f" record_no, record_key, batch_date, is_current, source_no * 10000000000 + line * 10 + {number} AS position,"
        f" {column('id_number', 'NULL::VARCHAR')} AS number, {person.former_id_number or 'NULL::VARCHAR'} AS former_number,"
        f" name_key({name}) AS name_key, name_key({column('former_name', 'NULL::VARCHAR')}) AS former_name_key,"
        f" {_note(person, dataset, 'name')} IS NOT DISTINCT FROM 'lossy' AS is_lossy,"
        f" {column('birth_date', 'NULL::DATE')} AS birth_date, {str(is_owner).lower()} AS is_owner"
        f" FROM record_{dataset.table} WHERE {present(dataset, person)}"
    )


def _note(person: PersonOfRow, dataset: Dataset, datum: str) -> str:
    supply = person.data.get(datum)
    return f"{supply.column}__note" if supply and supply.column else "NULL"


def present(dataset: Dataset, person: PersonOfRow) -> str:
    """SQL: whether the row speaks of this role at all, that is, whether a column of this role alone is not blank."""
    if len(dataset.persons) == 1:
        return "true"
    others = {s.column for p in dataset.persons if p.role != person.role for s in p.data.values()}
    own = sorted({s.column for s in person.data.values() if s.column} - others - {None})
    return "(" + " OR ".join(f"{c} IS NOT NULL OR {c}__missing <> 'blank'" for c in own) + ")"


def _pinyin_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Readings of the names that are compared with one another; homophones are the commonest slip of a typist."""
    names = connection.execute(
        "SELECT DISTINCT name_key FROM link_signature WHERE name_key IS NOT NULL AND signature_id IN"
        " (SELECT signature_id FROM link_candidate UNION SELECT anchor_id FROM link_candidate)"
    ).fetchall()
    readings = [" ".join(lazy_pinyin(name, style=Style.NORMAL)) for (name,) in names]
    connection.execute(
        "CREATE OR REPLACE TABLE link_pinyin AS SELECT unnest($names::VARCHAR[]) AS name_key, unnest($readings::VARCHAR[]) AS pinyin",
        {"names": [name for (name,) in names], "readings": readings},
    )
