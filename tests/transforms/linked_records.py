"""Cases that say of whom each record speaks: their records, one build for all of them, and what came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml

from contracts.model import Contracts, Dataset
from transforms.declarations import declare, prepare_declarations
from transforms.events import told_events
from transforms.link import prepare_comparisons
from transforms.prepare import prepare_build
from transforms.reconcile import reconcile_build
from transforms.release import release_beside
from transforms.sql_files import sql
from transforms.unify import unify_build
from transforms.unifying.views import person_datum_view, person_view
from transforms.withhold import withhold
from warehouse.connection import scratch
from warehouse.home import Home

Case = dict[str, Any]
DAY = date(2026, 11, 20)
FOLDER = Path(__file__).parent / "cases"


def cases_of(name: str) -> list[Case]:
    found: list[Case] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


@dataclass
class Told:
    """The tables of a build with the people of the cases behind the ids."""

    people: dict[tuple[int, str], int] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def number(self, at: int, label: str) -> int:
        return self.people.setdefault((at, label), len(self.people) + 1)

    def id(self, at: int, label: str | None) -> str | None:
        return None if label is None else f"P{self.number(at, label):012d}"

    def label(self, person_id: str | None) -> str | None:
        return next((label for (_, label), n in self.people.items() if person_id == f"P{n:012d}"), person_id)

    def of(self, table: str, at: int) -> list[dict[str, Any]]:
        """Rows of a table about a case's people."""
        ids = {f"P{n:012d}" for (case, _), n in self.people.items() if case == at}
        return [row for row in self.tables[table] if row["person_id"] in ids]


def built(cases: list[Case], contracts: Contracts, day: date = DAY, prior: list[tuple[str, date, date]] = ()) -> Told:  # type: ignore[assignment]
    """Unify and reconcile all cases at once; ``prior`` are discrepancies that the release before knew."""
    told = Told()
    with scratch() as connection:
        connection.execute(sql("release/nothing_before"))
        connection.execute(sql("order/nothing_before"))
        connection.execute("CREATE TABLE person_change AS FROM prior_person_change")
        for known in prior:
            connection.execute("INSERT INTO prior_discrepancy VALUES (?, ?, ?)", known)
        prepare_build(connection, contracts, [], DAY)
        prepare_comparisons(connection)
        connection.execute(
            "CREATE TABLE link_role (department VARCHAR, dataset VARCHAR, role VARCHAR, record_no BIGINT, record_key VARCHAR,"
            " batch_date DATE, is_current BOOLEAN, person_no BIGINT, method VARCHAR, probability DOUBLE)"
        )
        connection.execute(
            "CREATE TABLE link_continued (department VARCHAR, dataset VARCHAR, role VARCHAR, record_no BIGINT,"
            " told VARCHAR, number VARCHAR)"
        )
        for dataset in contracts.datasets:
            _insert(connection, dataset, cases, told)
            _keep_out(connection, dataset, cases)
        for now, before in (pair for case in cases for pair in case.get("stated", ())):
            connection.execute("INSERT INTO stated_number VALUES (?, ?)", [now, before])
        connection.execute("CREATE TABLE link_person AS SELECT DISTINCT person_no FROM link_role")
        connection.execute(sql("link/person_record", precision="NULL"))
        with TemporaryDirectory() as folder, release_beside(connection, Path(folder) / "release.duckdb"):
            unify_build(connection, contracts)
            prepare_declarations(connection, Home(Path(folder)), contracts)
            declare(connection, contracts)
            withhold(connection, contracts, day)
            for table in ("declared_answer", "relation", "date_precision"):
                connection.execute(f"CREATE VIEW {table} AS FROM released.{table}")
            told_events(connection, contracts, day)
            connection.execute("CREATE TEMP VIEW event AS FROM event_told")
            _changed(connection, cases, told)
            reconcile_build(connection, contracts, day, "r1")
            connection.execute(person_view(contracts))
            connection.execute(person_datum_view(contracts))
            _read(connection, told)
    return told


def _changed(connection: duckdb.DuckDBPyConnection, cases: list[Case], told: Told) -> None:
    """Since when a published value is known, where a case says that it changed."""
    connection.execute(
        "CREATE TABLE released.history_since (person_id VARCHAR, datum VARCHAR, valid_from DATE, known_from DATE)"
    )
    for at, case in enumerate(cases):
        for who, datum, known_from in case.get("changed", ()):
            connection.execute(
                "INSERT INTO released.history_since VALUES (?, ?, NULL, ?)", [told.id(at, who), datum, known_from]
            )


def _read(connection: duckdb.DuckDBPyConnection, told: Told) -> None:
    for table in ("person", "person_datum", "relation", "event", "discrepancy", "life_status"):
        cursor = connection.execute(f"FROM {table}")
        names = [column[0] for column in cursor.description or ()]
        told.tables[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(connection: duckdb.DuckDBPyConnection, dataset: Dataset, cases: list[Case], told: Told) -> None:
    """The dataset's rows of all cases; keys and households are a case's own, a key that is not given is made up."""
    for number, (at, row) in enumerate(_rows(dataset, cases), start=1):
        who = row.pop("who")
        if dataset.household and (household := row.get(dataset.household.number)):
            row[dataset.household.number] = f"{at}:{household}"
        before = row.pop("number_before", None)
        roles = who if isinstance(who, dict) else {dataset.persons[0].role: who}
        key = f"{at}:{row.pop('record_key', f'#{number}')}"
        common = {"record_no": number, "source_no": 1, "line": number, "record_key": key, "batch_date": DAY}
        values = common | {"is_current": True} | row
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        connection.execute(f"INSERT INTO record_{dataset.table} ({names}) VALUES ({marks})", list(values.values()))
        if before:
            of = [dataset.department, dataset.name, dataset.persons[0].role, number]
            connection.execute("INSERT INTO link_continued VALUES (?, ?, ?, ?, ?, ?)", [*of, row["id_number__told"], before])
        for role, label in roles.items():
            connection.execute(
                "INSERT INTO link_role VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'same_number', 1.0)",
                [dataset.department, dataset.name, role, number, key, DAY, values["is_current"], told.number(at, label)],
            )


def _keep_out(connection: duckdb.DuckDBPyConnection, dataset: Dataset, cases: list[Case]) -> None:
    """The dataset's rows in quarantine of all cases, each as its text; a household in it is the case's own."""
    of = (dataset.department, dataset.name)
    connection.execute("INSERT INTO batch BY NAME SELECT ? AS department, ? AS dataset, ? AS batch_date, 'accepted' AS status", [*of, DAY])
    for at, case in enumerate(cases):
        for raw in case.get("quarantine", {}).get(dataset.id, ()):
            connection.execute(
                "INSERT INTO quarantine BY NAME SELECT ? AS department, ? AS dataset, ? AS batch_date, 'unfit' AS reason, ? AS raw",
                [*of, DAY, raw.format(case=at)],
            )


def _rows(dataset: Dataset, cases: list[Case]) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, case in enumerate(cases):
        for row in case["rows"].get(dataset.id, ()):
            yield at, dict(row)
