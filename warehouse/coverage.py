"""How much of each form the departments already fill, over everybody who would use it.

With the truth of a made-up county beside it, also how much of that is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Contracts, Datum, Form
from warehouse.clock import today
from warehouse.connection import open_read_only
from warehouse.dossier import in_part_sql
from warehouse.doubts import doubts_sql
from warehouse.faults import RenkouError, WrongUseError
from warehouse.form_sql import (
    FieldSql,
    Tables,
    attachment_sql,
    field_sql,
    reads_no_datum,
    relatives_used,
    users_sql,
    whole_days,
)
from warehouse.kin import KEY, kin_sql
from warehouse.lookup import release_of
from warehouse.places import division_names
from warehouse.quoting import identifier

TRUTH = Tables(persons="true_person", relatives="true_relative", kin="true_kin_")
PUBLISHED = Tables(persons="whole_person", relatives="whole_person")
AS_IT_STANDS = Tables(persons="any_person", relatives="any_person")
"""A day known in part stands as the first that it may be: to tell whose matter a form is, that is better than nothing."""
NOTHING_IN_PART = "(SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR[] AS imprecise, NULL::VARCHAR[] AS to_the_month WHERE false)"


@dataclass(frozen=True)
class FieldCoverage:
    """Over the users of a form to whom a field applies: how many have it ``filled``, by whom, and what is left.

    ``owner`` counts what the owner of each datum says, ``disputed`` what another department reports otherwise. With the
    truth: ``right``, and ``wrong_owner``, wrong though shown as the owner's undisputed value and not so reported by the
    owner. ``proposed`` is what only the applicant could say, and is filled in to be confirmed: of it the truth knows no more than
    the data that the proposal was made of.
    """

    name: str
    label: str
    applies: int
    filled: int
    owner: int
    disputed: int
    proposed: int
    right: int | None = None
    wrong_owner: int | None = None

    @property
    def left(self) -> int:
        return self.applies - self.filled


@dataclass(frozen=True)
class FormCoverage:
    """A form over its ``users``; ``documents`` it would ask of all of them, of which ``saved`` need not be asked."""

    form: str
    title: str
    users: int
    fields: tuple[FieldCoverage, ...]
    documents: int
    saved: int

    def total(self, name: str) -> int:
        """The sum of a count over the fields."""
        return sum(getattr(field, name) or 0 for field in self.fields)


@dataclass(frozen=True)
class Coverage:
    """All forms. ``asked_twice``: what two forms or more leave open for somebody; ``asked_twice_after``: of these, what
    would be asked again though it was answered in one of them."""

    release_id: str
    filled_on: date
    forms: tuple[FormCoverage, ...]
    asked_twice: tuple[str, ...]
    asked_twice_after: tuple[str, ...]

    def total(self, name: str) -> int:
        return sum(form.total(name) for form in self.forms)


def coverage(
    database: Path, contracts: Contracts, names: Iterable[str] = (), truth: Path | None = None, filled_on: date | None = None
) -> Coverage:
    """Measure the forms ``names`` (all of them when none is named) over the release ``database``.

    ``truth`` is the folder of a made-up county's truth. The forms are filled in on ``filled_on``, by default the day of the
    release. Raises WrongUseError for an unknown form.
    """
    forms = _chosen(contracts, tuple(names))
    with open_read_only(database, beside_others=True) as connection:
        release = release_of(connection)
        day = filled_on or release.as_of or today()
        lay_out(connection, contracts, forms, truth)
        measured = tuple(_measure(connection, contracts, form, day, truth is not None) for form in forms)
    topics = _left_open(contracts, measured)
    twice = {topic: open_in for topic, open_in in topics.items() if len(open_in) > 1}
    again = tuple(sorted(label for (topic, label) in twice if topic is None))
    return Coverage(release.release_id, day, measured, tuple(sorted({t or label for t, label in twice})), again)


def _chosen(contracts: Contracts, names: tuple[str, ...]) -> tuple[Form, ...]:
    known = {form.id: form for form in contracts.forms}
    if unknown := [name for name in names if name not in known]:
        raise WrongUseError(f"no form is called {unknown[0]!r}; there are: {', '.join(known)}")
    return tuple(known[name] for name in names) or contracts.forms


def _left_open(contracts: Contracts, measured: tuple[FormCoverage, ...]) -> dict[tuple[str | None, str], set[str]]:
    """In which forms each thing is left to ask; a thing without a name is known by its label alone."""
    forms = {form.id: form for form in contracts.forms}
    found: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for form in measured:
        fields = {field.name: field for field in forms[form.form].fields}
        for field in form.fields:
            topic = fields[field.name].topic
            if field.left:
                found[(topic, "" if topic else field.label)].add(form.form)
    return found


# --- the tables beside the persons --------------------------------------------------------------------------------


def lay_out(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, forms: tuple[Form, ...], truth: Path | None = None
) -> None:
    """Make the temporary tables that the forms' SQL reads beside the persons. Raises RenkouError for an older release."""
    held = {row[0] for row in connection.execute("DESCRIBE person").fetchall()}
    if newer := [d.name for d in contracts.catalogue.data if d.name not in held]:
        raise RenkouError(f"the release has no {', '.join(newer)}; build one with the present catalogue")
    connection.execute(
        f"CREATE TEMP TABLE registers AS SELECT {KEY}, list(DISTINCT department || '/' || dataset) AS registers"
        f" FROM person_record GROUP BY {KEY}"
    )
    connection.execute("CREATE TEMP TABLE division (code VARCHAR, province VARCHAR, prefecture VARCHAR, county VARCHAR, name VARCHAR)")
    names = division_names(contracts.divisions)
    listed = {part: [found.get(part) for found in names.values()] for part in ("province", "prefecture", "county", "name")}
    connection.execute(
        "INSERT INTO division SELECT unnest($code), unnest($province), unnest($prefecture), unnest($county), unnest($name)",
        {"code": list(names), **listed},
    )
    connection.execute(f"CREATE TEMP TABLE in_part AS {in_part_sql(contracts)}")
    connection.execute(f"CREATE TEMP VIEW whole_person AS {whole_days(contracts, 'person', 'in_part')}")
    connection.execute(f"CREATE TEMP VIEW any_person AS {whole_days(contracts, 'person', NOTHING_IN_PART)}")
    for relative in relatives_used(forms, contracts):
        connection.execute(f"CREATE TEMP TABLE kin_{relative.id} AS {kin_sql(relative, contracts)}")
    if truth is not None:
        _lay_out_truth(connection, contracts, forms, truth)
    misreported = "SELECT person_id, list(DISTINCT datum) AS misreported FROM misreport GROUP BY ALL"
    nobody = "SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR[] AS misreported WHERE false"
    connection.execute(
        f"CREATE TEMP TABLE marks AS WITH said AS (SELECT {KEY}, datum, standing, disagreeing > 0 AS disputed FROM person_datum"
        f" WHERE standing <> 'owner' OR disagreeing > 0 UNION ALL SELECT {KEY}, datum, NULL, true FROM ({doubts_sql(contracts)})),"
        f" wrong AS ({misreported if truth is not None else nobody})"
        f" SELECT {KEY}, list(DISTINCT datum) FILTER (standing = 'fallback') AS fallback,"
        " list(DISTINCT datum) FILTER (standing = 'declared') AS declared, list(DISTINCT datum) FILTER (disputed) AS disputed,"
        f" any_value(misreported) AS misreported FROM said FULL JOIN wrong USING ({KEY}) GROUP BY {KEY}"
    )


def _lay_out_truth(connection: duckdb.DuckDBPyConnection, contracts: Contracts, forms: tuple[Form, ...], truth: Path) -> None:
    """The true persons under the ids of the release: a person is whose records it has most of. A datum of which the truth says nothing, as
    of a department that was added, stands as it is published and speaks for and against nobody.
    """
    connection.execute(
        "CREATE TEMP TABLE truly AS SELECT person_id, true_id FROM (SELECT person_id, true_id, count(*) AS entries"
        " FROM person_record JOIN read_parquet($links) AS l USING (department, dataset, record_key, role)"
        " WHERE l.expected = 'accepted' AND true_id IS NOT NULL GROUP BY ALL)"
        " QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY entries DESC, true_id) = 1",
        {"links": str(truth / "link.parquet")},
    )
    connection.execute(
        "CREATE TEMP TABLE foremost AS SELECT true_id, min_by(person_id, (-entries, person_id)) AS person_id FROM"
        " (SELECT true_id, person_id, count(*) AS entries FROM truly JOIN person_record USING (person_id) GROUP BY ALL) GROUP BY true_id"
    )
    persons = f"read_parquet('{str(truth / 'person.parquet').replace(chr(39), chr(39) * 2)}')"
    held = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {persons}").fetchall()}
    ties = [d for d in contracts.catalogue.data if d.type == "person" and d.name in held]
    joins = " ".join(f"LEFT JOIN foremost AS f_{d.name} ON f_{d.name}.true_id = t.{identifier(d.name)}" for d in ties)
    data = ", ".join(_true_datum(d, held) for d in contracts.catalogue.data)
    connection.execute(
        f"CREATE TEMP TABLE true_known AS SELECT truly.person_id, {data} FROM truly JOIN {persons} AS t USING (true_id)"
        f" JOIN whole_person AS p ON p.person_id = truly.person_id {joins}"
    )
    connection.execute(f"CREATE TEMP VIEW true_person AS {whole_days(contracts, 'true_known', NOTHING_IN_PART)}")
    connection.execute("CREATE TEMP TABLE true_relative AS SELECT * FROM true_person SEMI JOIN foremost USING (person_id)")
    for relative in relatives_used(forms, contracts):
        kin = kin_sql(relative, contracts, TRUTH.persons, TRUTH.relatives)
        connection.execute(f"CREATE TEMP TABLE true_kin_{relative.id} AS {kin}")
    connection.execute(
        "CREATE TEMP TABLE misreport AS SELECT DISTINCT person_id, datum FROM truly JOIN read_parquet($errors) AS e USING (true_id)",
        {"errors": str(truth / "reported_error.parquet")},
    )


def _true_datum(datum: Datum, held: set[str]) -> str:
    name = identifier(datum.name)
    if datum.name not in held:
        return f"p.{name}"
    if datum.type == "person":
        return f"f_{datum.name}.person_id AS {name}"
    return f"CAST(t.{name} AS {datum.sql_type}) AS {name}"


# --- one form -----------------------------------------------------------------------------------------------------


def answer(connection: duckdb.DuckDBPyConnection, contracts: Contracts, form: Form, day: date) -> tuple[FieldSql, ...]:
    """Make the temporary table ``form_answer``: one row per user, for the n-th field ``text_n``, ``applies_n`` and so on."""
    fields = tuple(field_sql(form, field, contracts) for field in form.fields)
    users = _users(connection, contracts, form)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE form_user AS {users}", {"filled_on": day})
    columns = [column for place, field in enumerate(fields) for column in _answered(field, place)]
    columns += [
        f"coalesce({attachment_sql(a.unnecessary_when, contracts)}, false) AS spared_{place}"
        for place, a in enumerate(form.attachments)
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE form_answer AS SELECT {', '.join([KEY, *columns])} FROM form_user")
    return fields


def _users(connection: duckdb.DuckDBPyConnection, contracts: Contracts, form: Form) -> str:
    """SQL: one row per user with days that are known whole, whoever is one by the days as they stand."""
    (in_part,) = connection.execute("SELECT count(*) FROM in_part").fetchone() or (0,)
    if not in_part:
        return users_sql(form, contracts, PUBLISHED, form.users)
    users = users_sql(form, contracts, AS_IT_STANDS, form.users)
    return users_sql(form, contracts, PUBLISHED, f"{KEY} IN (SELECT {KEY} FROM ({users}))")


def _measure(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, form: Form, day: date, with_truth: bool
) -> FormCoverage:
    fields = answer(connection, contracts, form, day)
    if with_truth:
        _answer_truly(connection, contracts, form, day)
    documents = len(form.attachments)
    counts = ["count(*)", *(f"count(*) FILTER (spared_{place})" for place in range(documents))]
    counts += [f"count(*) FILTER ({test})" for place in range(len(fields)) for test in _counted(place, with_truth)]
    joined = f"form_answer AS f {f'LEFT JOIN true_answer AS t USING ({KEY})' if with_truth else ''}"
    users, *found = connection.execute(f"SELECT {', '.join(counts)} FROM {joined}").fetchone() or (0,)
    saved, rest = sum(found[:documents]), found[documents:]
    width = len(_counted(0, with_truth))
    told = (
        FieldCoverage(f.field.name, f.field.label, *rest[place * width : (place + 1) * width])
        for place, f in enumerate(fields)
    )
    return FormCoverage(form.id, form.title, users, tuple(told), users * documents, saved)


def _answered(field: FieldSql, place: int) -> list[str]:
    stands = {mark: f"coalesce(({test}), false)" for mark, test in field.stands.items()}
    is_owner = "false" if field.field.asked or reads_no_datum(field.field) else f"NOT ({stands['fallback']} OR {stands['declared']})"
    return [
        f"({field.applies}) AS applies_{place}",
        f"({field.text}) AS text_{place}",
        f"({is_owner}) AS owner_{place}",
        f"{stands['disputed']} AS disputed_{place}",
        f"{stands['misreported']} AS misreported_{place}",
        f"({field.proposed}) AS proposed_{place}",
    ]


def _answer_truly(connection: duckdb.DuckDBPyConnection, contracts: Contracts, form: Form, day: date) -> None:
    """The same form filled in from the truth for the same users."""
    users = users_sql(form, contracts, TRUTH, f"{KEY} IN (SELECT {KEY} FROM form_user)")
    fields = [field_sql(form, field, contracts, truth=True) for field in form.fields]
    columns = [f"({f.applies}) AS applies_{place}, ({f.text}) AS text_{place}" for place, f in enumerate(fields)]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE true_answer AS SELECT {', '.join([KEY, *columns])} FROM ({users})", {"filled_on": day}
    )


def _counted(place: int, with_truth: bool) -> list[str]:
    filled = f"f.applies_{place} AND f.text_{place} IS NOT NULL"
    counted = [f"f.applies_{place}", filled, f"{filled} AND f.owner_{place}", f"{filled} AND f.disputed_{place}"]
    counted += [f"{filled} AND f.proposed_{place}"]
    if not with_truth:
        return counted
    same = f"f.text_{place} IS NOT DISTINCT FROM t.text_{place}"
    firm = f"f.owner_{place} AND NOT f.disputed_{place} AND NOT f.misreported_{place}"
    return [*counted, f"{filled} AND {same}", f"{filled} AND {firm} AND NOT ({same})"]
