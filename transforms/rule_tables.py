"""What rules of contradiction read: one documented set of tables over a build, made from the contracts.

A rule asks by what is told (``rule_said_death_date``, ``rule_event``) and never by who tells it, so that a dataset which comes
or goes reaches the rules by its contract alone. Columns: ``contracts.checks.sql.rule_tables``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import duckdb

from contracts.checks.sql import in_order, tables_named
from contracts.model import HOUSEHOLD_TELLS, Contracts, Dataset, Datum, PersonOfRow, Rule, RuleView
from transforms.normalising.columns import NOTED
from transforms.sql_files import sql
from transforms.unifying.said import day_of, known, role_join, sql_type, supplied_value, when_holds
from transforms.unifying.views import origin_of, standing_of
from warehouse.faults import RenkouError
from warehouse.quoting import literal, literals

PARTS = ("SELECT NULL::BIGINT AS person_no, NULL::VARCHAR AS dataset, NULL::VARCHAR AS role, NULL::BIGINT AS record_no,"
         " NULL::VARCHAR AS record_key, ")


def prepare_rule_tables(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, day: date, contract_views: Iterable[RuleView]
) -> None:
    """Make ``rule_*``, of the contracts' views these alone, and the view ``unify_person`` of the attached release file ``released`` that
    they read. Needs ``record_*``, ``link_role``, ``link_continued`` and ``unify_*`` of the build.

    Raises RenkouError for a view that reads well and cannot be run.
    """
    connection.execute("CREATE OR REPLACE TEMP VIEW unify_person AS FROM released.unify_person")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE rule_day AS SELECT DATE {literal(day.isoformat())} AS as_of")
    connection.execute(sql("reconcile/rule_division", divisions=literal(contracts.divisions)))
    for name, query in _views(contracts):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
    views = {view.table: view for view in contract_views}
    for name in in_order({name: tables_named(view.sql) for name, view in views.items()}):
        _run(connection, f"rules/views/{views[name].id}.yaml", f"CREATE OR REPLACE TEMP TABLE {name} AS {views[name].sql}")


def views_asked(rules: Iterable[Rule], contracts: Contracts) -> list[RuleView]:
    """The contracts' views that these rules read, and those that they read in turn."""
    views = {view.table: view for view in contracts.rule_views}
    wanted = [name for rule in rules for name in tables_named(rule.sql)]
    asked: dict[str, RuleView] = {}
    while wanted:
        name = wanted.pop()
        if name in views and name not in asked:
            asked[name] = views[name]
            wanted += tables_named(views[name].sql)
    return list(asked.values())


def run_rule(connection: duckdb.DuckDBPyConnection, rule: Rule, query: str) -> None:
    """Execute a query made of a rule's SQL. Raises RenkouError for SQL that reads well and cannot be run."""
    _run(connection, f"rules/{rule.id}.yaml", query)


def _run(connection: duckdb.DuckDBPyConnection, file: str, query: str) -> None:
    """Only of what the engine refuses before it reads a row are its words told: later they may quote a person's value."""
    try:
        connection.execute(query)
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise RenkouError(f"{file}: sql: cannot be run: {str(error).splitlines()[0]}; mend it, then run again") from error
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
        raise RenkouError(f"{file}: sql: a value is not of the type that it is taken for; use TRY_CAST, or quote a code") from error


def publish_views(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Make the tables that a release shows of what rules ask."""
    for view in contracts.rule_views:
        if view.published_as:
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {view.published_as} AS"
                f" SELECT person_id(person_no) AS person_id, * EXCLUDE (person_no) FROM {view.table}"
            )


def _views(contracts: Contracts) -> Iterator[tuple[str, str]]:
    yield "rule_person", _person(contracts)
    yield "rule_record", _record()
    for datum in contracts.catalogue.data:
        yield f"rule_said_{datum.name}", _said(datum, contracts)
    yield "rule_event", _event(contracts)
    yield "rule_tie", _tie(contracts)
    yield "rule_household", _household(contracts)
    yield "rule_lesser", _lesser(contracts)
    yield "rule_number_before", _number_before()
    yield "rule_quarantine", _quarantine(contracts)


def _person(contracts: Contracts) -> str:
    data = contracts.catalogue.data
    columns = ", ".join(
        f"{d.name}, {origin_of(d)} AS {d.name}__from, {d.name}__no, {standing_of(d)} AS {d.name}__standing" for d in data
    )
    return f"SELECT person_no, {columns} FROM unify_person"


def _record() -> str:
    return "SELECT person_no, department || '/' || dataset AS dataset, role, record_no, record_key, batch_date, is_current FROM link_role"


def _said(datum: Datum, contracts: Contracts) -> str:
    parts = [f"{PARTS} NULL::{sql_type(datum)} AS value, NULL::VARCHAR AS note, NULL::VARCHAR AS voice WHERE false"]
    for dataset in contracts.datasets:
        parts += [_said_by(dataset, person, datum, contracts) for person in dataset.persons if datum.name in person.data]
        if dataset.household and datum.name in HOUSEHOLD_TELLS:
            role = dataset.persons[0].role
            parts.append(
                f"{_who(dataset, role)}, kin.{datum.name}, NULL, {_voice(dataset, datum)} {_of(dataset, role)}"
                f" JOIN unify_household__{dataset.table} AS kin ON kin.record_no = r.record_no"
                f" WHERE r.is_current AND kin.{datum.name} IS NOT NULL"
            )
    return " UNION ALL ".join(parts)


def _said_by(dataset: Dataset, person: PersonOfRow, datum: Datum, contracts: Contracts) -> str:
    supply = person.data[datum.name]
    value = known(datum, supplied_value(dataset, supply, datum), contracts)
    partner = f" {role_join(dataset, supply.role, f'role_{supply.role}', 'JOIN')}" if supply.role else ""
    has_note = supply.column and dataset.column(supply.column).normaliser in NOTED
    note = f"r.{supply.column}__note" if has_note else "NULL"
    return (
        f"{_who(dataset, person.role)}, {value}, {note}, {_voice(dataset, datum)}"
        f" {_of(dataset, person.role)}{partner}"
        f" WHERE r.is_current AND {when_holds(supply.when, 'r.')} AND {value} IS NOT NULL"
    )


def _voice(dataset: Dataset, datum: Datum) -> str:
    """SQL: the name that datasets share which take the datum from one another."""
    return literal(next((group[0] for group in datum.copies if dataset.id in group), dataset.id))


def _who(dataset: Dataset, role: str) -> str:
    return f"SELECT who.person_no, {literal(dataset.id)} AS dataset, {literal(role)} AS role, r.record_no, r.record_key"


def _of(dataset: Dataset, role: str) -> str:
    return f"FROM record_{dataset.table} AS r {role_join(dataset, role, 'who', 'JOIN')}"


def _event(contracts: Contracts) -> str:
    """What has happened by the day of the build, as in the table ``event`` of a release; what lies ahead contradicts nothing yet."""
    parts = [f"{PARTS} NULL::VARCHAR AS kind, NULL::DATE AS occurred_on WHERE false"]
    for dataset in contracts.datasets:
        for event in dataset.events:
            parts += [
                f"{_who(dataset, role)}, {literal(event.kind)}, {day_of(dataset, event.date)} {_of(dataset, role)}"
                f" WHERE r.is_current AND r.{event.date} IS NOT NULL AND {when_holds(event.when, 'r.')}"
                for role in event.roles
            ]
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE occurred_on <= (SELECT as_of FROM rule_day)"


def _tie(contracts: Contracts) -> str:
    parts = [f"{PARTS} NULL::VARCHAR AS kind, NULL::BIGINT AS other_no WHERE false"]
    for dataset in contracts.datasets:
        for tie in dataset.relations:
            holds = f"r.is_current AND {when_holds(tie.when, 'r.')} AND who.person_no <> other.person_no"
            parts += [
                f"{_who(dataset, one)}, {literal(kind)}, other.person_no {_of(dataset, one)}"
                f" {role_join(dataset, other, 'other', 'JOIN')} WHERE {holds}"
                for kind, one, other in ((tie.kind, tie.from_, tie.to), (tie.inverse, tie.to, tie.from_))
            ]
    return " UNION ALL ".join(parts)


def _household(contracts: Contracts) -> str:
    parts = [f"{PARTS} NULL::VARCHAR AS household, NULL::VARCHAR AS relation, NULL::VARCHAR AS kin WHERE false"]
    for dataset in contracts.datasets:
        if home := dataset.household:
            role = dataset.persons[0].role
            codes = literal(contracts.crosswalk(dataset.column(home.relation).crosswalk or "").to)
            parts.append(
                f"{_who(dataset, role)}, r.{home.number}, r.{home.relation}, k.kin {_of(dataset, role)}"
                f" LEFT JOIN unify_kin AS k ON k.code = r.{home.relation} AND k.list = {codes}"
                f" WHERE r.is_current AND r.{home.number} IS NOT NULL"
            )
    return " UNION ALL ".join(parts)


def _lesser(contracts: Contracts) -> str:
    places = [(datum.name, place, source) for datum in contracts.catalogue.data for place, source in enumerate(datum.sources)]
    sources = ", ".join(f"({literal(name)}, {place}, {literal(source)})" for name, place, source in places)
    return (
        "SELECT person_no, datum, dataset, record_no, less, value"
        f" FROM unify_lesser JOIN (VALUES {sources}) AS source (datum, place, dataset) USING (datum, place)"
    )


def _number_before() -> str:
    return (
        "SELECT r.person_no, r.department || '/' || r.dataset AS dataset, r.role, r.record_no, r.record_key, c.told, c.number"
        " FROM link_continued AS c JOIN link_role AS r USING (department, dataset, role, record_no) WHERE r.is_current"
    )


def _quarantine(contracts: Contracts) -> str:
    owned = {d.id: [datum.name for datum in contracts.catalogue.data if datum.owner == d.id] for d in contracts.datasets}
    told = ", ".join(
        f"({literal(d.id)}, {d.delivery.mode == 'full'}, [{literals(owned[d.id])}]::VARCHAR[])" for d in contracts.datasets
    )
    return sql("reconcile/rule_quarantine", datasets=f"(VALUES {told})")
