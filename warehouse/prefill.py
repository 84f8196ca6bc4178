"""Fill a form with what the departments already hold (一数一源: what is shared is not asked again).

政务数据共享条例 art. 19; 国务院关于在线政务服务的若干规定 art. 7.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from contracts.model import Attachment, Contracts, Datum, Form, FormField
from warehouse.applicant import Applicant, RelatedPerson, data_of, data_used, weakest
from warehouse.as_of import stand_at
from warehouse.connection import open_read_only
from warehouse.faults import WrongUseError
from warehouse.identity import masked
from warehouse.lookup import Origin, Release, persons_with_number, release_of
from warehouse.wording import NoCodeError, for_form, labels_of

Status = Literal["filled", "not_found", "cannot_say"]
Reason = Literal["not_supplied", "unknown", "not_computable", "no_code", "not_found", "cannot_say"]

TEXTS: dict[Reason, str] = {
    "not_supplied": "没有部门提供，由申请人填写",
    "unknown": "责任部门没有记录",
    "not_computable": "现有数据不足以计算",
    "no_code": "表单的代码表里没有对应的代码",
    "not_found": "统一人口库里没有这个号码",
    "cannot_say": "不止一人使用这个号码，不能代填",
}


@dataclass(frozen=True)
class Inquiry:
    """Who asks for what: form, applicant's number, the purpose and the case that the look belongs to.

    ``as_of`` asks for what was known on an earlier day.
    """

    form: str
    id_number: str
    purpose: str
    case: str
    filled_on: date = dataclasses.field(default_factory=date.today)
    as_of: date | None = None


@dataclass(frozen=True)
class Missing:
    """Why a field is empty: a reason for machines, a sentence for people, the data that were lacking."""

    reason: Reason
    text: str
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilledField:
    """One field: ``value`` in the form's own format, or why it is ``missing``.

    ``departments`` supplied it; ``as_of`` is the oldest delivery that it rests on; ``standing`` the weakest
    of owner, fallback, declared; a ``disputed`` value is confirmed by the citizen before it is relied on.
    """

    name: str
    label: str
    value: str | None
    missing: Missing | None
    departments: tuple[str, ...]
    as_of: date | None
    standing: str | None
    disputed: bool
    required: bool
    asks: str | None
    law: str | None


@dataclass(frozen=True)
class AttachmentAnswer:
    """A document: ``unnecessary`` when the departments' own data (``because``) say what it would prove."""

    name: str
    label: str
    unnecessary: bool
    because: tuple[str, ...]


@dataclass(frozen=True)
class Prefilled:
    """The form for one applicant: ``id_number`` masked, ``person_id`` when exactly one person bears it."""

    form: str
    title: str
    status: Status
    person_id: str | None
    id_number: str
    purpose: str
    case: str
    release: Release
    fields: tuple[FilledField, ...]
    attachments: tuple[AttachmentAnswer, ...]


def prefill(database: Path, contracts: Contracts, inquiry: Inquiry) -> Prefilled:
    """Fill the form for the bearer of the number in the release ``database``.

    A number that nobody or more than one person bears leaves every field empty and says so. Raises
    WrongUseError for an unknown form, a purpose that the form does not have, or an empty case number.
    """
    form = _form(contracts, inquiry.form)
    _check_use(form, inquiry)
    with open_read_only(database) as connection:
        if inquiry.as_of is not None:
            stand_at(connection, contracts, inquiry.as_of)
        found = persons_with_number(connection, contracts, inquiry.id_number)
        status: Status = "filled" if len(found) == 1 else "cannot_say" if found else "not_found"
        return Prefilled(
            form=form.id,
            title=form.title,
            status=status,
            person_id=found[0] if status == "filled" else None,
            id_number=masked(inquiry.id_number),
            purpose=inquiry.purpose,
            case=inquiry.case,
            release=release_of(connection),
            **(
                _answers(Applicant(connection, contracts, found[0], inquiry.filled_on), contracts, form)
                if status == "filled"
                else _no_answers(form, status)
            ),
        )


def _form(contracts: Contracts, form_id: str) -> Form:
    for form in contracts.forms:
        if form.id == form_id:
            return form
    known = ", ".join(form.id for form in contracts.forms) or "none"
    raise WrongUseError(f"no form is called {masked(form_id)!r}; there are: {known}")


def _check_use(form: Form, inquiry: Inquiry) -> None:
    if inquiry.purpose not in form.purposes:
        known = ", ".join(form.purposes)
        raise WrongUseError(
            f"form {form.id} is not for the purpose {masked(inquiry.purpose)!r}; its purposes: {known}"
        )
    if not inquiry.case.strip():
        raise WrongUseError("a case number is needed: every look at a person's data belongs to a case")


def _no_answers(form: Form, reason: Literal["not_found", "cannot_say"]) -> dict[str, Any]:
    return {
        "fields": tuple(_empty(field, reason) for field in form.fields),
        "attachments": tuple(AttachmentAnswer(a.name, a.label, False, ()) for a in form.attachments),
    }


def _answers(applicant: Applicant, contracts: Contracts, form: Form) -> dict[str, Any]:
    return {
        "fields": tuple(_filled(applicant, contracts, form, field) for field in form.fields),
        "attachments": tuple(_attachment(applicant, contracts, form, a) for a in form.attachments),
    }


def _filled(applicant: Applicant, contracts: Contracts, form: Form, field: FormField) -> FilledField:
    if field.datum is None and field.expression is None:
        return _empty(field, "not_supplied")
    datum = _catalogued(contracts, field.datum)
    value, rests_on = _value(applicant, form, field)
    if value is None:
        return _lacking(applicant, field)
    try:
        text = for_form(value, field, datum, labels_of(contracts, datum))
    except NoCodeError:
        return _empty(field, "no_code")
    origins = [origin for person, name in rests_on for origin in person.origins.get(name, ())]
    return FilledField(
        name=field.name,
        label=field.label,
        value=text,
        missing=None,
        departments=_departments(origins),
        as_of=min((o.batch_date for o in origins if o.batch_date), default=None),
        standing=weakest(origin.standing for origin in origins),
        disputed=any(person.is_disputed(name) for person, name in rests_on),
        required=field.required,
        asks=field.asks,
        law=field.law,
    )


def _value(applicant: Applicant, form: Form, field: FormField) -> tuple[Any, list[tuple[RelatedPerson, str]]]:
    """A field's value, and which data of which persons it rests on."""
    own: list[tuple[RelatedPerson, str]] = [(applicant, name) for name in data_of(field)]
    if field.expression is not None:
        return applicant.computed(field.expression, f"form {form.id}, field {field.name}"), own
    name = str(field.datum)
    if field.via is None:
        return applicant.value(name), own
    other = applicant.related(field.via)
    if other is None:
        return None, own
    return other.value(name), [*own, (other, name)]


def _lacking(applicant: Applicant, field: FormField) -> FilledField:
    lacking = tuple(name for name in data_of(field) if applicant.value(name) is None)
    return _empty(field, "unknown" if field.expression is None else "not_computable", lacking)


def _empty(field: FormField, reason: Reason, lacking: tuple[str, ...] = ()) -> FilledField:
    return FilledField(
        name=field.name,
        label=field.label,
        value=None,
        missing=Missing(reason, TEXTS[reason], lacking),
        departments=(),
        as_of=None,
        standing=None,
        disputed=False,
        required=field.required,
        asks=field.asks,
        law=field.law,
    )


def _attachment(
    applicant: Applicant, contracts: Contracts, form: Form, attachment: Attachment
) -> AttachmentAnswer:
    """A document is spared only by what a department itself says and nobody disputes."""
    place = f"form {form.id}, attachment {attachment.name}"
    conditions = attachment.unnecessary_when
    names = tuple(dict.fromkeys(name for condition in conditions for name in data_used(condition)))
    holds = all(applicant.computed(condition, place) not in (None, False) for condition in conditions)
    unnecessary = bool(conditions) and holds and all(_is_firm(applicant, name) for name in names)
    labels = tuple(datum.label for name in names if (datum := _catalogued(contracts, name)))
    return AttachmentAnswer(attachment.name, attachment.label, unnecessary, labels if unnecessary else ())


def _is_firm(applicant: Applicant, name: str) -> bool:
    declared = any(origin.standing == "declared" for origin in applicant.origins.get(name, ()))
    return not declared and not applicant.is_disputed(name)


def _catalogued(contracts: Contracts, name: str | None) -> Datum | None:
    return next((datum for datum in contracts.catalogue.data if datum.name == name), None)


def _departments(origins: list[Origin]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.department for origin in origins))
