"""What a form's contract says of its fields, worked out once for a release and not at each call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlglot import exp, parse_one

from contracts.model import Contracts, Datum, Form, FormField
from warehouse.wording import labels_of

# Beside the data, what an expression of a form may read: the day of filling in, and the datasets that speak of the person.
FILLED_ON, REGISTERS = "filled_on", "registers"
# Between a relative's name and a datum of theirs in an expression: spouse__death_date.
OF_RELATIVE = "__"
# Before a datum of the applicant where an expression is over a relative's data.
OF_APPLICANT = f"applicant{OF_RELATIVE}"


@dataclass(frozen=True)
class FieldPlan:
    """One field: what is ``said`` of it whoever the applicant is, its datum with the words for its codes, the codes that no basis
    of the form lets through with what stands in their place.
    """

    field: FormField
    said: Mapping[str, Any]
    datum: Datum | None
    labels: Mapping[str, str]
    hidden: Mapping[str, str | None]
    is_inferred: bool
    place: str


def planned(form: Form, contracts: Contracts) -> tuple[FieldPlan, ...]:
    """The fields of a form, in its order."""
    return tuple(_planned(form, field, contracts) for field in form.fields)


def _planned(form: Form, field: FormField, contracts: Contracts) -> FieldPlan:
    names = ("name", "label", "label_en", "required", "asks", "asked_of", "choices", "law")
    datum = contracts.datum(field.datum)
    codes = contracts.code_list(datum.codes).codes if datum and datum.codes else ()
    return FieldPlan(
        field=field,
        said={name: getattr(field, name) for name in names},
        datum=datum,
        labels=labels_of(contracts, datum),
        hidden={code.code: code.broader for code in codes if code.special and code.special not in form.covers},
        is_inferred=is_inferred(field, contracts),
        place=f"form {form.id}, field {field.name}",
    )


def expressions_of(form: Form) -> tuple[str, ...]:
    """Every expression that filling in a form may need, each once."""
    texts = [text for field in form.fields for text in (field.expression, field.otherwise, field.applies_when) if text is not None]
    texts += [condition for attachment in form.attachments for condition in attachment.unnecessary_when]
    return tuple(dict.fromkeys(texts))


@lru_cache(maxsize=4096)
def all_read(expressions: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the columns that expressions read, each once."""
    return tuple(dict.fromkeys(name for expression in expressions for name in columns_read(expression)))


@lru_cache(maxsize=4096)
def columns_read(expression: str) -> tuple[str, ...]:
    """Names of the columns that an expression of a contract reads."""
    columns = parse_one(expression, read="duckdb").find_all(exp.Column)
    return tuple(dict.fromkeys(column.name for column in columns))


@lru_cache(maxsize=4096)
def data_used(expression: str) -> tuple[tuple[str | None, str], ...]:
    """The data that an expression reads, each with the relative whose it is, None for the applicant."""
    names = (name for name in columns_read(expression) if name not in (FILLED_ON, REGISTERS, "person_id"))
    parts = (name.partition(OF_RELATIVE) for name in names)
    return tuple((via, datum) if datum else (None, via) for via, _, datum in parts)


def is_inferred(field: FormField, contracts: Contracts) -> bool:
    """Whether no owner's word makes the field certain: it rests on kin that no register lists whole or says so to be, or on a datum
    of which a newer event may be registered elsewhere.
    """
    read = data_used(field.expression) if field.expression else ((field.via, str(field.datum)),)
    ways = [step for via, _ in read if via for step in via.split(".")]
    relatives = [relative for step in ways if (relative := contracts.relative(step))]
    data = [datum for name in (*ways, *(name for _, name in read)) if (datum := contracts.datum(name))]
    return field.each or any(not relative.same or relative.between for relative in relatives) or any(datum.elsewhere for datum in data)


def ways_of(step: str, contracts: Contracts) -> tuple[str, ...]:
    """The ways of which the first that leads to anybody tells who the relative is; the step itself where there is but one."""
    relative = contracts.relative(step)
    return relative.first_of if relative and relative.first_of else (step,)


def told_by_bearer(way: str, contracts: Contracts) -> str | None:
    """The datum by which a person says who their relative is: one of type person, or what both have in common. None where the relative
    says it (``told_by_relative``).
    """
    relative = contracts.relative(way)
    return relative.same if relative else way


def told_by_relative(way: str, contracts: Contracts) -> tuple[str, ...]:
    """The data of which one names the person whose relative somebody is: a child says who the mother or the father is."""
    relative = contracts.relative(way)
    return relative.of if relative else ()
