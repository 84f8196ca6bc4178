"""One source per datum: what each dataset says of a person, and what is published by the catalogue's order of authority.

``unify_source__<department>__<dataset>``: one row per person that the dataset speaks of, each datum in the record that
speaks for it. ``unify_person``: one row per person, each datum with the place of its source in the catalogue's order,
the record it came from, and how many of the other sources agree. ``person`` and ``person_datum`` are views on it.
"""

from __future__ import annotations

import duckdb

from contracts.model import Contracts, Dataset, Datum, PersonOfRow, RelationOfRow, Supply, When
from transforms.sql_files import quoted, sql
from warehouse.lookup import DECLARED_BY

# In the place of a source: what a citizen declared in a form, where no source has a value.
DECLARED = 254
KIN_DATA = ("mother", "father", "spouse")


def unify_build(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``unify_*``, ``source_record`` and ``relation``. Needs ``record_*`` and ``link_role``.

    ``unify_person``, ``source_record`` and ``relation`` are written into the attached release file ``released``, the first and the last in
    order of person.
    """
    _code_kin(connection, contracts)
    for dataset in contracts.datasets:
        if dataset.household:
            connection.execute(_household_ties(dataset, contracts))
    for dataset in contracts.datasets:
        if supplied(dataset, contracts):
            connection.execute(_source_table(dataset, contracts))
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(_person_table(contracts))
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(_source_record_table(contracts))
    connection.execute(_relation_table(contracts))


def when_holds(when: When, prefix: str = "") -> str:
    """SQL for a contract's ``when``: each named column has one of the values."""
    tests = []
    for column, values in when.items():
        wanted = [values] if isinstance(values, str) else values
        tests.append(f"{prefix}{column} IN ({', '.join(quoted(v) for v in wanted)})")
    return " AND ".join(tests) or "true"


# --- what a dataset says ----------------------------------------------------------------------------------------


def supplied(dataset: Dataset, contracts: Contracts) -> list[Datum]:
    """The data of the catalogue that this dataset may publish or check."""
    named = {name for person in dataset.persons for name in person.data}
    if dataset.household:
        named |= set(KIN_DATA)
    return [d for d in contracts.catalogue.data if d.name in named and dataset.id in (*d.sources, *d.checked_by)]


def sql_type(datum: Datum) -> str:
    return "BIGINT" if datum.type == "person" else datum.sql_type


def dated(contracts: Contracts) -> frozenset[str]:
    """Names of the data of which some source states since when they hold."""
    people = [person for dataset in contracts.datasets for person in dataset.persons]
    return frozenset(name for person in people for name, supply in person.data.items() if supply.since)


def day_of(dataset: Dataset, column: str, prefix: str = "r.") -> str:
    """SQL: the day that a column tells, the first of a month."""
    is_month = dataset.column(column).normaliser == "month"
    return f"strptime({prefix}{column}, '%Y%m')::DATE" if is_month else f"{prefix}{column}::DATE"


def _source_table(dataset: Dataset, contracts: Contracts) -> str:
    """Most persons have one record in a dataset, so only those with several are ordered and grouped."""
    data = supplied(dataset, contracts)
    rows = " UNION ALL ".join(_role_rows(dataset, person, data, contracts) for person in dataset.persons)
    return sql(
        "unify/source",
        table=dataset.table,
        department=quoted(dataset.department),
        dataset=quoted(dataset.name),
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
        f"SELECT who.person_no, r.record_no, r.record_key, {quoted(person.role)} AS role, r.batch_date,"
        f" {f'r.{person.newest_by}::TIMESTAMP' if person.newest_by else 'NULL::TIMESTAMP'} AS newest,"
        f" {_moment(dataset, updated) if updated else 'NULL::TIMESTAMP'} AS updated, {values}"
        f" FROM record_{dataset.table} AS r {role_join(dataset, person.role, 'who', 'JOIN')}{joins} WHERE r.is_current"
    )


def role_join(dataset: Dataset, role: str, alias: str, kind: str) -> str:
    """SQL: a record of ``dataset``, ``r``, with the person of one of its roles."""
    return (
        f"{kind} (SELECT record_no, person_no FROM link_role WHERE department = {quoted(dataset.department)}"
        f" AND dataset = {quoted(dataset.name)} AND role = {quoted(role)}) AS {alias} ON {alias}.record_no = r.record_no"
    )


def _partner_join(dataset: Dataset, role: str) -> str:
    return " " + role_join(dataset, role, f"role_{role}", "LEFT JOIN")


def _said(dataset: Dataset, person: PersonOfRow, datum: Datum, contracts: Contracts) -> str:
    supply = person.data.get(datum.name)
    if supply is None and dataset.household and datum.name in KIN_DATA:
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
    unknown = ", ".join(quoted(c.code) for c in contracts.code_list(datum.codes).codes if c.unknown)
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


# --- what is published ------------------------------------------------------------------------------------------


def available(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """The datasets that may be published for a datum, in order of authority, that do supply it."""
    datasets = {d.id: d for d in contracts.datasets}
    return [datasets[name] for name in datum.sources if name in datasets and datum in supplied(datasets[name], contracts)]


def _checking(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """All datasets whose copy is compared with what is published."""
    return [d for d in contracts.datasets if datum in supplied(d, contracts)]


def agrees(datum: Datum, one: str, other: str) -> str:
    """SQL: whether two values of a datum say the same."""
    if datum.type == "name":
        return f"CASE WHEN {one} = {other} THEN true ELSE name_key({one}) = name_key({other}) END"
    if datum.type == "address":
        return (
            f"CASE WHEN {one} = {other} THEN true"
            f" ELSE ends_with({one}, address_key({other})) OR ends_with({other}, address_key({one})) END"
        )
    if datum.agrees_on:
        return f"left({one}, {datum.agrees_on}) = left({other}, {datum.agrees_on})"
    return f"{one} = {other}"


def _person_table(contracts: Contracts) -> str:
    """All data of a person side by side; ``<datum>__source`` is the place in the order of authority, from 0, the owner."""
    datasets = [d for d in contracts.datasets if supplied(d, contracts)]
    joins = " ".join(f"LEFT JOIN unify_source__{d.table} AS {d.table} USING (person_no)" for d in datasets)
    columns = [column for datum in contracts.catalogue.data for column in _published(datum, contracts)]
    verdicts = [column for datum in contracts.catalogue.data for column in _compared(datum, contracts)]
    counts = [column for datum in contracts.catalogue.data for column in _agreement(datum, contracts)]
    keep = [c for d in contracts.catalogue.data for c in published_columns(d, contracts)]
    return (
        "CREATE OR REPLACE TABLE released.unify_person AS"
        " WITH everyone AS (SELECT person_no FROM link_person ORDER BY person_no), published AS ("
        f"SELECT person_no, {', '.join(columns)}, {_checked_values(contracts)} FROM everyone {joins}), compared AS ("
        f"SELECT person_no, {', '.join([*keep, *verdicts])} FROM published)"
        f" SELECT person_no, person_id(person_no) AS person_id, {', '.join([*keep, *counts])} FROM compared"
    )


def published_columns(datum: Datum, contracts: Contracts) -> list[str]:
    """What ``unify_person`` says of a datum, save how many agree."""
    name = datum.name
    more = [f"{name}__is_owner"] if datum.phase else []
    more += [f"{name}__on"] if name in dated(contracts) else []
    return [name, f"{name}__source", f"{name}__no", *more]


def _checked_values(contracts: Contracts) -> str:
    pairs = [(datum, d) for datum in contracts.catalogue.data for d in _checking(datum, contracts)]
    return ", ".join(f"{d.table}.{datum.name} AS {d.table}__{datum.name}" for datum, d in pairs)


def _published(datum: Datum, contracts: Contracts) -> list[str]:
    name = datum.name
    sources = available(datum, contracts)
    if not sources:
        return [f"NULL::{sql_type(datum)} AS {name}", f"NULL::UTINYINT AS {name}__source", f"NULL::BIGINT AS {name}__no"]
    speaks = _order_of_authority(datum, sources)

    def first(answer: str) -> str:
        told = ((there, answer.format(t=d.table, x=name, n=datum.sources.index(d.id))) for d, there in speaks)
        return "CASE " + " ".join(f"WHEN {there} THEN {value}" for there, value in told) + " END"

    columns = [
        f"{first('{t}.{x}')} AS {name}",
        f"CAST({first('{n}')} AS UTINYINT) AS {name}__source",
        f"{first('{t}.{x}__no')} AS {name}__no",
    ]
    if datum.phase:
        early = _early(datum) if any(d.id == datum.phase.owner for d in sources) else "false"
        columns.append(f"{early} AND {name}__source = {datum.sources.index(datum.phase.owner)} AS {name}__is_owner")
    if name in dated(contracts):
        columns.append(f"{first('{t}.{x}__on')} AS {name}__on")
    return columns


def _order_of_authority(datum: Datum, sources: list[Dataset]) -> list[tuple[Dataset, str]]:
    """The sources, most authoritative first, each with SQL for whether it speaks."""
    order = [(d, f"{d.table}.{datum.name} IS NOT NULL") for d in sources]
    if datum.phase:
        early = [(d, f"{there} AND {_early(datum)}") for d, there in order if d.id == datum.phase.owner]
        order = [*order[:1], *early, *order[1:]] if sources[0].id == datum.owner else [*early, *order]
    return order


def _early(datum: Datum) -> str:
    """SQL: whether the person is still in the phase of life in which another dataset answers: for those whom its rows are about."""
    assert datum.phase is not None
    until, owner = (name.replace("/", "__") for name in (datum.phase.until, datum.phase.owner))
    return f"({until}.person_no IS NULL AND {owner}.is_about)"


def _copies(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """The datasets that may disagree with what is published; the owner's own copy is published wherever there is one."""
    return [d for d in _checking(datum, contracts) if d.id != datum.owner]


def _compared(datum: Datum, contracts: Contracts) -> list[str]:
    """For each copy: whether it agrees; NULL where it is itself published or says nothing."""
    columns = []
    for dataset in _copies(datum, contracts):
        copy = f"{dataset.table}__{datum.name}"
        there = f"{copy} IS NOT NULL AND NOT ({_speaks(datum, dataset.id)})"
        columns.append(f"CASE WHEN {there} THEN {agrees(datum, copy, datum.name)} END AS {copy}__agrees")
    return columns


def _agreement(datum: Datum, contracts: Contracts) -> list[str]:
    """Of the sources that do not speak here but have a value: how many agree, how many do not.

    Sources that copy from one another agree once at most, and not at all with a value of their own group.
    """
    voices: dict[tuple[str, ...], list[str]] = {}
    against = []
    for dataset in _copies(datum, contracts):
        verdict = f"{dataset.table}__{datum.name}__agrees"
        group = next((g for g in datum.copies if dataset.id in g), (dataset.id,))
        voices.setdefault(group, []).append(f"coalesce({verdict}, false)")
        against.append(f"coalesce(NOT {verdict}, false)::INTEGER")
    yes = " + ".join(_voice(datum, group, agreeing) for group, agreeing in voices.items()) or "0"
    no = " + ".join(against) or "0"
    published = f"{datum.name}__source IS NOT NULL"
    return [
        f"CAST(CASE WHEN {published} THEN {yes} END AS UTINYINT) AS {datum.name}__agreeing",
        f"CAST(CASE WHEN {published} THEN {no} END AS UTINYINT) AS {datum.name}__disagreeing",
    ]


def _speaks(datum: Datum, dataset_id: str) -> str:
    return f"{datum.name}__source = {datum.sources.index(dataset_id)}" if dataset_id in datum.sources else "false"


def _voice(datum: Datum, group: tuple[str, ...], agreeing: list[str]) -> str:
    own = [f"({_speaks(datum, name)})" for name in group if len(group) > 1 and name in datum.sources]
    others = f" AND NOT ({' OR '.join(own)})" if own else ""
    return f"(({' OR '.join(agreeing)}){others})::INTEGER"


def _shown(datum: Datum) -> str:
    return f"person_id({datum.name}) AS {datum.name}" if datum.type == "person" else datum.name


def person_view(contracts: Contracts) -> str:
    """The view ``person`` on ``unify_person``; it needs the macro ``person_id``."""
    columns = ", ".join(_shown(datum) for datum in contracts.catalogue.data)
    return f"CREATE OR REPLACE VIEW person AS SELECT person_id, {columns} FROM unify_person"


def _source_record_table(contracts: Contracts) -> str:
    rows = " UNION ALL ".join(
        f"SELECT {quoted(d.department)} AS department, {quoted(d.name)} AS dataset, record_no, record_key, batch_date FROM record_{d.table}"
        for d in contracts.datasets
    )
    return f"CREATE OR REPLACE TABLE released.source_record AS {rows}"


def published_value_view(contracts: Contracts) -> str:
    """The view ``published_value`` on ``unify_person``: one row per published value."""
    return f"CREATE OR REPLACE VIEW published_value AS {published_values(contracts, 'unify_person')}"


def person_datum_view(contracts: Contracts) -> str:
    """The view ``person_datum`` on ``unify_person``, ``source_record``, and answers that are of no datum (``declared_answer``)."""
    by = [quoted(part) for part in DECLARED_BY.split("/")]
    return (
        "CREATE OR REPLACE VIEW person_datum AS SELECT p.person_id, p.datum, p.value, p.department, p.dataset, s.record_key,"
        f" s.batch_date, p.standing, p.agreeing, p.disagreeing FROM ({published_values(contracts, 'unify_person')}) AS p"
        " LEFT JOIN source_record AS s USING (department, dataset, record_no)"
        f" UNION ALL SELECT a.person_id, a.datum, a.value, {by[0]}, {by[1]}, s.record_key, s.batch_date, 'declared', 0, 0"
        f" FROM declared_answer AS a JOIN source_record AS s ON (s.department, s.dataset) = ({by[0]}, {by[1]})"
        " AND s.record_no = a.record_no"
    )


def origin_of(datum: Datum) -> str:
    """SQL: the dataset whose value of the datum is published."""
    origins = " ".join(f"WHEN {place} THEN {quoted(source)}" for place, source in enumerate(datum.sources))
    return f"CASE {datum.name}__source {origins} WHEN {DECLARED} THEN {quoted(DECLARED_BY)} END"


def standing_of(datum: Datum) -> str:
    """SQL: whether the published value is the owner's, of this phase of life, a fallback's or declared."""
    early = f" OR {datum.name}__is_owner" if datum.phase else ""
    is_owner = f"{datum.name}__source = 0{early}"
    source = f"{datum.name}__source"
    return (
        f"CASE WHEN {is_owner} THEN 'owner' WHEN {source} = {DECLARED} THEN 'declared'"
        f" WHEN {source} IS NOT NULL THEN 'fallback' END"
    )


def published_values(contracts: Contracts, table: str) -> str:
    """SQL: the values of ``unify_person``, or of some of its rows, one a row; ``valid_on`` is since when it holds, where a source says."""
    is_dated = dated(contracts)
    return " UNION ALL ".join(_datum_rows(datum, table, datum.name in is_dated) for datum in contracts.catalogue.data)


def _datum_rows(datum: Datum, table: str, is_dated: bool) -> str:
    """A published datum's origin; lists are written as ["a", "b"], ties as the other person's id."""
    name = datum.name
    value = {"set": f"to_json({name})::VARCHAR", "person": f"person_id({name})"}.get(datum.type, f"{name}::VARCHAR")
    source = origin_of(datum)
    return (
        f"SELECT person_id, {quoted(name)} AS datum, {value} AS value,"
        f" split_part({source}, '/', 1) AS department, split_part({source}, '/', 2) AS dataset, {name}__no AS record_no,"
        f" {standing_of(datum)} AS standing,"
        f" {name}__agreeing::INTEGER AS agreeing, {name}__disagreeing::INTEGER AS disagreeing,"
        f" {f'{name}__on' if is_dated and not datum.lasting else 'NULL::DATE'} AS valid_on"
        f" FROM {table} WHERE {name}__source IS NOT NULL"
    )


# --- households, ties -------------------------------------------------------------------------------------------


def _code_kin(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """What each code of a relation to the head makes of its bearer: head, spouse, child or parent."""
    kin = [(c.id, code.code, code.kin) for c in contracts.code_lists for code in c.codes if code.kin]
    connection.execute("CREATE OR REPLACE TABLE unify_kin (list VARCHAR, code VARCHAR, kin VARCHAR)")
    connection.executemany("INSERT INTO unify_kin VALUES (?, ?, ?)", kin)


def _household_ties(dataset: Dataset, contracts: Contracts) -> str:
    assert dataset.household is not None
    person = dataset.persons[0]
    crosswalk = dataset.column(dataset.household.relation).crosswalk or ""
    return sql(
        "unify/household",
        table=dataset.table,
        department=quoted(dataset.department),
        dataset=quoted(dataset.name),
        role=quoted(person.role),
        number=dataset.household.number,
        relation=dataset.household.relation,
        codes=quoted(contracts.crosswalk(crosswalk).to),
        sex=person.data["sex"].column,
        id_number=f"r.{person.data['id_number'].column}" if "id_number" in person.data else "NULL::VARCHAR",
    )


def _relation_table(contracts: Contracts) -> str:
    """Ties both ways. A tie that is a datum too is shown as it is published: of two mothers whom two sources name, one."""
    ties = {d.name for d in contracts.catalogue.data if d.type == "person"}
    parts = [
        "SELECT NULL::BIGINT AS person_no, NULL::VARCHAR AS kind, NULL::BIGINT AS other_no, NULL::VARCHAR AS department,"
        " NULL::VARCHAR AS dataset, NULL::VARCHAR AS record_key, NULL::VARCHAR AS datum,"
        " NULL::BIGINT AS holder_no, NULL::BIGINT AS value_no"
        " WHERE false"
    ]
    for d in contracts.datasets:
        parts += [_tie(d, tie, ties) for tie in d.relations]
        if d.household:
            parts.append(sql("unify/household_relation", table=d.table, department=quoted(d.department), dataset=quoted(d.name)))
    owners = {name: quoted(contracts.catalogue.datum(name).owner) for name in ties}
    return sql(
        "unify/relation",
        told=" UNION ALL ".join(parts),
        of_holder=_by_datum({name: f"holder.{name}" for name in ties}),
        of_value=_by_datum({name: f"other.{name}" for name in ties}),
        owner=_by_datum(owners),
    )


def _by_datum(answers: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {quoted(name)} THEN {answer}" for name, answer in sorted(answers.items()))
    return f"CASE datum {cases} END" if cases else "NULL"


def _tie(dataset: Dataset, tie: RelationOfRow, ties: set[str]) -> str:
    """What a row states of two persons, in both directions."""
    department, name = quoted(dataset.department), quoted(dataset.name)
    datum = quoted(tie.kind) if tie.kind in ties else "NULL"
    return (
        f"SELECT unnest([one.person_no, other.person_no]), unnest([{quoted(tie.kind)}, {quoted(tie.inverse)}]),"
        f" unnest([other.person_no, one.person_no]), {department}, {name}, r.record_key, {datum}, one.person_no, other.person_no"
        f" FROM record_{dataset.table} AS r {role_join(dataset, tie.from_, 'one', 'JOIN')} {role_join(dataset, tie.to, 'other', 'JOIN')}"
        f" WHERE r.is_current AND {when_holds(tie.when, 'r.')} AND one.person_no <> other.person_no"
    )
