"""A form as SQL over many applicants at once: what ``warehouse.prefill`` says of one, in the same words.

The tables that it reads are ``Tables``; ``warehouse.coverage`` makes them. A test holds that both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.model import SPOUSE, Contracts, Datum, Form, FormField, Relative
from warehouse.applicant import GROWN, MINOR_UNTIL, MINORS, NUMBER_WITH_BIRTH
from warehouse.form_plan import (
    FILLED_ON,
    OF_RELATIVE,
    REGISTERS,
    columns_read,
    data_used,
    is_inferred,
    told_by_bearer,
    told_by_relative,
    ways_of,
)
from warehouse.kin import KEY
from warehouse.places import ADDRESS
from warehouse.quoting import identifier, literal
from warehouse.wording import LABEL, SEPARATOR, asks_for, labels_of

IN_PART = "__"
"""What stands between a day's name and how much of it is known at least."""
MARKS = ("fallback", "declared", "disputed", "misreported")
# Whose and which datum a field rests on: the prefix of the marks, the datum, and when that is so ("" for always).
Behind = tuple[str, str, str]


@dataclass(frozen=True)
class Tables:
    """Where applicants and their relatives are read: persons, persons as relatives, and what stands beside them.

    ``marks`` has for each person the data that are fallback, declared, disputed, misreported, as lists of names;
    ``registers`` the datasets that speak of each; ``kin_<relative>`` is a row a tie with its place.
    """

    persons: str
    relatives: str
    kin: str = "kin_"


@dataclass(frozen=True)
class FieldSql:
    """A field over the table of a form's users: whether it applies, its text, how its value stands, and whether it is proposed
    where only the applicant could say it.
    """

    field: FormField
    applies: str
    text: str
    stands: dict[str, str]
    proposed: str


def relatives_used(forms: Iterable[Form], contracts: Contracts) -> tuple[Relative, ...]:
    """The relatives of ``relatives/`` that forms ask for."""
    named = {step for form in forms for via, _ in _wanted(form, contracts) | _each(form, contracts) for step in via.split(".")}
    return tuple(relative for relative in contracts.relatives if relative.id in named)


def users_sql(form: Form, contracts: Contracts, tables: Tables, where: str) -> str:
    """One row per applicant for whom ``where`` holds, with everything that the form's fields read."""
    joins: list[str] = []
    columns = [f"a.*, CAST($filled_on AS DATE) AS {FILLED_ON}, reg.{REGISTERS}"]
    columns += [f"coalesce(own.{mark}, []) AS own__{mark}" for mark in MARKS]
    joined: set[str] = set()
    for via, datum in sorted(_wanted(form, contracts)):
        alias = _join(via, form, contracts, tables, joins, joined)
        if _has_several_ways(via, contracts) and f"t_{alias}.way AS {alias}__way" not in columns:
            columns.append(f"t_{alias}.way AS {alias}__way")
        columns.append(f"{alias}.{identifier(datum)} AS {identifier(_flat(via) + OF_RELATIVE + datum)}")
    columns += [f"coalesce(m_{alias}.{mark}, []) AS {alias}__{mark}" for alias in sorted(joined) for mark in MARKS]
    for via, datum in sorted(_each(form, contracts)):
        name = _flat(via) + OF_RELATIVE + datum
        joins.append(f"LEFT JOIN ({_all_of(via, datum, form, contracts, tables)}) AS e_{name} ON e_{name}.who = a.{KEY}")
        columns += [f"e_{name}.found AS {identifier('each__' + name)}"]
        columns += [f"coalesce(e_{name}.{mark}, false) AS {identifier(f'each__{name}__{mark}')}" for mark in MARKS]
    return (
        f"SELECT * FROM (SELECT {', '.join(columns)} FROM {tables.persons} AS a"
        f" LEFT JOIN registers AS reg USING ({KEY}) LEFT JOIN marks AS own USING ({KEY}) {' '.join(joins)}) WHERE {where}"
    )


def _wanted(form: Form, contracts: Contracts) -> set[tuple[str, str]]:
    """The relatives' data that a form reads, the foremost relative's of each kind."""
    texts = [form.users, *(text for f in form.fields for text in (f.expression, f.otherwise, f.applies_when) if text)]
    texts += [condition for attachment in form.attachments for condition in attachment.unnecessary_when]
    read = {(via, name) for text in texts for via, name in data_used(text) if via}
    read |= {(f.via, column_of(f, contracts)) for f in form.fields if f.via and not f.each}
    tied = {column for via, _ in read for column in _telling_whose(via, contracts)}
    return read | tied | {(f.via, KEY) for f in form.fields if f.via and f.each and _has_several_ways(f.via, contracts)}


def _telling_whose(via: str, contracts: Contracts) -> Iterator[tuple[str, str]]:
    """The data by which relatives on the way say whose they are, and whom they name."""
    first, _, step = via.rpartition(".")
    if first:
        yield first, KEY
        yield from _telling_whose(first, contracts)
    for way in ways_of(step, contracts):
        yield from ((via, name) for name in told_by_relative(way, contracts))


def _has_several_ways(via: str, contracts: Contracts) -> bool:
    return len(ways_of(via.rpartition(".")[2], contracts)) > 1


def _each(form: Form, contracts: Contracts) -> set[tuple[str, str]]:
    return {(field.via, column_of(field, contracts)) for field in form.fields if field.via and field.each}


def column_of(field: FormField, contracts: Contracts) -> str:
    """The column of a field's datum; of a day that it wants as a month or a year, the one that has those known no better too."""
    datum = contracts.datum(field.datum)
    wanted = asks_for(field.format) if datum and datum.type == "date" else "day"
    return str(field.datum) if wanted == "day" else f"{field.datum}{IN_PART}{wanted}"


def whole_days(contracts: Contracts, persons: str, in_part: str) -> str:
    """SQL for ``persons`` with days alone that are known whole, and ``<datum>__month`` and ``<datum>__year`` with those that are known
    so far; ``in_part`` is a row a person with the names of others.
    """
    days = [datum.name for datum in contracts.catalogue.data if datum.type == "date"]
    known = [f"CASE WHEN NOT coalesce(list_contains(i.imprecise, '{day}'), false) THEN p.{identifier(day)} END" for day in days]
    month = "NOT coalesce(list_contains(i.imprecise, '{0}') AND NOT list_contains(i.to_the_month, '{0}'), false)"
    more = [f"CASE WHEN {month.format(day)} THEN p.{identifier(day)} END AS {identifier(day + IN_PART + 'month')}" for day in days]
    more += [f"p.{identifier(day)} AS {identifier(day + IN_PART + 'year')}" for day in days]
    replaced = ", ".join(f"{value} AS {identifier(day)}" for value, day in zip(known, days, strict=True))
    return f"SELECT p.* REPLACE ({replaced}), {', '.join(more)} FROM {persons} AS p LEFT JOIN {in_part} AS i USING ({KEY})"


def _flat(via: str) -> str:
    return via.replace(".", OF_RELATIVE)


def _join(via: str, form: Form, contracts: Contracts, tables: Tables, joins: list[str], joined: set[str]) -> str:
    """The alias of a relative's row, joined when it is not yet; of several relatives the foremost that the form may show."""
    alias = f"k_{_flat(via)}"
    if alias in joined:
        return alias
    first, _, step = via.rpartition(".")
    bearer = _join(first, form, contracts, tables, joins, joined) if first else "a"
    if contracts.relative(step) is None:
        tie = f"{bearer}.{identifier(step)}"
    else:
        shown = _shown_kin(step, form, contracts, tables)
        foremost = f"SELECT who, min_by({KEY}, place) AS {KEY}, min(way) AS way FROM ({shown}) GROUP BY who"
        joins.append(f"LEFT JOIN ({foremost}) AS t_{alias} ON t_{alias}.who = {bearer}.{KEY}")
        tie = f"t_{alias}.{KEY}"
    joins.append(f"LEFT JOIN {tables.relatives} AS {alias} ON {alias}.{KEY} = {tie} AND {_may_be_shown(alias, form, contracts, step)}")
    joins.append(f"LEFT JOIN marks AS m_{alias} ON m_{alias}.{KEY} = {alias}.{KEY}")
    joined.add(alias)
    return alias


def _shown_kin(step: str, form: Form, contracts: Contracts, tables: Tables) -> str:
    """The relatives of one kind, of those whom the form may show: ``who``, ``person_id``, ``place``."""
    shown = _may_be_shown("k", form, contracts, step)
    return f"SELECT kin.* FROM {tables.kin}{step} AS kin JOIN {tables.relatives} AS k USING ({KEY}) WHERE {shown}"


def _may_be_shown(alias: str, form: Form, contracts: Contracts, step: str) -> str:
    """SQL for ``warehouse.applicant.may_be_shown``."""
    if MINORS in form.covers:
        return "true"
    number = f"{alias}.{identifier(contracts.catalogue.number.name)}"
    told = f"TRY_CAST(concat_ws('-', {number}[7:10], {number}[11:12], {number}[13:14]) AS DATE)"
    told = f"CASE WHEN length({number}) = {NUMBER_WITH_BIRTH} THEN {told} END"
    # nobody is taken for older than is known
    born = f"coalesce({alias}.birth_date, make_date(year({alias}.birth_date{IN_PART}year), 12, 31), {told})"
    on = "CAST($filled_on AS DATE)"
    to_come = f"100 * month({on}) + day({on}) < 100 * month({born}) + day({born})"
    is_married = any(datum.name == SPOUSE for datum in contracts.catalogue.data)
    is_grown = "true" if step in GROWN else f"{alias}.{identifier(SPOUSE)} IS NOT NULL" if is_married else "false"
    return f"coalesce(year({on}) - year({born}) - CASE WHEN {to_come} THEN 1 ELSE 0 END >= {MINOR_UNTIL}, {is_grown})"


def _all_of(via: str, datum: str, form: Form, contracts: Contracts, tables: Tables) -> str:
    tests = [f"list_contains(m.{{mark}}, '{datum.partition(IN_PART)[0]}')"]
    for way, step in enumerate(ways_of(via, contracts), 1):
        for name in told_by_relative(step, contracts):
            tests.append(f"(t.way = {way} AND k.{identifier(name)} = t.who AND list_contains(m.{{mark}}, '{name}'))")
    told = " OR ".join(f"coalesce({test}, false)" for test in tests)
    marks = ", ".join(f"bool_or({told.format(mark=mark)}) AS {mark}" for mark in MARKS)
    return (
        f"SELECT t.who, list(k.{identifier(datum)} ORDER BY t.place) AS found, {marks}"
        f" FROM ({_shown_kin(via, form, contracts, tables)}) AS t JOIN {tables.relatives} AS k USING ({KEY})"
        f" LEFT JOIN marks AS m USING ({KEY})"
        f" WHERE k.{identifier(datum)} IS NOT NULL GROUP BY t.who"
    )


# --- a field ----------------------------------------------------------------------------------------------------


def field_sql(form: Form, field: FormField, contracts: Contracts, truth: bool = False) -> FieldSql:
    """A field's text and standing; by the ``truth`` a register's silence always says what the form has a word for."""
    value, text = _value_and_text(form, field, contracts)
    empty = _is_empty(value, field, contracts)
    declared = f"list_contains(own__declared, {literal(field.topic)})" if field.topic else "false"
    said = f"CASE WHEN {declared} THEN '-' END"
    otherwise = _otherwise(form, field, contracts, truth=truth)
    concluded = f"({empty}) AND NOT coalesce({declared}, false) AND ({otherwise}) IS NOT NULL"
    stands = {mark: _marked(field, contracts, mark) for mark in MARKS}
    if not field.asked and is_inferred(field, contracts):
        stands["fallback"] = "true"
    if field.otherwise:
        behind = {mark: _any(_behind_expression(field.otherwise, contracts), mark) for mark in MARKS}
        stands = {mark: f"CASE WHEN {concluded} THEN {behind[mark]} ELSE {stands[mark]} END" for mark in MARKS}
    if field.otherwise or field.none:
        stands["fallback"] = f"({empty}) OR ({stands['fallback']})"
    stands["declared"] = f"({stands['declared']}) OR {declared}"
    silence = _silence(field, contracts, truth=truth)
    text = f"CASE WHEN {empty} THEN coalesce({said}, {otherwise}, {silence}) ELSE coalesce(({text}), {said}) END"
    applies = f"coalesce(({field.applies_when}), true)" if field.applies_when else "true"
    return FieldSql(field, applies, text, stands, concluded if field.asked else "false")


def _otherwise(form: Form, field: FormField, contracts: Contracts, *, truth: bool) -> str:
    """What stands where nobody has said it. Of a datum the truth itself knows, and nothing is concluded."""
    if field.otherwise is None or (truth and field.datum):
        return "NULL::VARCHAR"
    return f"({_worded(f'({field.otherwise})', form, field, contracts.datum(field.datum), contracts)})"


def _silence(field: FormField, contracts: Contracts, *, truth: bool) -> str:
    """The form's word for what the owner's register leaves out."""
    nothing = contracts.datum(field.none.datum or field.datum) if field.none else None
    if field.none is None or nothing is None:
        return "NULL::VARCHAR"
    is_listed = f"coalesce(list_contains({REGISTERS}, '{nothing.owner}'), false)"
    says = "true" if truth or field.none.means == "absent" else is_listed
    return f"CASE WHEN {says} THEN {literal(field.none.text)} END"


def attachment_sql(conditions: Iterable[str], contracts: Contracts) -> str:
    """Whether a document is spared: each condition holds, and nobody disputes what it rests on."""
    texts = list(conditions)
    if not texts:
        return "false"
    tests = []
    for text in texts:
        known = contracts.datum(text) or (contracts.datum(text.partition(OF_RELATIVE)[2]) if text.isidentifier() else None)
        tests.append(f"({text}) IS NOT NULL" if known else f"coalesce(({text}), false)")
        tests += [f"len({text}) > 0"] if known and known.type == "set" else []
        tests += [f"NOT {_any(_behind_expression(text, contracts), mark)}" for mark in ("disputed", "declared")]
    return " AND ".join(tests)


def _is_empty(value: str, field: FormField, contracts: Contracts) -> str:
    datum = contracts.datum(field.datum)
    return f"len(coalesce({value}, [])) = 0" if datum and datum.type == "set" else f"({value}) IS NULL"


def _value_and_text(form: Form, field: FormField, contracts: Contracts) -> tuple[str, str]:
    if field.expression is not None:
        value = f"({field.expression})"
        return value, _worded(value, form, field, None, contracts)
    datum = contracts.datum(field.datum)
    if datum is None:
        return "NULL", "NULL::VARCHAR"
    column = column_of(field, contracts)
    if field.each:
        value = identifier(f"each__{_flat(str(field.via))}{OF_RELATIVE}{column}")
        one = _worded("item", form, field, datum, contracts)
        return value, _listed(f"list_transform({value}, lambda item: {one})", SEPARATOR)
    value = identifier(_flat(field.via) + OF_RELATIVE + column) if field.via else identifier(column)
    return value, _worded(value, form, field, datum, contracts)


def _worded(value: str, form: Form, field: FormField, datum: Datum | None, contracts: Contracts) -> str:
    """SQL for ``warehouse.wording``: the value in the form's own format and code list, null where it has no word."""
    kind = datum.type if datum else None
    if datum and datum.codes and kind != "set":
        value = _permitted(value, form, datum, contracts)
    if field.part is not None:
        return _part(value, field.part, is_address=kind == "address")
    words = field.codes if field.codes is not None else labels_of(contracts, datum)
    if kind == "set":
        between = SEPARATOR if field.format in (None, LABEL) else str(field.format)
        spelt = f"list_transform({value}, lambda code: {_spelt('code', words)})"
        return f"CASE WHEN len({value}) > 0 THEN {_listed(spelt, between)} END"
    if field.codes is not None or field.format == LABEL:
        return _spelt(f"CAST({value} AS VARCHAR)", words)
    return _formatted(value, field.format, is_month=kind == "month")


def _part(value: str, part: str, *, is_address: bool) -> str:
    if not is_address:
        return f"(SELECT d.{part} FROM division AS d WHERE d.code = left({value}, 6))"
    place = re.compile(ADDRESS).groupindex[part]
    return f"nullif(regexp_extract({value}, {literal(ADDRESS)}, {place}), '')"


def _formatted(value: str, pattern: str | None, *, is_month: bool) -> str:
    if pattern and is_month:
        return f"strftime(strptime({value} || '01', '%Y%m%d'), {literal(pattern)})"
    if pattern and "%" in pattern:
        return f"strftime({value}, {literal(pattern)})"
    if pattern:
        return f"format({literal('{:' + pattern + '}')}, CAST({value} AS DOUBLE))"
    return f"nullif(CAST({value} AS VARCHAR), '')"


def _listed(words: str, between: str) -> str:
    """Words in a row, null when one of them is missing."""
    lacks_one = f"list_contains(list_transform({words}, lambda word: word IS NULL), true)"
    return f"CASE WHEN NOT {lacks_one} THEN array_to_string({words}, {literal(between)}) END"


def _spelt(value: str, words: dict[str, str]) -> str:
    if not words:
        return value
    pairs = ", ".join(f"{literal(code)}: {literal(word)}" for code, word in words.items())
    return f"MAP {{{pairs}}}[{value}]"


def _permitted(value: str, form: Form, datum: Datum, contracts: Contracts) -> str:
    hidden = [c for c in contracts.code_list(str(datum.codes)).codes if c.special and c.special not in form.covers]
    tests = " ".join(f"WHEN {literal(c.code)} THEN {literal(c.broader) if c.broader else 'NULL'}" for c in hidden)
    return f"(CASE {value} {tests} ELSE {value} END)" if tests else value


def _behind(field: FormField, contracts: Contracts) -> Iterator[Behind]:
    """Which data of whom a field rests on."""
    if field.expression is not None:
        yield from _behind_expression(field.expression, contracts)
    elif field.via is None:
        yield "own", str(field.datum), ""
    else:
        told = list(_ties(field.via, contracts))
        alias = f"k_{_flat(field.via)}"
        if field.each:
            yield from (one for one in told if one[0] != alias)  # what each of them says is marked with their data
        else:
            yield from (*told, (alias, str(field.datum), ""))


def _behind_expression(text: str, contracts: Contracts) -> Iterator[Behind]:
    for via, name in data_used(text):
        if via is None:
            yield "own", name, ""
        else:
            yield from _ties(via, contracts)
            yield f"k_{via}", name, ""


def _ties(via: str, contracts: Contracts) -> Iterator[Behind]:
    """What tells who the relative is, at every step: where there are several ways, the way that led there."""
    first, _, step = via.rpartition(".")
    if first:
        yield from _ties(first, contracts)
    alias, bearer = f"k_{_flat(via)}", f"k_{_flat(first)}" if first else "own"
    whose = _flat(first) + OF_RELATIVE + KEY if first else KEY
    for way, name in enumerate(ways_of(step, contracts), 1):
        led = f"{alias}__way = {way} AND " if _has_several_ways(via, contracts) else ""
        if own := told_by_bearer(name, contracts):
            yield bearer, own, led
        for theirs in told_by_relative(name, contracts):
            yield alias, theirs, f"{led}{identifier(_flat(via) + OF_RELATIVE + theirs)} = {identifier(whose)} AND "


def _has(one: Behind, mark: str) -> str:
    alias, name, when = one
    return f"{when}list_contains({alias}__{mark}, '{name}')"


def _any(behind: Iterable[Behind], mark: str) -> str:
    return "(" + (" OR ".join(f"coalesce({_has(one, mark)}, false)" for one in behind) or "false") + ")"


def _marked(field: FormField, contracts: Contracts, mark: str) -> str:
    if field.asked:
        return "false"
    own = _any(_behind(field, contracts), mark)
    each = f"each__{_flat(str(field.via))}{OF_RELATIVE}{column_of(field, contracts)}__{mark}"
    return f"({own} OR {identifier(each)})" if field.each else own


def reads_no_datum(field: FormField) -> bool:
    """Whether a field rests on the day of filling in alone."""
    return field.expression is not None and set(columns_read(field.expression)) <= {FILLED_ON}
