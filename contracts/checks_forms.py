"""Checks of what leaves: forms and subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks_base import Agreement, Check, Finding, close, doubled, listed
from contracts.checks_sql import SqlFaultError, read_expression
from contracts.model import Form, FormField, Subscription

KEY = "person_id"
FILLED_ON = "filled_on"
LABEL = "label"


def person_columns(agreed: Agreement) -> tuple[str, ...]:
    """The columns of the published table person."""
    return (KEY, *agreed.data)


def expressions(form: Form) -> Iterator[tuple[str, str]]:
    """The SQL of a form, with its place."""
    for field in form.fields:
        if field.expression is not None:
            yield f"fields.{field.name}.expression", field.expression
    for attachment in form.attachments:
        for condition in attachment.unnecessary_when:
            yield f"attachments.{attachment.name}.unnecessary_when", condition


def conditions(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """The SQL of a subscription, with its place."""
    if subscription.where:
        yield "customProperties.where", subscription.where
    for part in subscription.partition_by:
        name, _, expression = part.partition("=")
        yield "customProperties.partitionBy", (expression or name).strip()


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
    """A field is a datum, or an expression, or what only the citizen can say."""
    for file, where, field in _fields(agreed):
        if field.datum and field.expression:
            what = "has both a datum and an expression"
            yield Finding("error", file, where, what, "keep the one that the field is filled from")
        if field.via and not field.datum:
            what = f"names {field.via}, and not which datum of that person"
            yield Finding("error", file, where, what, "name it as datum")
        if not field.datum and not field.expression and not field.asks:
            what = "has neither a datum nor an expression nor what the citizen is asked"
            yield Finding("error", file, where, what, "add datum, expression or asks")


def fields_ask_for_data_that_somebody_supplies(agreed: Agreement) -> Iterator[Finding]:
    """What a form asks is in the catalogue, and a department supplies it."""
    for file, where, field in _fields(agreed):
        for part, name in (("datum", field.datum), ("via", field.via)):
            datum = agreed.data.get(name or "")
            if name and datum is None:
                what = f"asks for {name}, which is no datum of the catalogue"
                yield Finding("error", file, f"{where}.{part}", what, close(name, agreed.data))
            elif datum and not agreed.supplied(datum):
                what = f"asks for {name}, which nobody supplies"
                remedy = (
                    "find a department that delivers it, or ask the citizen (asks) and leave the datum out"
                )
                yield Finding("error", file, f"{where}.{part}", what, remedy)
            if part == "via" and datum and datum.type != "person":
                what = f"goes via {name}, which is no person but a {datum.type}"
                persons = [d.name for d in agreed.data.values() if d.type == "person"]
                yield Finding("error", file, f"{where}.via", what, f"go via {listed(persons)}")


def fields_map_known_codes(agreed: Agreement) -> Iterator[Finding]:
    """A form's own codes stand for codes of the datum's list."""
    for file, where, field in _fields(agreed):
        datum = agreed.data.get(field.datum or "")
        if datum is None or datum.codes not in agreed.lists:
            if datum is not None and field.format == LABEL:
                what = f"wants the label of {datum.name}, which has no code list"
                yield Finding("error", file, f"{where}.format", what, "leave format out")
            continue
        known = agreed.codes_of(datum.codes)
        for code in field.codes or {}:
            if code not in known:
                what = f"{code!r} is no code of {datum.codes}"
                yield Finding("error", file, f"{where}.codes.{code}", what, close(code, known))
        unsaid = sorted(known - set(field.codes)) if field.codes else []
        if unsaid:
            what = f"has no word for {listed(unsaid)} of {datum.codes}: left open when met"
            yield Finding("note", file, f"{where}.codes", what, "add them, if the form has a word for them")


def form_expressions_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """Expressions and conditions are SQL over the applicant's data."""
    columns = (*person_columns(agreed), FILLED_ON)
    for form in agreed.contracts.forms:
        for where, text in expressions(form):
            try:
                read_expression(text, columns)
            except SqlFaultError as fault:
                remedy = f"write an expression of DuckDB's SQL over the catalogue's data and {FILLED_ON}"
                yield Finding("error", agreed.file_of("forms", form.id), where, str(fault), remedy)


def one_subscription_a_subscriber(agreed: Agreement) -> Iterator[Finding]:
    """An extract is asked for by its subscriber."""
    for name in doubled(s.subscriber for s in agreed.contracts.subscriptions):
        files = [agreed.shown(s.source) for s in agreed.contracts.subscriptions if s.subscriber == name]
        what = f"{name} has {len(files)} contracts: {listed(files)}"
        yield Finding("error", files[-1], "domain", what, "keep one a subscriber")


def subscriptions_have_purpose_and_basis(agreed: Agreement) -> Iterator[Finding]:
    """Data go to another department for a purpose that a law covers (政务数据共享条例 art. 25)."""
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        for place, word, text in (
            ("description.purpose", "purpose", subscription.purpose),
            ("description.usage", "basis", subscription.basis),
        ):
            if not text.strip():
                remedy = f"write the {word} that covers every column"
                yield Finding("error", file, place, f"no {word} is stated", remedy)


def subscriptions_name_published_columns(agreed: Agreement) -> Iterator[Finding]:
    """What is delivered are columns of the table person, each once, with the person's id."""
    known = person_columns(agreed)
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        if KEY not in subscription.columns:
            what = f"{KEY} is not delivered, and changes are told by it"
            yield Finding("error", file, "schema.properties", what, f"add {KEY}")
        for name in doubled(subscription.columns):
            yield Finding(
                "error", file, f"schema.properties.{name}", f"{name} is there twice", "name it once"
            )
        for name in subscription.columns:
            if name not in known:
                what = f"{name} is no column of person"
                yield Finding("error", file, f"schema.properties.{name}", what, close(name, known))


def subscription_conditions_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """Which rows are delivered, and into which folders, is SQL over the published person."""
    for subscription in agreed.contracts.subscriptions:
        for where, text in conditions(subscription):
            try:
                read_expression(text, person_columns(agreed))
            except SqlFaultError as fault:
                remedy = "write an expression of DuckDB's SQL over the columns of person"
                yield Finding("error", agreed.shown(subscription.source), where, str(fault), remedy)


CHECKS: tuple[Check, ...] = (
    forms_have_one_file_and_fields_one_name,
    forms_have_purpose_and_basis,
    fields_say_once_where_they_come_from,
    fields_ask_for_data_that_somebody_supplies,
    fields_map_known_codes,
    form_expressions_can_be_read,
    one_subscription_a_subscriber,
    subscriptions_have_purpose_and_basis,
    subscriptions_name_published_columns,
    subscription_conditions_can_be_read,
)
