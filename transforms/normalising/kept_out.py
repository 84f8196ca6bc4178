"""What keeps a row out, found in the row alone: its key, days that cannot be, values that stand in one another's places."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.model import Column, Dataset
from transforms.normalising.columns import (
    DAY_NORMALISERS,
    NOTHING,
    irregular_joins,
    missing,
    numbers_and_names,
    operation,
    value,
)
from transforms.normalising.several import several_that_do_not_fit
from warehouse.quoting import literal, literals

Reason = tuple[tuple[Column, ...], str]
"""The columns of which may keep a row out what they say, and SQL for why it does: ``code: words``; NULL when it does not."""

IMPOSSIBLE_DAYS = {
    "impossible": "is no possible date",
    "future": "lies after the extract date",
    "over_120": "lies more than 120 years before the extract date",
}
BETWEEN = r"\s　、，,;；/／|｜&＆+＋。"
"""What stands between several names in a cell."""
FORMS_AND_WORDS = {
    "credit_code": ("text", "credit_code_verdict(upper({0})).value IS NOT NULL"),
    "phone": ("address", r"regexp_full_match({0}, '1[3-9]\d{{9}}')"),
}
"""What a value of a form looks like, and the normaliser of the columns of words beside it that it is mixed up with."""


def unfit(dataset: Dataset) -> str:
    """SQL for ``unfit``: one row per row of ``landed`` that is kept out (part, sheet, line), with its reasons joined by ``; ``."""
    of_the_key, beside = list(_of_the_key(dataset)), list(_beside_the_key(dataset))
    columns = list(dict.fromkeys(column for read, _ in of_the_key + beside for column in read))
    checks = [check for _, check in of_the_key]
    if dataset.delivery.operation:
        checks += [f"CASE WHEN {operation(dataset)} <> 'delete' THEN {check} END" for _, check in beside]
    else:
        checks += [check for _, check in beside]
    # unnest keeps all checks from being computed and planned again in the filter: a half to nine tenths of the time
    return (
        "CREATE OR REPLACE TEMP TABLE unfit AS SELECT * FROM (SELECT landed.part, landed.sheet, landed.line,"
        f" unnest([concat_ws('; ', {', '.join(checks)})]) AS reason FROM landed {irregular_joins(columns)}) WHERE reason <> ''"
    )


def _of_the_key(dataset: Dataset) -> Iterator[Reason]:
    """What keeps out any row, a withdrawal too: it is not told which record it is, or what happened to it."""
    for key in dataset.keys:
        yield (key,), f"CASE WHEN {value(key)} IS NULL THEN {_no_value(key)} END"
    if dataset.delivery.operation:
        column = dataset.column(dataset.delivery.operation.column)
        words = f"unknown_operation: {_named(column)} is none that was agreed"
        yield (column,), f"CASE WHEN {value(column)} IS NULL THEN {literal(words)} END"


def _beside_the_key(dataset: Dataset) -> Iterator[Reason]:
    """What keeps out a row that tells something, and no withdrawal, which needs its key alone."""
    for column in dataset.taken:
        if column.required and column.key is None:
            yield (column,), f"CASE WHEN {value(column)} IS NULL THEN {_no_value(column)} END"
        if column.is_bounded and column.impossible == "quarantine":
            words = literal(f"impossible: {_named(column)} lies out of its bounds")
            yield (column,), f"CASE WHEN {missing(column)} = 'impossible' THEN {words} END"
        if column.normaliser in DAY_NORMALISERS and column.impossible == "quarantine":
            for reason, words in IMPOSSIBLE_DAYS.items():
                yield (column,), f"CASE WHEN {missing(column)} = '{reason}' THEN {literal(f'{reason}: {_named(column)} {words}')} END"
        if column.normaliser in {"identity_number", "name"}:
            words = f"test_row: {_named(column)} is a test entry"
            yield (column,), f"CASE WHEN {missing(column)} = 'test' THEN {literal(words)} END"
    yield from several_that_do_not_fit(dataset)
    yield from _names_nobody(dataset)
    for number, name in numbers_and_names(dataset):
        yield _changed_places(number, name)
    for number, name in numbers_and_names(dataset):
        yield _several_persons(number, name)
    yield from _forms_in_words(dataset)
    yield from _says_nothing(dataset)


def _names_nobody(dataset: Dataset) -> Iterator[Reason]:
    """A row of several persons in which none of them is told, not even by what cannot be read, would be nobody's record."""
    columns = tuple(dataset.column(name) for person in dataset.persons for name in dataset.own_columns(person))
    if len(dataset.persons) > 1 and columns:
        # one list: a condition for each column takes DuckDB seconds to plan
        why = ", ".join(f"coalesce({missing(column)}, '')" for column in columns)
        nothing = f"list_has_all([{literals(NOTHING)}], [{why}])"
        words = literal("names_nobody: none of the persons of the row is told")
        yield columns, f"CASE WHEN {nothing} THEN {words} END"


def _no_value(column: Column) -> str:
    return literal(f"no_key: {_named(column)} is empty{' or not of its pattern' if column.pattern else ''}")


def _named(column: Column) -> str:
    return f"{column.name} ({column.label})"


def _changed_places(number: Column, name: Column) -> Reason:
    """A row with the number in the column of the name, and the name in that of the number: what else has another place, nobody knows."""
    text = f"identity_text(landed.{name.name})"
    is_number = rf"regexp_full_match({text}, '\d{{17}}[0-9X]') AND number_is_sound({text})"
    is_name = rf"regexp_full_match(landed.{number.name}, '[^\d]*\p{{L}}[^\d]*')"
    words = literal(f"changed_places: {_named(name)} holds a number and {_named(number)} a name")
    looked = f"CASE WHEN {is_name} AND {is_number} THEN {words} END"
    return (number, name), f"CASE WHEN coalesce({value(number)}, {value(name)}) IS NULL THEN {looked} END"


def _several_persons(number: Column, name: Column) -> Reason:
    """A row with the names and the numbers of several persons would pass for one of the first. One name with two may be a person."""
    numbers = rf"list_distinct(regexp_extract_all(upper(half_width(landed.{number.name})), '\d{{17}}[0-9X]'))"
    # classes of all letters would cost a fifth of a second each time that they are made ready
    names = rf"regexp_full_match(trim(landed.{name.name}), '[^\d{BETWEEN}]{{2,}}([{BETWEEN}]+[^\d{BETWEEN}]{{2,}})+')"
    words = literal(f"not_single: {_named(number)} and {_named(name)} hold several persons, where one was agreed")
    looked = f"CASE WHEN len({numbers}) > 1 AND {names} THEN {words} END"
    return (number,), f"CASE WHEN {missing(number)} = 'invalid' THEN {looked} END"


def _forms_in_words(dataset: Dataset) -> Iterator[Reason]:
    """A row with the employer's code for a name, or a telephone for an address, and words in the place of the one that is missing."""
    for formed in (c for c in dataset.taken if c.normaliser in FORMS_AND_WORDS):
        normaliser, has_form = FORMS_AND_WORDS[formed.normaliser]
        for worded in (c for c in dataset.taken if c.normaliser == normaliser and not c.is_sheet_name):
            words = literal(f"changed_places: {_named(worded)} holds a value of {_named(formed)}, which holds words")
            is_mixed_up = rf"regexp_matches(landed.{formed.name}, '\p{{Han}}{{2}}') AND {has_form.format(f'trim(landed.{worded.name})')}"
            yield (formed,), f"CASE WHEN {value(formed)} IS NULL THEN CASE WHEN {is_mixed_up} THEN {words} END END"


def _says_nothing(dataset: Dataset) -> Iterator[Reason]:
    """A row with nothing but its key is a remark below a table, or a number that was given out ahead."""
    agreed = dataset.delivery.operation.column if dataset.delivery.operation else ""
    telling = [c for c in dataset.taken if c.key is None and c.name != agreed and not c.is_sheet_name]
    if telling and dataset.persons:
        texts = ", ".join(f"nullif(trim(landed.{c.name}), '')" for c in telling)
        words = literal("says_nothing: nothing is filled in beside the key")
        at = dataset.column(agreed) if agreed else dataset.keys[0]
        yield (at,), f"CASE WHEN coalesce({texts}) IS NULL THEN {words} END"
