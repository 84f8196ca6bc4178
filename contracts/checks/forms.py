"""Checks of forms: what each asks, of whom, by which basis and in which words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, doubled, listed
from contracts.checks.form_data import (
    FILLED_ON,
    OF_RELATIVE,
    REGISTERS,
    applicant_columns,
    data_read_if_readable,
    expressions,
    kin,
    read_of,
)
from contracts.checks.sql import SqlFaultError, read_expression
from contracts.model import FormField

LABEL = "label"
ADDRESS_PARTS = ("province", "prefecture", "county", "township", "village", "detail")
DIVISION_PARTS = ("province", "prefecture", "county", "name")
MINORS = "minors"
DAY_FORMAT = re.compile(r"([^%]|%-?[mdY])*%-?[mdY]([^%]|%-?[mdY])*")
NUMBER_FORMAT = re.compile(r",?\.\df")


def _fields(agreed: Agreement) -> Iterator[tuple[str, str, FormField]]:
    for form in agreed.contracts.forms:
        for field in form.fields:
            yield agreed.file_of("forms", form.id), f"fields.{field.name}", field


def forms_have_one_file_and_fields_one_name(agreed: Agreement) -> Iterator[Finding]:
    """Forms, fields and attachments are told apart by their names."""
    for name in doubled(form.id for form in agreed.contracts.forms):
        what = f"two files hold the form {name}"
        yield Finding("error", agreed.file_of("forms", name), "id", what, "keep one, or name one otherwise")
    for form in agreed.contracts.forms:
        file = agreed.file_of("forms", form.id)
        for part, names in (("fields", form.fields), ("attachments", form.attachments)):
            for name in doubled(each.name for each in names):
                yield Finding("error", file, f"{part}.{name}", f"{name} is there twice", "name each once")


def forms_have_purpose_and_basis(agreed: Agreement) -> Iterator[Finding]:
    """Nobody's data are looked up without a purpose and a law that covers it."""
    for form in agreed.contracts.forms:
        file = agreed.file_of("forms", form.id)
        if not any(purpose.strip() for purpose in form.purposes):
            what = "no purpose is named: nobody could use the form"
            yield Finding("error", file, "purposes", what, "name at least one")
        if not form.basis.strip():
            yield Finding(
                "error", file, "basis", "no basis is named", "name the rule that the form stands on"
            )


def fields_say_once_where_they_come_from(agreed: Agreement) -> Iterator[Finding]:
    """A field is a datum, or an expression, or what only people can say."""
    for file, where, field in _fields(agreed):
        sources = [part for part in ("datum", "expression", "asked") if getattr(field, part)]
        if len(sources) > 1:
            what = f"has {listed(sources)}"
            yield Finding("error", file, where, what, "keep the one that the field is filled from")
        if not sources and not field.via:
            what = "has neither a datum nor an expression nor the name of what is asked"
            yield Finding("error", file, where, what, "add datum, expression or asked")
        if field.asked and not field.asks:
            what = f"asks for {field.asked}, and not in words"
            yield Finding("error", file, where, what, "write asks, the question that a person reads")
        if field.via and not field.datum:
            what = f"names {field.via}, and not which datum of that person"
            yield Finding("error", file, where, what, "name it as datum")
        if field.each and not field.via:
            yield Finding("error", file, where, "wants each, and not of which relatives", "name them as via")
        if field.otherwise and (field.each or field.expression):
            what = "has a value for where there is none, and is no single datum nor something asked"
            yield Finding("error", file, f"{where}.otherwise", what, "leave otherwise out; an expression says all by itself")


def fields_ask_for_data(agreed: Agreement) -> Iterator[Finding]:
    """What a form asks is in the catalogue, so that a department supplies it."""
    for file, where, field in _fields(agreed):
        datum = agreed.data.get(field.datum or "")
        if field.datum and datum is None:
            what = f"asks for {field.datum}, which is no datum of the catalogue"
            yield Finding("error", file, f"{where}.datum", what, close(field.datum, agreed.data))
        steps = field.via.split(".") if field.via else []
        for step in (step for step in steps if step not in kin(agreed)):
            kind = agreed.data[step].type if step in agreed.data else "thing of that name"
            what = f"goes via {step}, which is no person but a {kind}"
            yield Finding("error", file, f"{where}.via", what, f"go via {listed(kin(agreed))}")


def words_for_nothing_rest_on_a_register(agreed: Agreement) -> Iterator[Finding]:
    """Silence says something where the register's owner lists everybody."""
    for file, where, field in _fields(agreed):
        if field.none is None:
            continue
        datum = agreed.data.get(field.none.datum or field.datum or "")
        if datum is None or field.via:
            what = "has a word for nothing, and is no datum of the applicant"
            yield Finding("error", file, f"{where}.none", what, "leave none out")
        elif field.none.means == "absent" and _mode(agreed, datum.owner) == "delta":
            what = f"{datum.owner} tells changes only: who is not in it may well be known to its owner"
            yield Finding("error", file, f"{where}.none", what, "leave none out, or say means: blank")


def _mode(agreed: Agreement, dataset: str) -> str | None:
    found = agreed.datasets.get(dataset)
    return found.delivery.mode if found else None


def parts_are_of_what_has_them(agreed: Agreement) -> Iterator[Finding]:
    """A county is part of an address or of a division, a village of an address only."""
    for file, where, field in _fields(agreed):
        datum = agreed.data.get(field.datum or "")
        if field.part is None or datum is None:
            continue
        is_division = datum.type == "code" and datum.codes is None
        known = ADDRESS_PARTS if datum.type == "address" else DIVISION_PARTS if is_division else ()
        if field.part not in known:
            what = f"wants the {field.part} of {datum.name}, which has no such part"
            remedy = f"there are: {listed(known)}" if known else "leave part out"
            yield Finding("error", file, f"{where}.part", what, remedy)


def relatives_are_covered(agreed: Agreement) -> Iterator[Finding]:
    """A relative's data are shown where a rule says that the form may have them (个人信息保护法 art. 6, 34)."""
    for form in agreed.contracts.forms:
        file = agreed.file_of("forms", form.id)
        wanted = {via: where for where, via, _ in read_of(form, agreed) if via in kin(agreed)}
        for via, where in sorted(wanted.items()):
            if not form.relatives.get(via, "").strip():
                what = f"shows data of {via} ({kin(agreed)[via]}), whom no basis of the form covers"
                remedy = f"name the rule as relatives.{via}, or do not ask"
                yield Finding("error", file, where, what, remedy)
        for via in form.relatives:
            if via not in wanted:
                what = f"covers {via}, whose data the form does not ask"
                yield Finding("error", file, f"relatives.{via}", what, "leave it out")


def special_data_are_covered(agreed: Agreement) -> Iterator[Finding]:
    """Health data and the like are shown by a basis that names them (个人信息保护法 art. 28-29)."""
    codes = {c.special for found in agreed.lists.values() for c in found.codes if c.special}
    known = codes | {d.special for d in agreed.data.values() if d.special} | {MINORS}
    for form in agreed.contracts.forms:
        file = agreed.file_of("forms", form.id)
        for where, _, name in read_of(form, agreed):
            kind = agreed.data[name].special if name in agreed.data else None
            if kind and not form.covers.get(kind, "").strip():
                what = f"shows {name}, {kind} data that no basis of the form names"
                yield Finding("error", file, where, what, f"name the rule as covers.{kind}, or do not ask")
        for kind in form.covers:
            if kind not in known:
                what = f"covers {kind}, which is no special kind of data"
                yield Finding("error", file, f"covers.{kind}", what, close(kind, known))


def about(field: FormField) -> str:
    """What a field is about, by which the same question in another form is known."""
    topic = field.expression or field.asked
    if topic:
        return topic
    return OF_RELATIVE.join(name for name in (field.via, field.datum) if name)


def nobody_is_asked_twice(agreed: Agreement) -> Iterator[Finding]:
    """What two forms ask in the same words is one thing: said to one, it is known to the other."""
    first: dict[str, tuple[str, str]] = {}
    told: dict[str, tuple[str, FormField]] = {}
    for form in agreed.contracts.forms:
        file = agreed.file_of("forms", form.id)
        for field in form.fields:
            topic = about(field)
            other, here = first.setdefault(field.label, (form.id, topic))
            if here != topic and other != form.id:
                said = f"{field.label} is {topic} here and {here} in form {other}: it would be asked twice"
                remedy = "fill both from the same, or call one otherwise"
                yield Finding("error", file, f"fields.{field.name}", said, remedy)
            if field.asked:
                other, same = told.setdefault(field.asked, (form.id, field))
                if (same.asked_of, same.choices) != (field.asked_of, field.choices):
                    said = f"{field.asked} is asked of others, or with other choices, in form {other}"
                    yield Finding("error", file, f"fields.{field.name}", said, "ask alike, or name it otherwise")


def fields_map_known_codes(agreed: Agreement) -> Iterator[Finding]:
    """A form's own codes stand for codes of the datum's list."""
    for file, where, field in _fields(agreed):
        datum = agreed.data.get(field.datum or "")
        if datum is None or datum.codes not in agreed.lists:
            if datum is not None and field.format == LABEL and field.part is None:
                what = f"wants the label of {datum.name}, which has no code list"
                yield Finding("error", file, f"{where}.format", what, "leave format out")
            continue
        known = agreed.codes_of(datum.codes)
        for code in field.codes or {}:
            if code not in known:
                what = f"{code!r} is no code of {datum.codes}"
                yield Finding("error", file, f"{where}.codes.{code}", what, close(code, known))
        said_nothing = {code.code for code in agreed.lists[datum.codes or ""].codes if code.unknown}
        unsaid = sorted(known - said_nothing - set(field.codes)) if field.codes else []
        if unsaid:
            what = f"has no word for {listed(unsaid)} of {datum.codes}: left open when met"
            yield Finding("note", file, f"{where}.codes", what, "add them, if the form has a word for them")


def formats_fit_the_datum(agreed: Agreement) -> Iterator[Finding]:
    """A format is what a day, a month, a number or a set is written by; anything else would stand in the form as it is, or break it."""
    for file, where, field in _fields(agreed):
        datum = agreed.data.get(field.datum or "")
        if datum is None or field.format in (None, LABEL) or datum.type == "set":
            continue
        if datum.type in {"date", "month"}:
            is_sound, remedy = bool(DAY_FORMAT.fullmatch(field.format or "")), "write %Y, %m, %d, %-m, %-d for its parts: %Y-%m-%d"
        elif datum.type in {"amount", "number"}:
            is_sound, remedy = bool(NUMBER_FORMAT.fullmatch(field.format or "")), "write .2f for two decimals, ,.2f with commas"
        else:
            is_sound, remedy = False, "leave it out; codes gives a form's own words for codes, part a part of an address"
        if not is_sound:
            yield Finding("error", file, f"{where}.format", f"{field.format!r} is no format of a {datum.type}", remedy)


def what_is_computed_names_its_law(agreed: Agreement) -> Iterator[Finding]:
    """A value that follows from a person's data follows by a rule, which the form shows beside it."""
    for file, where, field in _fields(agreed):
        if field.expression is not None and not (field.law or "").strip() and data_read_if_readable(field.expression, agreed):
            remedy = "name the rule (law), or the one of derived/ that has it (derived)"
            yield Finding("error", file, f"{where}.law", "is computed from the person's data, and by no law", remedy)


def form_expressions_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """Expressions and conditions are SQL over the data of the applicant and of relatives."""
    remedy = f"write DuckDB's SQL over the catalogue's data, a relative's as spouse__name, {REGISTERS}, {FILLED_ON}"
    of_derived = {each.id: each.expression for each in agreed.contracts.derived}
    for form in agreed.contracts.forms:
        for where, text in expressions(form):
            if text not in of_derived.values():
                yield from _unreadable(agreed, agreed.file_of("forms", form.id), where, text, remedy)
    for name, text in of_derived.items():
        yield from _unreadable(agreed, agreed.file_of("derived", name), "expression", text, remedy)


def _unreadable(agreed: Agreement, file: str, where: str, text: str, remedy: str) -> Iterator[Finding]:
    try:
        read_expression(text, applicant_columns(agreed))
    except SqlFaultError as fault:
        yield Finding("error", file, where, str(fault), remedy)


CHECKS: tuple[Check, ...] = (
    forms_have_one_file_and_fields_one_name,
    forms_have_purpose_and_basis,
    fields_say_once_where_they_come_from,
    fields_ask_for_data,
    words_for_nothing_rest_on_a_register,
    parts_are_of_what_has_them,
    relatives_are_covered,
    special_data_are_covered,
    nobody_is_asked_twice,
    fields_map_known_codes,
    formats_fit_the_datum,
    what_is_computed_names_its_law,
    form_expressions_can_be_read,
)
