"""What a dataset says of each person: one row per person that it speaks of, each datum in the record that speaks for it."""

from __future__ import annotations

from contracts.model import HOUSEHOLD_TELLS, Contracts, Dataset, Datum, PersonOfRow, Supply, When
from transforms.sql_files import sql
from warehouse.quoting import literal


def when_holds(when: When, prefix: str = "") -> str:
    """SQL for a contract's ``when``: each named column has one of the values."""
    tests = []
    for column, values in when.items():
        wanted = [values] if isinstance(values, str) else values
        tests.append(f"{prefix}{column} IN ({', '.join(literal(v) for v in wanted)})")
    return " AND ".join(tests) or "true"


def supplied(dataset: Dataset, contracts: Contracts) -> list[Datum]:
    """The data of the catalogue that this dataset may publish or check."""
    named = {name for person in dataset.persons for name in person.data}
    if dataset.household:
        named |= HOUSEHOLD_TELLS
    return [d for d in contracts.catalogue.data if d.name in named and dataset.id in (*d.sources, *d.checked_by)]


def sql_type(datum: Datum) -> str:
    """The type of a datum within a build, where another person is a number."""
    return "BIGINT" if datum.type == "person" else datum.sql_type


def dated(contracts: Contracts) -> frozenset[str]:
    """Names of the data of which some source states since when they hold."""
    people = [person for dataset in contracts.datasets for person in dataset.persons]
    return frozenset(name for person in people for name, supply in person.data.items() if supply.since)


def day_of(dataset: Dataset, column: str, prefix: str = "r.") -> str:
    """SQL: the day that a column tells, the first of a month."""
    is_month = dataset.column(column).normaliser == "month"
    return f"strptime({prefix}{column}, '%Y%m')::DATE" if is_month else f"{prefix}{column}::DATE"


def source_table(dataset: Dataset, contracts: Contracts) -> str:
    """Most persons have one record in a dataset, so only those with several are ordered and grouped."""
    data = supplied(dataset, contracts)
    rows = " UNION ALL ".join(_role_rows(dataset, person, data, contracts) for person in dataset.persons)
    return sql(
        "unify/source",
        table=dataset.table,
        department=literal(dataset.department),
        dataset=literal(dataset.name),
        rows=rows,
        only=", ".join(["is_about", *(_only(datum, datum.name in dated(contracts)) for datum in data)]),
        picked=", ".join(["bool_or(is_about) AS is_about", *(_pick(datum, datum.name in dated(contracts)) for datum in data)]),
    )


def _moment(dataset: Dataset, updated: str) -> str:
    """A column that orders versions as a moment; the number of a version keeps its order as one."""
    return f"r.{updated}::TIMESTAMP" if dataset.updated_at else f"make_timestamp(r.{updated})"


def _role_rows(dataset: Dataset, person: PersonOfRow, data: list[Datum], contracts: Contracts) -> str:
    values = ", ".join(f"{_said(dataset, person, datum, contracts)} AS {datum.name}" for datum in data)
    values += f", {'true' if person == dataset.persons[0] else 'false'} AS is_about"
    values += "".join(f", {_since(dataset, person, d)} AS {d.name}__on" for d in data if d.name in dated(contracts))
    updated = dataset.delivery.updated
    partners = dict.fromkeys(s.role for s in person.data.values() if s.role)
    joins = "".join(_partner_join(dataset, role) for role in partners)
    if dataset.household:
        joins += f" LEFT JOIN unify_household__{dataset.table} AS kin ON kin.record_no = r.record_no"
    return (
        f"SELECT who.person_no, r.record_no, r.record_key, {literal(person.role)} AS role, r.batch_date,"
        f" {f'r.{person.newest_by}::TIMESTAMP' if person.newest_by else 'NULL::TIMESTAMP'} AS newest,"
        f" {_moment(dataset, updated) if updated else 'NULL::TIMESTAMP'} AS updated,"
        f" {_yields(person)} AS is_yielding, {values}"
        f" FROM record_{dataset.table} AS r {role_join(dataset, person.role, 'who', 'JOIN')}{joins} WHERE r.is_current"
    )


def _yields(person: PersonOfRow) -> str:
    return f"coalesce({when_holds(person.yields, 'r.')}, false)" if person.yields else "false"


def role_join(dataset: Dataset, role: str, alias: str, kind: str) -> str:
    """SQL: a record of ``dataset``, ``r``, with the person of one of its roles."""
    return (
        f"{kind} (SELECT record_no, person_no FROM link_role WHERE department = {literal(dataset.department)}"
        f" AND dataset = {literal(dataset.name)} AND role = {literal(role)}) AS {alias} ON {alias}.record_no = r.record_no"
    )


def _partner_join(dataset: Dataset, role: str) -> str:
    return " " + role_join(dataset, role, f"role_{role}", "LEFT JOIN")


def _said(dataset: Dataset, person: PersonOfRow, datum: Datum, contracts: Contracts) -> str:
    supply = person.data.get(datum.name)
    if supply is None and dataset.household and datum.name in HOUSEHOLD_TELLS:
        return f"kin.{datum.name}"
    if supply is None:
        return f"NULL::{sql_type(datum)}"
    value = known(datum, supplied_value(dataset, supply, datum), contracts)
    return f"CASE WHEN {when_holds(supply.when, 'r.')} THEN {value} END" if supply.when else value


def _since(dataset: Dataset, person: PersonOfRow, datum: Datum) -> str:
    supply = person.data.get(datum.name)
    return day_of(dataset, supply.since) if supply and supply.since else "NULL::DATE"


def known(datum: Datum, value: str, contracts: Contracts) -> str:
    """SQL: the value, unless it is a code that says that nothing is known."""
    if datum.codes is None or datum.type == "set":
        return value
    unknown = ", ".join(literal(c.code) for c in contracts.code_list(datum.codes).codes if c.unknown)
    return f"CASE WHEN {value} NOT IN ({unknown}) THEN {value} END" if unknown else value


def supplied_value(dataset: Dataset, supply: Supply, datum: Datum) -> str:
    """SQL: what a record ``r`` tells of a datum; a set of one where the column holds a single member."""
    if supply.role or not supply.column:
        return f"role_{supply.role}.person_no"
    value = f"r.{supply.column}"
    if datum.type == "set" and dataset.column(supply.column).normaliser != "set":
        return f"CASE WHEN {value} IS NOT NULL THEN [{value}] END"
    return value


def _only(datum: Datum, is_dated: bool) -> str:
    """What the one record of a person says."""
    name = datum.name
    value = f"list_sort(list_distinct({name}))" if datum.pick == "union" else name
    day = f"{name}__on" if datum.pick == "newest_record" else f"CASE WHEN {name} IS NOT NULL THEN {name}__on END"
    since = f", {day} AS {name}__on" if is_dated else ""
    return f"{value} AS {name}, CASE WHEN {name} IS NOT NULL THEN record_no END AS {name}__no{since}"


def _pick(datum: Datum, is_dated: bool) -> str:
    name = datum.name
    there = f"FILTER (WHERE {name} IS NOT NULL)"
    record = f"arg_max(record_no, recency) {there} AS {name}__no"
    since = f", arg_max_null({name}__on, recency) {there} AS {name}__on" if is_dated else ""
    if datum.pick == "union":
        return f"list_sort(list_distinct(flatten(list({name}) {there}))) AS {name}, {record}{since}"
    if datum.pick == "earliest":
        return f"min({name}) AS {name}, arg_min(record_no, ({name}, recency)) {there} AS {name}__no{since}"
    if datum.pick == "newest_record":
        value = f"arg_max_null({name}, recency)"
        since = since.replace(there, "")
        return f"{value} AS {name}, CASE WHEN {value} IS NOT NULL THEN arg_max(record_no, recency) END AS {name}__no{since}"
    return f"arg_max({name}, recency) {there} AS {name}, {record}{since}"


def source_record_table(contracts: Contracts) -> str:
    """SQL for ``source_record`` of the attached release file ``released``: one row per record of every dataset, with its key and batch."""
    rows = " UNION ALL ".join(
        f"SELECT {literal(d.department)} AS department, {literal(d.name)} AS dataset, record_no, record_key, batch_date"
        f" FROM record_{d.table}"
        for d in contracts.datasets
    )
    return f"CREATE OR REPLACE TABLE released.source_record AS {rows}"
