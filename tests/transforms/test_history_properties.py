"""Whatever changes from day to day, history tells of each day what was published on it, and what was then known of the days before."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from contracts.model import Contracts
from tests.support.release import rows
from transforms.history import history_build, person_history_view
from transforms.prepare import prepare_build
from transforms.release import release_beside
from transforms.sql_files import sql
from transforms.unifying.views import published_value_view
from warehouse.connection import scratch

REGISTER = "police/resident"
PEOPLE = 60
FIRST = date(2026, 11, 20)
# One day is missing, and two are released again.
RELEASES = [(FIRST + timedelta(day), number) for day, number in ((0, 1), (1, 1), (1, 2), (3, 1), (4, 1), (4, 2))]
DAYS = sorted({day for day, _ in RELEASES})
# A datum that is lasting, one of which the register states since when it holds, one that is neither; and two that no source changes: all
# are children, whose mothers go by another id when they are merged or split.
DATA = {"sex": "VARCHAR", "hukou_status": "VARCHAR", "name": "VARCHAR", "mother": "BIGINT", "birth_date": "DATE"}
SETTLED = {"mother", "birth_date"}
DATED, ALWAYS = "hukou_status", "name"
PASSED_ON = "sex"  # said by one source today and by another tomorrow
Value = tuple[Any, date | None, date]


class County:
    """Persons and what is said of them: value, since when it holds, day of the record; it changes at random."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.people: dict[int, dict[str, Value]] = {}
        self.changes: list[tuple[str, str, str | None, str]] = []
        self.highest = 0

    def go_on(self, day: date, release_id: str) -> None:
        for said in self.people.values():
            for datum in (d for d in DATA if d not in SETTLED):
                if self.chance.random() < 0.3:
                    self._say(said, datum, day)
        for _ in range(0 if self.people else PEOPLE):
            self._befell(self._new({d: self._value(d, day) for d in DATA}), "created", None, release_id)
        one, other, gone, torn = self.chance.sample(sorted(self.people), 4)
        del self.people[one], self.people[gone]
        self._befell(one, "merged", other, release_id)
        self._befell(gone, "retired", None, release_id)
        part = {datum: value for datum, value in self.people[torn].items() if self.chance.random() < 0.5}
        new = self._new(part | {"birth_date": self.people[torn]["birth_date"]})
        self._befell(new, "split", torn, release_id)
        goes_by = {one: other, torn: new}
        for said in self.people.values():
            if "mother" in said:
                said["mother"] = (goes_by.get(said["mother"][0], said["mother"][0]), *said["mother"][1:])

    def _say(self, said: dict[str, Value], datum: str, day: date) -> None:
        said[datum] = self._value(datum, day)
        if datum != ALWAYS and self.chance.random() < 0.3:
            del said[datum]

    def _value(self, datum: str, day: date) -> Value:
        since = self.chance.choice([None, *(day + timedelta(days) for days in (-30, -3, -2, -1, 0, 2))])
        settled = {"mother": 1 + self.chance.randrange(PEOPLE), "birth_date": "2020-02-29"}
        value = settled.get(datum, str(self.chance.randrange(3)))
        return value, since if datum == DATED else None, day - timedelta(self.chance.randrange(-1, 4))

    def _new(self, said: dict[str, Value]) -> int:
        self.highest += 1
        self.people[self.highest] = said
        return self.highest

    def _befell(self, person: int, kind: str, other: int | None, release_id: str) -> None:
        self.changes.append((person_id(person), kind, other and person_id(other), release_id))


def person_id(number: int) -> str:
    return f"P{number:012d}"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, own_contracts: Contracts) -> dict[str, Path]:
    """The releases of a county that changes at random, by their ids."""
    folder, county = tmp_path_factory.mktemp("history"), County(seed=1)
    named = tuple(datum for datum in own_contracts.catalogue.data if datum.name in DATA)
    catalogue = own_contracts.catalogue.model_copy(update={"data": named})
    contracts = own_contracts.model_copy(update={"catalogue": catalogue, "datasets": (own_contracts.dataset(REGISTER),)})
    files: dict[str, Path] = {}
    for day, number in RELEASES:
        before, release_id = list(files.values())[-1:], f"{day:%Y%m%d}-{number:02d}"
        county.go_on(day, release_id)
        files[release_id] = folder / f"{release_id}.duckdb"
        with scratch() as connection, release_beside(connection, files[release_id]):
            _put(connection, contracts, county, day)
            for file in before:
                connection.execute(f"ATTACH '{file}' AS before (READ_ONLY)")
                connection.execute("INSERT INTO prior_release BY NAME FROM before.release")
            history_build(connection, contracts, day, release_id, bool(before))
            connection.execute("CREATE TABLE released.release AS SELECT release_id, as_of FROM prior_release")
            connection.execute("INSERT INTO released.release VALUES (?, ?)", [release_id, day])
            whom = "unnest([person_id, other_person_id]) AS person_id"
            connection.execute(f"CREATE TABLE released.person_change AS SELECT {whom}, kind FROM person_change")
        with duckdb.connect(str(files[release_id])) as file:
            for view in (sql("link/person_id"), published_value_view(contracts), person_history_view()):
                file.execute(view)
    return files


def _put(connection: duckdb.DuckDBPyConnection, contracts: Contracts, county: County, day: date) -> None:
    """What linking and unifying leave for the history: persons, the records behind their values, changes of identity."""
    connection.execute(sql("link/person_id"))
    connection.execute(sql("release/nothing_before"))
    connection.execute(sql("order/nothing_before"))
    prepare_build(connection, contracts, [], day)
    connection.execute("CREATE TABLE person_change AS FROM prior_person_change")
    connection.executemany("INSERT INTO person_change (person_id, kind, other_person_id, release_id) VALUES (?, ?, ?, ?)", county.changes)
    connection.execute("CREATE TABLE link_role (department VARCHAR, dataset VARCHAR, role VARCHAR, record_no BIGINT, person_no BIGINT)")
    connection.execute("CREATE TABLE said (person_no BIGINT, datum VARCHAR, value VARCHAR, since DATE, dated DATE, record_no BIGINT)")
    told = [(person, datum, *value) for person, said in county.people.items() for datum, value in said.items()]
    connection.executemany("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?)", [(*row, no) for no, row in enumerate(told)])
    (table,) = (dataset.table for dataset in contracts.datasets)
    connection.execute(f"INSERT INTO record_{table} BY NAME SELECT record_no, dated AS updated_at, dated AS batch_date FROM said")
    columns = ", ".join(
        f"max(value) {there}::{kind} AS {datum}, max({source}) {there}::UTINYINT AS {datum}__source, max(record_no) {there} AS {datum}__no,"
        f" 0 AS {datum}__agreeing, 0 AS {datum}__disagreeing, false AS {datum}__is_owner, max(since) {there} AS {datum}__on"
        for datum, kind in DATA.items()
        for there, source in [(f"FILTER (WHERE datum = '{datum}')", "record_no % 2" if datum == PASSED_ON else "0")]
    )
    connection.execute(
        f"CREATE TABLE released.unify_person AS SELECT person_no, person_id(person_no) AS person_id, {columns} FROM said GROUP BY person_no"
    )


def _last_of(day: date, released: dict[str, Path]) -> Path:
    return released[max(release_id for release_id in released if release_id.startswith(f"{day:%Y%m%d}"))]


@pytest.fixture(scope="module")
def last(released: dict[str, Path]) -> Path:
    return list(released.values())[-1]


@pytest.mark.parametrize("day", DAYS)
def test_history_tells_of_a_day_what_was_published_on_it(day: date, released: dict[str, Path], last: Path) -> None:
    told = "SELECT person_id, datum, value, department, dataset, standing FROM"
    published = rows(_last_of(day, released), f"{told} published_value ORDER BY ALL")
    assert len(published) > PEOPLE
    moment = f"DATE '{day}' >= coalesce({{0}}_from, DATE '{day}') AND DATE '{day}' < coalesce({{0}}_to, DATE '9999-12-31')"
    held = f"{told} person_history WHERE {moment.format('known')} AND {moment.format('valid')} ORDER BY ALL"
    assert rows(last, held) == published


@pytest.mark.parametrize("day", DAYS)
def test_history_tells_what_was_known_on_a_day_of_those_before(day: date, released: dict[str, Path], last: Path) -> None:
    told = "SELECT person_id, datum, value, valid_from, valid_to FROM person_history WHERE {} ORDER BY ALL"
    then = rows(_last_of(day, released), told.format("known_to IS NULL"))
    assert rows(last, told.format(f"known_from <= DATE '{day}' AND coalesce(known_to > DATE '{day}', true)")) == then


def test_of_a_day_no_two_values_are_known_and_no_span_is_empty(last: Path) -> None:
    spans = (
        "SELECT row_number() OVER () AS number, person_id, datum, coalesce(valid_from, DATE '0001-01-01') AS vf,"
        " coalesce(valid_to, DATE '9999-12-31') AS vt, known_from AS kf, coalesce(known_to, DATE '9999-12-31') AS kt FROM person_history"
    )
    meet = "a.number < b.number AND a.vf < b.vt AND b.vf < a.vt AND a.kf < b.kt AND b.kf < a.kt"
    assert rows(last, f"WITH spans AS ({spans}) FROM spans AS a JOIN spans AS b USING (person_id, datum) WHERE {meet}") == []
    assert rows(last, f"FROM ({spans}) WHERE vf >= vt OR kf >= kt") == []
    ended = "SELECT count(*) FROM person_history WHERE valid_to IS NOT NULL AND known_to IS NULL"
    assert rows(last, ended) > [(30,)]


def test_between_two_values_there_is_no_hole(last: Path) -> None:
    """Where one ends another one begins, of a datum that is always told of persons who stay who they are."""
    stay = "SELECT person_id FROM person_change GROUP BY person_id HAVING list(kind) = ['created']"
    known = f"SELECT * FROM person_history WHERE datum = '{ALWAYS}' AND known_to IS NULL AND person_id IN ({stay})"
    told = "SELECT person_id, {0} FROM (" + known + ") WHERE {0} IS NOT NULL ORDER BY ALL"
    assert rows(last, told.format("valid_to")) == rows(last, told.format("valid_from")) != []
