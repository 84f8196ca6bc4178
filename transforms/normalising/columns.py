"""SQL for what becomes of the text in one column: its standard value, why there is none, what the text tells all the same.

Queries read ``landed``, the rows as they came, joined to a table ``irregular__<column>`` for each column (``irregular_joins``).
"""

from __future__ import annotations

from datetime import date

from contracts.model import Column, Dataset
from warehouse.quoting import literal, literals

DAY_NORMALISERS = {"birth_date", "event_date", "date"}
NOTED = DAY_NORMALISERS | {"identity_number", "name", "division"}
"""Normalisers that say what they did to a value, in ``<column>__note``."""
NOT_DELIVERED = "not_delivered"
"""Why there is no value in a column that did not come; what an earlier batch said stands."""
NOTHING = ("blank", NOT_DELIVERED, "unknown", "refused", "not_applicable", "placeholder")
"""Why there is no value where nothing stands, or a word for nothing (``codes/placeholders.yaml``)."""
TOLD = {"identity_number": (("check_digit", "damaged", "invalid"), "identity_text"), "name": (("not_yet_named",), "tidy")}
"""Normalisers whose text may tell who is meant though it is no value (the remains of a number, whose child somebody without a name is):
the reasons why there is no value, and the macro that tidies the text.
"""


def irregular(column: Column, extract_date: date) -> str:
    """SQL for ``irregular__<column>``: one row per distinct text of the column that is not plainly regular, with what its normaliser makes
    of it (``said``: value, missing, note).
    """
    by_file = ", is_damaged" if column.normaliser == "identity_number" else ""
    found, lookup = _lookup(column)
    day = f"DATE '{extract_date}'"
    said = f"normalise_{column.normaliser}(text, {day}{by_file}{found})"
    is_regular = f"regular_{column.normaliser}({column.name}, {day}{by_file})"
    if column.is_bounded:
        said = f"list_transform([{said}], lambda s: {_kept_within(column)})[1]"
        is_regular += f" AND {_is_within(column, f'plain_{column.normaliser}({column.name})')}"
    return (
        f"CREATE OR REPLACE TEMP TABLE irregular__{column.name} AS"
        f" SELECT text{by_file}, {said} AS said"
        f" FROM (SELECT DISTINCT {column.name} AS text{by_file} FROM landed WHERE {column.name} IS NOT NULL"
        f" AND NOT coalesce({is_regular}, false)){lookup}"
    )


def _kept_within(column: Column) -> str:
    """SQL: what the normaliser said (``s``), without a value that lies out of the column's bounds."""
    within = _is_within(column, "s.value")
    kept, why = f"CASE WHEN {within} THEN s.value END", f"CASE WHEN NOT {within} THEN 'impossible' ELSE s.missing END"
    return f"{{'value': {kept}, 'missing': {why}, 'note': s.note}}"


def _is_within(column: Column, told: str) -> str:
    """SQL: whether a number lies within the column's bounds; NULL where there is none."""
    least = f"{told} >= {column.minimum}" if column.minimum is not None else "true"
    greatest = f"{told} <= {column.maximum}" if column.maximum is not None else "true"
    return f"({least} AND {greatest})"


def _lookup(column: Column) -> tuple[str, str]:
    """What the contracts say of the text: the argument for the normaliser, and the join that finds it."""
    if column.normaliser in DAY_NORMALISERS:
        return f", {column.two_digit_years if column.two_digit_years is not None else 'NULL::INT'}", ""
    if column.normaliser == "code":
        told_twice = "CASE WHEN code_told.code = name_told.code THEN code_told.code END"
        return f", coalesce(spelt.code, alike.code, {told_twice}, number.code)", _spellings(column)
    if column.normaliser == "document_number":
        return f", {literal(column.pattern) if column.pattern else 'NULL::VARCHAR'}", ""
    if column.normaliser == "set":
        own = f"FROM crosswalk WHERE id = {literal(column.crosswalk or '')}"
        codes = f"SELECT map(list(raw), list(code)) AS codes {own} HAVING count(*) > 0"
        return ", walk.codes", f" LEFT JOIN ({codes}) AS walk ON true"
    if column.normaliser == "division":
        return ", successor.today", " LEFT JOIN division_successor AS successor ON successor.code = left(trim(text), 6)"
    return "", ""


def _spellings(column: Column) -> str:
    """SQL: the crosswalk by the spelling to the letter, by what it comes to, by a code with its name beside it, and by a number as such."""
    walk = literal(column.crosswalk or "")
    keys = {
        "alike": "code_key(text)",
        "code_told": "code_beside_name(code_key(text))",
        "name_told": "name_beside_code(code_key(text))",
        "number": "code_without_noughts(code_key(text))",
    }
    joins = (f" LEFT JOIN crosswalk_key AS {name} ON {name}.id = {walk} AND {name}.key = {key}" for name, key in keys.items())
    return f" LEFT JOIN crosswalk AS spelt ON spelt.id = {walk} AND spelt.raw = trim(text){''.join(joins)}"


def irregular_joins(columns: list[Column]) -> str:
    """SQL: the joins that ``value``, ``missing`` and ``told`` of these columns need."""
    return " ".join(
        f"LEFT JOIN irregular__{c.name} AS {c.name}__odd ON {c.name}__odd.text = landed.{c.name}"
        + (f" AND {c.name}__odd.is_damaged = landed.is_damaged" if c.normaliser == "identity_number" else "")
        for c in columns
    )


def value(column: Column) -> str:
    """SQL: the column's standard value."""
    own, odd = f"landed.{column.name}", f"{column.name}__odd"
    return f"CASE WHEN {odd}.text IS NULL THEN plain_{column.normaliser}({own}) ELSE {odd}.said.value END"


def missing(column: Column) -> str:
    """SQL: why the column has no value; NULL where it has one."""
    return f"CASE WHEN landed.{column.name} IS NULL THEN 'blank' ELSE {column.name}__odd.said.missing END"


def told(column: Column) -> str:
    """SQL: what came in the place of a value and may still tell who is meant; for linking alone. The normaliser is one of ``TOLD``."""
    odd = f"{column.name}__odd"
    reasons, plain = TOLD[column.normaliser]
    return f"CASE WHEN {odd}.said.missing IN ({literals(reasons)}) THEN {plain}({odd}.text) END"


def record_key(dataset: Dataset) -> str:
    """SQL: the department's own key; parts of a composite key are joined by ``|``."""
    return f"concat_ws('|', {', '.join(value(c) for c in dataset.keys)})"


def operation(dataset: Dataset) -> str:
    """SQL: upsert, or delete of a withdrawal."""
    agreed = dataset.delivery.operation
    if agreed is None:
        return "'upsert'"
    deleted = ", ".join(literal(code) for code in agreed.delete)
    return f"CASE WHEN {value(dataset.column(agreed.column))} IN ({deleted}) THEN 'delete' ELSE 'upsert' END"


def numbers_and_names(dataset: Dataset) -> list[tuple[Column, Column]]:
    """The columns of identity number and name of each person of a row who has both."""
    pairs = []
    for person in dataset.persons:
        columns = [dataset.column(supply.column) for supply in person.data.values() if supply.column]
        number = next((c for c in columns if c.normaliser == "identity_number"), None)
        name = next((c for c in columns if c.normaliser == "name"), None)
        if number and name:
            pairs.append((number, name))
    return pairs
