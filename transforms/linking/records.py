"""What each record tells of the person in each of its roles, for linking: one table of all datasets, from the contracts."""

from __future__ import annotations

from contracts.model import PARENTS, Context, Contracts, Dataset, PersonOfRow, Supply
from transforms.normalising.columns import NOTHING, TOLD
from transforms.unifying.said import when_holds
from warehouse.quoting import literal, literals

SAY_NOTHING = literals(NOTHING)
# The persons of one row are numbered below this.
PERSONS_A_ROW = 100


def link_name(contracts: Contracts) -> str:
    """SQL for ``link_name``: one row per name that any record tells, with its key; a county has fewer names than records."""
    told = [
        f"SELECT {_value(person.data.get('name'))} AS name FROM record_{dataset.table} AS r"
        for dataset in contracts.datasets
        for person in dataset.persons
    ]
    return (
        "CREATE OR REPLACE TEMP TABLE link_name AS SELECT name, name_key(name) AS name_key"
        f" FROM (SELECT DISTINCT name FROM ({' UNION ALL '.join(told)}) WHERE name IS NOT NULL)"
    )


def link_record(contracts: Contracts) -> str:
    """SQL for ``link_record``: one row per role of a record, with what identifies the person in it. Needs ``link_name``."""
    owner = contracts.catalogue.datum("id_number").owner
    roles = [
        _role(contracts, dataset, person, place) for dataset in contracts.datasets for place, person in enumerate(dataset.persons)
    ]
    decided = " UNION ".join(
        f"SELECT {side}_department, {side}_dataset, {side}_record_key, {side}_role FROM link_decision WHERE withdrawn_at IS NULL"
        for side in ("left", "right")
    )
    return (
        "CREATE OR REPLACE TABLE link_record AS SELECT *,"
        f" department || '/' || dataset = {literal(owner)} AS is_owner,"
        f" (department, dataset, record_key, role) IN ({decided}) AS is_decided FROM ({' UNION ALL '.join(roles)})"
    )


def _role(contracts: Contracts, dataset: Dataset, person: PersonOfRow, place: int) -> str:
    name = _value(person.data.get("name"))
    contexts = ", ".join(f"{_context(person, context)} AS {context.name}" for context in contracts.linking.contexts)
    home = dataset.household
    household = f"CASE WHEN is_current THEN {literal(dataset.id + '/')} || {home.number} END" if home else "NULL::VARCHAR"
    own_row = "record_no" if len(dataset.persons) > 1 else "NULL::BIGINT"
    return (
        f"SELECT {literal(dataset.department)} AS department, {literal(dataset.name)} AS dataset, {literal(person.role)} AS role,"
        f" record_no * {PERSONS_A_ROW} + {place} AS record_id, record_no, record_key, batch_date, is_current,"
        f" {_value(person.data.get('id_number'))} AS number, {person.former_id_number or 'NULL::VARCHAR'} AS former_number,"
        f" {_told(dataset, person)} AS told,"
        f" named_key AS name_key, name_key({_value(person.data.get('former_name'))}) AS former_name_key,"
        f" {_note(person, 'name')} IS NOT DISTINCT FROM 'lossy' AS is_lossy,"
        f" birth_with_number({_value(person.data.get('birth_date'), 'DATE')}, {_value(person.data.get('id_number'))}) AS birth_date,"
        f" {_known(contracts, person, 'sex')} AS sex,"
        f" {_register_key(person)} AS register_key, {household} AS household, {own_row} AS own_row,"
        f" CASE WHEN {str(person.one_row_a_person).lower()} AND is_current THEN {literal(f'{dataset.id}/{person.role}')} END AS stands_in,"
        f" {_told(dataset, person, 'name')} AS called, {_parents(dataset, person)} AS parents, {contexts}"
        f" FROM record_{dataset.table} AS r LEFT JOIN link_name AS named (named, named_key) ON named = {name}"
        f" WHERE {present(dataset, person)}"
    )


def _value(supply: Supply | None, kind: str = "VARCHAR") -> str:
    if supply is None or not supply.column:
        return f"NULL::{kind}"
    return f"CASE WHEN {when_holds(supply.when, 'r.')} THEN r.{supply.column} END" if supply.when else f"r.{supply.column}"


def _known(contracts: Contracts, person: PersonOfRow, datum: str) -> str:
    """SQL: the code, NULL where it says that nothing is known."""
    agreed = contracts.datum(datum)
    codes = contracts.code_list(agreed.codes).codes if agreed and agreed.codes else ()
    unknown = ", ".join(literal(code.code) for code in codes if code.unknown)
    value = _value(person.data.get(datum))
    return f"CASE WHEN {value} NOT IN ({unknown}) THEN {value} END" if unknown else value


def _told(dataset: Dataset, person: PersonOfRow, datum: str = "id_number") -> str:
    supply = person.data.get(datum)
    if supply is None or not supply.column or dataset.column(supply.column).normaliser not in TOLD:
        return "NULL::VARCHAR"
    return f"{supply.column}__told"


def _parents(dataset: Dataset, person: PersonOfRow) -> str:
    """SQL: a list of the names of father and mother, as the row tells them or as somebody without a name is called after one."""
    roles = [tie.to for tie in dataset.relations if tie.from_ == person.role and tie.kind in PARENTS]
    names = [f"name_key({_value(dataset.role(role).data.get('name'))})" for role in roles]
    names.append(f"name_key(parent_called({_told(dataset, person, 'name')}))")
    return _listed(names)


def _note(person: PersonOfRow, datum: str) -> str:
    supply = person.data.get(datum)
    return f"{supply.column}__note" if supply and supply.column else "NULL"


def _register_key(person: PersonOfRow) -> str:
    key = person.register_key
    if key is None:
        return "NULL::VARCHAR"
    return f"CASE WHEN {when_holds(key.when, 'r.')} THEN {literal(key.space + '/')} || r.{key.column} END"


def _context(person: PersonOfRow, context: Context) -> str:
    """SQL: a list of all that the record tells in this context."""
    values = [f"({_value(person.data[name])})::VARCHAR" for name in context.data if name in person.data]
    if context.name in person.contexts:
        values.append(f"r.{person.contexts[context.name]}")
    if context.tail:
        values = [f"right({value}, {context.tail})" for value in values]
    return _listed(values)


def _listed(values: list[str]) -> str:
    """SQL: a list of the values that are there, NULL without any. Most rows have none, and making lists is dear."""
    if not values:
        return "NULL::VARCHAR[]"
    one = f"[{values[0]}]" if len(values) == 1 else f"list_distinct([{', '.join(values)}])"
    return f"CASE WHEN coalesce({', '.join(values)}) IS NOT NULL THEN {one} END"


def present(dataset: Dataset, person: PersonOfRow) -> str:
    """SQL: whether the row speaks of this role at all: of several roles, whether a column of this one alone says something, and not 无 or
    不详, of which nobody can tell who that is; where there is one role, whether the record stands, or is a withdrawal that says more than
    its key.
    """
    is_only = len(dataset.persons) == 1
    keys = {key.name for key in dataset.keys if is_only}
    told = [f"{c} IS NOT NULL OR {c}__missing NOT IN ({SAY_NOTHING})" for c in dataset.own_columns(person) if c not in keys]
    return f"({' OR '.join(['is_current'] * is_only + told)})"
