"""Bring a landed batch to standard form: each column by the normaliser that its contract names; doubt goes to quarantine.

Reads the landed Parquet of its files, writes two: accepted rows in standard form, and the quarantined ones with reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from contracts.model import Column, Contracts, Dataset, PersonOfRow
from transforms.sql_files import macros, quoted, sql
from warehouse.connection import scratch

SAME_ROW = "unfit.part = landed.part AND unfit.line = landed.line AND unfit.sheet IS NOT DISTINCT FROM landed.sheet"
DAY_NORMALISERS = {"birth_date", "event_date", "date"}
NOTED = DAY_NORMALISERS | {"identity_number", "name", "division"}
"""Normalisers that say what they did to a value, in ``<column>__note``."""
FACTS = DAY_NORMALISERS | {"code", "month", "amount", "amount_in_ten_thousands", "amount_in_fen", "number"}
"""Normalisers of what is so or otherwise, however it is written."""
# The remains of a number, and whose child somebody is who has no name yet: why there is no value, and the macro that tidies the text.
TOLD = {"identity_number": (("check_digit", "damaged", "invalid"), "identity_text"), "name": (("not_yet_named",), "tidy")}
NOT_DELIVERED = "not_delivered"
"""Why there is no value in a column that did not come; what an earlier batch said stands."""
Reason = tuple[Column, str]
"""A column that may keep a row out, and SQL for why it does; NULL when it does not."""
QUARANTINE_REASONS = {
    "impossible": "is no possible date",
    "future": "lies after the extract date",
    "over_120": "lies more than 120 years before the extract date",
}


@dataclass(frozen=True)
class LandedFile:
    """One data file of a batch as landed: ``rows`` and ``faults`` are Parquet files, ``part`` is its place in the batch, from 0,
    ``not_delivered`` names the columns that it lacks.
    """

    part: int
    rows: Path
    faults: Path
    not_delivered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Normalised:
    """Rows of one file: in = accepted + quarantined, always; ``notes`` are sentences on what was chosen among them."""

    accepted: int
    quarantined: int
    notes: tuple[str, ...] = ()


def normalise_batch(
    files: list[LandedFile], dataset: Dataset, contracts: Contracts, extract_date: date, accepted_to: Path, quarantine_to: Path
) -> dict[int, Normalised]:
    """Write ``accepted_to`` and ``quarantine_to`` (zstd Parquet) for all files of a batch; answers the counts by part."""
    with scratch(accepted_to.parent / "spill") as connection:
        prepare_normalisers(connection, contracts)
        connection.execute(f"CREATE TEMP VIEW delivered AS {_union(files, 'rows')}")
        connection.execute(sql("normalise/file_verdict", numbers=_numbers(dataset)))
        connection.execute("CREATE TEMP VIEW landed AS FROM delivered JOIN file_verdict USING (part)")
        for column in dataset.taken:
            connection.execute(_irregular(column, extract_date))
        connection.execute(_unfit(dataset))
        conflicts = _conflicts(dataset)
        for conflicting in conflicts:
            connection.execute(conflicting)
        differing = connection.execute(_differing(dataset)).fetchone() if conflicts else None
        connection.execute(_copy(_accepted(dataset, files), accepted_to))
        connection.execute(_copy(_quarantined(files, dataset), quarantine_to))
        accepted, quarantined = (_rows(connection, path) for path in (accepted_to, quarantine_to))
        chosen = {differing[0]: _later_line(*differing[1:])} if differing else {}
        return {f.part: Normalised(accepted.get(f.part, 0), quarantined.get(f.part, 0), chosen.get(f.part, ())) for f in files}


def _later_line(keys: int, sheet: str | None, line: int) -> tuple[str]:
    place = f"line {line}" + (f" of sheet {sheet}" if sheet else "")
    return (f"keys with rows that say otherwise in a text, at no later time: {keys}, the first is {place}; the later line counts",)


def _union(files: list[LandedFile], kind: Literal["rows", "faults"]) -> str:
    """SQL: the rows of all files, in one scan: one a file would be planned anew for every column of a hundred files."""
    paths = ", ".join(quoted(str(getattr(f, kind))) for f in files)
    return f"SELECT file_index::INTEGER AS part, * FROM read_parquet([{paths}])"


def prepare_normalisers(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create the macros, the placeholders and the crosswalks that normalising needs."""
    cases = " ".join(
        f"WHEN t IN ({', '.join(quoted(text) for text in texts)}) THEN {quoted(reason)}"
        for reason, texts in contracts.placeholders.reasons.items()
    )
    connection.execute(f"CREATE OR REPLACE MACRO placeholder_reason(t) AS CASE {cases} END")
    connection.execute(f"CREATE OR REPLACE MACRO is_read_as_gbk(t) AS regexp_matches(t, '^{_utf_8_read_as_gbk()}')")
    for text in macros("normaliser"):
        connection.execute(text)
    pairs = [(c.id, raw, code) for c in contracts.crosswalks for raw, code in c.map.items()]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE crosswalk AS SELECT unnest($ids) AS id, unnest($raws) AS raw, unnest($codes) AS code",
        dict(zip(("ids", "raws", "codes"), map(list, zip(*pairs, strict=True)), strict=True)),
    )
    connection.execute(sql("normalise/crosswalk_key"))
    connection.execute(sql("normalise/divisions", divisions=quoted(str(contracts.divisions))))


def _utf_8_read_as_gbk() -> str:
    """A regular expression: what two Chinese characters in UTF-8, six bytes, are to a program that reads GBK (寮犱笁 for 张三)."""
    lead, trail = range(0xE4, 0xEA), range(0x80, 0xC0)
    pairs = ((lead, trail), (trail, lead), (trail, trail))
    return "".join(f"[{''.join(bytes((a, b)).decode('gbk', 'ignore') for a in one for b in other)}]" for one, other in pairs)


def _numbers(dataset: Dataset) -> str:
    """Every identity number of the batch with the file that it stands in."""
    columns = [c.name for c in dataset.taken if c.normaliser == "identity_number"]
    none = "SELECT 0 AS part, '' AS number WHERE false"
    return " UNION ALL ".join(f"SELECT part, {name} AS number FROM delivered" for name in columns) or none


def _irregular(column: Column, extract_date: date) -> str:
    """One row per distinct text of the column that is not plainly regular, with what its normaliser makes of it."""
    by_file = ", is_damaged" if column.normaliser == "identity_number" else ""
    found, lookup = _lookup(column)
    day = f"DATE '{extract_date}'"
    return (
        f"CREATE OR REPLACE TEMP TABLE irregular__{column.name} AS"
        f" SELECT text{by_file}, normalise_{column.normaliser}(text, {day}{by_file}{found}) AS said"
        f" FROM (SELECT DISTINCT {column.name} AS text{by_file} FROM landed WHERE {column.name} IS NOT NULL"
        f" AND NOT coalesce(regular_{column.normaliser}({column.name}, {day}{by_file}), false)){lookup}"
    )


def _lookup(column: Column) -> tuple[str, str]:
    """What the contracts say of the text: the argument for the normaliser, and the join that finds it."""
    if column.normaliser in DAY_NORMALISERS:
        return f", {column.two_digit_years if column.two_digit_years is not None else 'NULL::INT'}", ""
    if column.normaliser == "code":
        return ", coalesce(spelt.code, alike.code, CASE WHEN before.code = beside.code THEN before.code END)", _spellings(column)
    if column.normaliser == "document_number":
        return f", {quoted(column.pattern) if column.pattern else 'NULL::VARCHAR'}", ""
    if column.normaliser == "set":
        codes = f"SELECT map(list(raw), list(code)) AS codes FROM crosswalk WHERE id = {quoted(column.crosswalk or '')} HAVING count(*) > 0"
        return ", walk.codes", f" LEFT JOIN ({codes}) AS walk ON true"
    if column.normaliser == "division":
        return ", successor.today", " LEFT JOIN division_successor AS successor ON successor.code = left(trim(text), 6)"
    return "", ""


def _spellings(column: Column) -> str:
    """SQL: the crosswalk by the spelling to the letter, by what it comes to, and by a code with its name beside it."""
    walk = quoted(column.crosswalk or "")
    keys = {"alike": "code_key(text)", "before": "code_before_name(code_key(text))", "beside": "name_after_code(code_key(text))"}
    joins = (f" LEFT JOIN crosswalk_key AS {name} ON {name}.id = {walk} AND {name}.key = {key}" for name, key in keys.items())
    return f" LEFT JOIN crosswalk AS spelt ON spelt.id = {walk} AND spelt.raw = trim(text){''.join(joins)}"


def _irregular_joins(columns: list[Column]) -> str:
    return " ".join(
        f"LEFT JOIN irregular__{c.name} AS {c.name}__odd ON {c.name}__odd.text = landed.{c.name}"
        + (f" AND {c.name}__odd.is_damaged = landed.is_damaged" if c.normaliser == "identity_number" else "")
        for c in columns
    )


def _value(column: Column) -> str:
    """SQL: the column's standard value."""
    own, odd = f"landed.{column.name}", f"{column.name}__odd"
    return f"CASE WHEN {odd}.text IS NULL THEN plain_{column.normaliser}({own}) ELSE {odd}.said.value END"


def _missing(column: Column) -> str:
    return f"CASE WHEN landed.{column.name} IS NULL THEN 'blank' ELSE {column.name}__odd.said.missing END"


def _told(column: Column) -> str:
    """SQL: what came in the place of a value and may still tell who is meant; for linking alone."""
    odd = f"{column.name}__odd"
    reasons, plain = TOLD[column.normaliser]
    return f"CASE WHEN {odd}.said.missing IN ({', '.join(map(quoted, reasons))}) THEN {plain}({odd}.text) END"


def _reasons_of_the_key(dataset: Dataset) -> list[Reason]:
    """What keeps out any row, a withdrawal too: it is not told which record it is, or what happened to it."""
    checks = [(c, f"CASE WHEN {_value(c)} IS NULL THEN {_no_value(c)} END") for c in dataset.keys]
    if dataset.delivery.operation:
        operation = dataset.column(dataset.delivery.operation.column)
        words = f"unknown_operation: {_named(operation)} is none that was agreed"
        checks.append((operation, f"CASE WHEN {_value(operation)} IS NULL THEN {quoted(words)} END"))
    return checks


def _reasons_beside_the_key(dataset: Dataset) -> list[Reason]:
    """What keeps out a row that tells something, and no withdrawal, which needs its key alone."""
    checks = []
    for column in dataset.taken:
        if column.required and column.key is None:
            checks.append((column, f"CASE WHEN {_value(column)} IS NULL THEN {_no_value(column)} END"))
        if column.normaliser in DAY_NORMALISERS and column.impossible == "quarantine":
            checks += [
                (column, f"CASE WHEN {_missing(column)} = '{reason}' THEN {quoted(f'{reason}: {_named(column)} {words}')} END")
                for reason, words in QUARANTINE_REASONS.items()
            ]
        if column.normaliser in {"identity_number", "name"}:
            words = quoted(f"test_row: {_named(column)} is a test entry")
            checks.append((column, f"CASE WHEN {_missing(column)} = 'test' THEN {words} END"))
    return checks + _changed_places(dataset) + _several_persons(dataset) + _forms_in_words(dataset) + _says_nothing(dataset)


def _no_value(column: Column) -> str:
    return quoted(f"no_key: {_named(column)} is empty{' or not of its pattern' if column.pattern else ''}")


def _named(column: Column) -> str:
    return f"{column.name} ({column.label})"


def _changed_places(dataset: Dataset) -> list[Reason]:
    """A row with the number in the column of the name, and the name in that of the number: what else has another place, nobody knows."""
    checks = []
    for number, name in (pair for person in dataset.persons if (pair := _told_of(dataset, person))):
        text = f"identity_text(landed.{name.name})"
        is_number = rf"regexp_full_match({text}, '\d{{17}}[0-9X]') AND number_is_sound({text})"
        is_name = rf"regexp_full_match(landed.{number.name}, '[^\d]*\p{{L}}[^\d]*')"
        words = quoted(f"changed_places: {_named(name)} holds a number and {_named(number)} a name")
        looked = f"CASE WHEN {is_name} AND {is_number} THEN {words} END"
        checks.append((name, f"CASE WHEN {_value(number)} IS NULL AND {_value(name)} IS NULL THEN {looked} END"))
    return checks


BETWEEN = r"\s　、，,;；/／|｜&＆+＋。"
"""What stands between several names in a cell."""


def _several_persons(dataset: Dataset) -> list[Reason]:
    """A row with the names and the numbers of several persons would pass for one of the first. One name with two may be a person."""
    checks = []
    for number, name in (pair for person in dataset.persons if (pair := _told_of(dataset, person))):
        numbers = rf"list_distinct(regexp_extract_all(upper(half_width(landed.{number.name})), '\d{{17}}[0-9X]'))"
        # classes of all letters would cost a fifth of a second each time that they are made ready
        names = rf"regexp_full_match(trim(landed.{name.name}), '[^\d{BETWEEN}]{{2,}}([{BETWEEN}]+[^\d{BETWEEN}]{{2,}})+')"
        words = quoted(f"not_single: {_named(number)} and {_named(name)} hold several persons, where one was agreed")
        looked = f"CASE WHEN len({numbers}) > 1 AND {names} THEN {words} END"
        checks.append((number, f"CASE WHEN {_missing(number)} = 'invalid' THEN {looked} END"))
    return checks


# What a value of a form looks like, and the normaliser of the columns of words beside it that it is mixed up with.
FORMS_AND_WORDS = {
    "credit_code": ("text", "credit_code_verdict(upper({0})).value IS NOT NULL"),
    "phone": ("address", r"regexp_full_match({0}, '1[3-9]\d{{9}}')"),
}


def _forms_in_words(dataset: Dataset) -> list[Reason]:
    """A row with the employer's code for a name, or a telephone for an address, and words in the place of the one that is missing."""
    checks = []
    for formed in (c for c in dataset.taken if c.normaliser in FORMS_AND_WORDS):
        normaliser, has_form = FORMS_AND_WORDS[formed.normaliser]
        for worded in (c for c in dataset.taken if c.normaliser == normaliser and c.header != "@sheet"):
            words = quoted(f"changed_places: {_named(worded)} holds a value of {_named(formed)}, which holds words")
            is_mixed_up = rf"regexp_matches(landed.{formed.name}, '\p{{Han}}{{2}}') AND {has_form.format(f'trim(landed.{worded.name})')}"
            checks.append((formed, f"CASE WHEN {_value(formed)} IS NULL THEN CASE WHEN {is_mixed_up} THEN {words} END END"))
    return checks


def _says_nothing(dataset: Dataset) -> list[Reason]:
    """A row with nothing but its key is a remark below a table, or a number that was given out ahead."""
    operation = dataset.delivery.operation.column if dataset.delivery.operation else ""
    telling = [c for c in dataset.taken if c.key is None and c.name != operation and c.header != "@sheet"]
    if not telling or not dataset.persons:
        return []
    texts = ", ".join(f"nullif(trim(landed.{c.name}), '')" for c in telling)
    words = quoted("says_nothing: nothing is filled in beside the key")
    at = dataset.column(operation) if operation else dataset.keys[0]
    return [(at, f"CASE WHEN coalesce({texts}) IS NULL THEN {words} END")]


def _unfit(dataset: Dataset) -> str:
    """One row per row that is kept out, with its reasons."""
    of_the_key, beside = _reasons_of_the_key(dataset), _reasons_beside_the_key(dataset)
    columns = list(dict.fromkeys(column for column, _ in of_the_key + beside))
    told = f"nullif(concat_ws('; ', {', '.join(check for _, check in beside)}), '')" if beside else "NULL"
    if dataset.delivery.operation:
        told = f"CASE WHEN {_operation(dataset)} <> 'delete' THEN {told} END"
    return (
        "CREATE OR REPLACE TEMP TABLE unfit AS SELECT * FROM (SELECT landed.part, landed.sheet, landed.line,"
        f" nullif(concat_ws('; ', {', '.join((*(check for _, check in of_the_key), told))}), '') AS reason"
        f" FROM landed {_irregular_joins(columns)}) WHERE reason IS NOT NULL"
    )


def _conflicts(dataset: Dataset) -> list[str]:
    """Rows of a full register of persons that have one key, tell no time by which one of them is the newer, and name different persons
    or have different codes, days or amounts (alive and dead): none is taken, since it would be chance which (domain practice: the last by
    the source's time, else a conflict). What differs in a text alone may be written otherwise: the later line counts, and a note says so.
    """
    pairs = [pair for person in dataset.persons if (pair := _told_of(dataset, person))]
    facts = [c for c in _beside_the_key(dataset) if c.normaliser in FACTS]
    if dataset.delivery.mode != "full" or not dataset.persons or not (pairs or facts):
        return []
    told = dict.fromkeys([*(c for pair in pairs for c in pair), *facts])
    persons = " OR ".join(" AND ".join(f"count(DISTINCT value__{c.name}) > 1" for c in pair) for pair in pairs) or "false"
    says = " OR ".join(f"count(DISTINCT value__{c.name}) > 1" for c in facts) or "false"
    updated = dataset.delivery.updated
    time = [dataset.column(updated)] if updated else []
    texts = [f"trim(landed.{c.name}) AS text__{c.name}" for c in _texts(dataset)]
    values = ", ".join([f"{_value(c)} AS value__{c.name}" for c in told] + texts)
    joined = _irregular_joins(list(dict.fromkeys((*dataset.keys, *told, *time))))
    fit = f"NOT EXISTS (FROM unfit WHERE {SAME_ROW})"
    return [
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT {record_key(dataset)} AS record_key"
        f" FROM landed {_irregular_joins(list(dataset.keys))} WHERE {fit} GROUP BY ALL HAVING count(*) > 1",
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT landed.part, landed.sheet, landed.line, {record_key(dataset)} AS record_key,"
        f" {_value(time[0]) if time else 'NULL'} AS updated, {values} FROM landed {joined}"
        f" WHERE {record_key(dataset)} IN (FROM doubled) AND {fit}"
        " QUALIFY updated IS NOT DISTINCT FROM max(updated) OVER (PARTITION BY record_key)",
        "INSERT INTO unfit SELECT part, sheet, line, reason FROM keyed JOIN ("
        f"SELECT record_key, CASE WHEN {persons} THEN 'conflict: other rows of the batch have this key and name another person'"
        f" WHEN {says} THEN 'conflict: other rows of the batch have this key and say otherwise, at no later time' END AS reason"
        " FROM keyed GROUP BY record_key) AS told USING (record_key) WHERE reason IS NOT NULL",
    ]


def _differing(dataset: Dataset) -> str:
    """SQL: the file, the number of keys, and the place of the first row, of rows that are taken, have one key and time and differ in a
    text; no row where there is none.
    """
    differ = " OR ".join(f"count(DISTINCT text__{c.name}) > 1" for c in _texts(dataset)) or "false"
    return (
        "SELECT first.part, keys, first.sheet, first.line FROM (SELECT count(*) AS keys, min(place) AS first FROM ("
        "SELECT min({'part': part, 'sheet': sheet, 'line': line}) AS place FROM keyed AS landed"
        f" WHERE NOT EXISTS (FROM unfit WHERE {SAME_ROW}) GROUP BY record_key HAVING {differ})) WHERE keys > 0"
    )


def _beside_the_key(dataset: Dataset) -> list[Column]:
    """What a row says, beside which record it is of and when it was changed."""
    return [c for c in dataset.taken if c.key is None and c.name != dataset.delivery.updated and c.header != "@sheet"]


def _texts(dataset: Dataset) -> list[Column]:
    return [c for c in _beside_the_key(dataset) if c.normaliser not in FACTS]


def _told_of(dataset: Dataset, person: PersonOfRow) -> list[Column]:
    """The columns of a person's identity number and name, where a row has both."""
    supplied = [dataset.column(supply.column) for supply in person.data.values() if supply.column]
    found = [next((c for c in supplied if c.normaliser == normaliser), None) for normaliser in ("identity_number", "name")]
    return [c for c in found if c] if all(found) else []


def record_key(dataset: Dataset) -> str:
    """SQL for the department's own key; parts of a composite key are joined by ``|``."""
    return f"concat_ws('|', {', '.join(_value(c) for c in dataset.keys)})"


def _published_value(dataset: Dataset, column: Column) -> str:
    if not column.same_as:
        return _value(column)
    other = _value(dataset.column(column.same_as))
    return f"coalesce({_value(column)}, CASE WHEN {_missing(column)} = 'same_as' THEN {other} END)"


def _operation(dataset: Dataset) -> str:
    operation = dataset.delivery.operation
    if operation is None:
        return "'upsert'"
    deleted = ", ".join(quoted(value) for value in operation.delete)
    return f"CASE WHEN {_value(dataset.column(operation.column))} IN ({deleted}) THEN 'delete' ELSE 'upsert' END"


def _why_missing(column: Column, files: list[LandedFile]) -> str:
    """SQL: why there is no value; ``not_delivered`` where the file lacks the column, so that nobody takes it for empty."""
    lacking = [str(f.part) for f in files if column.name in f.not_delivered]
    if not lacking:
        return _missing(column)
    is_lacking = f"landed.{column.name} IS NULL AND landed.part IN ({', '.join(lacking)})"
    return f"CASE WHEN {is_lacking} THEN {quoted(NOT_DELIVERED)} ELSE {_missing(column)} END"


def _accepted(dataset: Dataset, files: list[LandedFile]) -> str:
    columns = []
    for column in dataset.taken:
        columns += [f"{_published_value(dataset, column)} AS {column.name}", f"{_why_missing(column, files)} AS {column.name}__missing"]
        if column.normaliser in NOTED:
            columns.append(f"{column.name}__odd.said.note AS {column.name}__note")
        if column.normaliser in TOLD:
            columns.append(f"{_told(column)} AS {column.name}__told")
    return (
        f"SELECT {record_key(dataset)} AS record_key, {_operation(dataset)} AS operation, landed.part, landed.sheet, landed.line,"
        f" {', '.join(columns)}"
        f" FROM landed {_irregular_joins(list(dataset.taken))}"
        f" WHERE NOT EXISTS (FROM unfit WHERE {SAME_ROW})"
    )


def _quarantined(files: list[LandedFile], dataset: Dataset) -> str:
    """Rows that could not be read, and rows that were read but cannot be so."""
    columns = ", ".join(f"landed.{c.name}" for c in dataset.taken)
    return (
        f"SELECT part, sheet, line, record_key, reason, raw FROM ({_union(files, 'faults')}) UNION ALL "
        f"SELECT landed.part, landed.sheet, landed.line, nullif({record_key(dataset)}, '') AS record_key, unfit.reason,"
        f" CAST(to_json(struct_pack({columns})) AS VARCHAR) AS raw"
        f" FROM landed JOIN unfit ON {SAME_ROW} {_irregular_joins(list(dataset.keys))}"
    )


def _copy(query: str, to: Path) -> str:
    return f"COPY ({query}) TO {quoted(str(to))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[int, int]:
    return dict(connection.execute(f"SELECT part, count(*) FROM read_parquet({quoted(str(path))}) GROUP BY part").fetchall())
