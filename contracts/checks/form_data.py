"""Whose data a form reads, and where in it: by its fields, and in the SQL of its expressions and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from contracts.checks.base import KEY, Agreement, person_columns
from contracts.checks.sql import SqlFaultError, read_expression
from contracts.model import Form

FILLED_ON = "filled_on"
REGISTERS = "registers"
OF_RELATIVE = "__"
OF_APPLICANT = f"applicant{OF_RELATIVE}"


def kin(agreed: Agreement) -> dict[str, str]:
    """Whose data a form may ask beside the applicant's, with the label: persons that data name, and relatives/."""
    ties = {datum.name: datum.label for datum in agreed.data.values() if datum.type == "person"}
    return ties | {relative.id: relative.label for relative in agreed.contracts.relatives}


@lru_cache(maxsize=1)
def applicant_columns(agreed: Agreement) -> tuple[str, ...]:
    """What an expression of a form may read: the applicant's data, and those of relatives as spouse__death_date."""
    theirs = (f"{via}{OF_RELATIVE}{datum}" for via in kin(agreed) for datum in (KEY, *agreed.data))
    return (*person_columns(agreed), FILLED_ON, REGISTERS, *theirs)


def expressions(form: Form) -> Iterator[tuple[str, str]]:
    """The SQL of a form, with its place."""
    yield "users", form.users
    for field in form.fields:
        if field.expression is not None:
            yield f"fields.{field.name}.expression", field.expression
        if field.otherwise is not None:
            yield f"fields.{field.name}.otherwise", field.otherwise
        if field.applies_when is not None:
            yield f"fields.{field.name}.applies_when", field.applies_when
    for attachment in form.attachments:
        for condition in attachment.unnecessary_when:
            yield f"attachments.{attachment.name}.unnecessary_when", condition


def data_read_by(text: str, agreed: Agreement) -> frozenset[tuple[str | None, str]]:
    """The data that an expression reads, with the relative whose they are. Raises SqlFaultError."""
    found = set()
    for name in read_expression(text, applicant_columns(agreed)) - {KEY, FILLED_ON, REGISTERS}:
        via, _, datum = name.partition(OF_RELATIVE)
        found.add((via, datum) if datum else (None, via))
    return frozenset(found)


def data_read_if_readable(text: str, agreed: Agreement) -> frozenset[tuple[str | None, str]]:
    """The same of an expression that may be unreadable, which then reads nothing."""
    try:
        return data_read_by(text, agreed)
    except SqlFaultError:
        return frozenset()


def read_of(form: Form, agreed: Agreement) -> Iterator[tuple[str, str | None, str]]:
    """Each place of a form that shows data, with whose and which."""
    for field in form.fields:
        for via in (field.via or "").split(".") if field.datum else ():
            yield f"fields.{field.name}", via or None, str(field.datum)
    for where, text in expressions(form):
        try:
            yield from ((where, via, name) for via, name in data_read_by(text, agreed))
        except SqlFaultError:
            continue
