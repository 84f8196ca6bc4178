"""Fill a form with what the departments already hold (一数一源: what is shared is not asked again).

政务数据共享条例 art. 19; 国务院关于在线政务服务的若干规定 art. 7.
"""

from __future__ import annotations

import dataclasses
import getpass
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from contracts.model import Attachment, Contracts, Form, FormField
from warehouse.access_log import Access
from warehouse.applicant import (
    Applicant,
    RelatedPerson,
    data_used,
    is_inferred,
    may_be_shown,
    tie_of,
    weakest,
)
from warehouse.dossier import Dossier
from warehouse.faults import WrongUseError
from warehouse.identity import masked
from warehouse.lookup import Origin, Release
from warehouse.published import Published
from warehouse.wording import SEPARATOR, NoCodeError, for_form, labels_of, part_of, permitted

Status = Literal["filled", "not_found", "cannot_say"]
Reason = Literal[
    "not_supplied", "not_applicable", "unknown", "not_computable", "no_code", "not_found", "cannot_say"
]

TEXTS: dict[Reason, str] = {
    "not_supplied": "没有部门提供，由申请人填写",
    "not_applicable": "不适用，无需填写",
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

    ``departments`` supplied it, from the registers ``sources``, by their titles;
    ``as_of`` is the oldest delivery that it rests on; ``standing`` the weakest
    of owner, fallback, declared; a ``disputed`` value is confirmed by the citizen before it is relied on.
    What is missing ``asked_of`` (citizen, official, department) is to supply, one of ``choices`` if there are any.
    """

    name: str
    label: str
    label_en: str
    value: str | None
    missing: Missing | None
    departments: tuple[str, ...]
    sources: tuple[str, ...]
    as_of: date | None
    standing: str | None
    disputed: bool
    required: bool
    asks: str | None
    asked_of: str
    choices: tuple[str, ...]
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


@dataclass(frozen=True)
class Filled:
    """The answer, with what only the access log may know: whose data were looked at, and what came of it.

    ``outcome`` says ``withheld`` where the answer says that nobody was found.
    """

    prefilled: Prefilled
    persons: tuple[str, ...]
    outcome: str


def prefill(database: Path, contracts: Contracts, inquiry: Inquiry) -> Prefilled:
    """Fill the form for the bearer of the number in the release ``database``; raises as ``fill`` does."""
    return fill(Published(database, contracts, inquiry.as_of), inquiry).prefilled


def fill(release: Published, inquiry: Inquiry, may_see: Callable[[Dossier], bool] = lambda _: True) -> Filled:
    """Fill the form for the bearer of the number, of those whom ``may_see`` and the form's basis let through.

    A number that nobody or more than one person bears leaves every field empty and says so. Raises
    WrongUseError for an unknown form, a purpose that the form does not have, or an empty case number.
    """
    form = _form(release.contracts, inquiry.form)
    _check_use(form, inquiry)
    borne = [found for person in release.bearers(inquiry.id_number) if (found := release.dossier(person))]
    seen = [each for each in borne if may_see(each) and may_be_shown(each, form, inquiry.filled_on)]
    if len(borne) == len(seen) == 1:
        applicant = Applicant(release, seen[0], form, inquiry.filled_on)
        prefilled = _prefilled(release, form, inquiry, "filled", _answers(applicant, release.contracts, form), seen[0])
        return Filled(prefilled, tuple(dict.fromkeys(applicant.looked_at)), "filled")
    # Whoever else bears the number makes it nobody's for certain, seen or not.
    status: Literal["not_found", "cannot_say"] = "cannot_say" if seen else "not_found"
    prefilled = _prefilled(release, form, inquiry, status, _no_answers(form, status))
    outcome = "withheld" if borne and not seen else status
    return Filled(prefilled, tuple(dossier.person_id for dossier in borne), outcome)


def _prefilled(
    release: Published,
    form: Form,
    inquiry: Inquiry,
    status: Status,
    answers: dict[str, Any],
    bearer: Dossier | None = None,
) -> Prefilled:
    return Prefilled(
        form=form.id,
        title=form.title,
        status=status,
        person_id=bearer.person_id if bearer else None,
        id_number=masked(inquiry.id_number),
        purpose=inquiry.purpose,
        case=inquiry.case,
        release=release.release,
        **answers,
    )


def at_the_keyboard(inquiry: Inquiry, filled: Filled) -> Access:
    """What the access log says of a form that the command line filled in."""
    return Access(
        key="command",
        system=getpass.getuser(),
        action="prefill",
        form=inquiry.form,
        purpose=inquiry.purpose,
        case_no=inquiry.case,
        persons=filled.persons,
        outcome=filled.outcome,
        release_id=filled.prefilled.release.release_id,
    )


def divisions_of(dossier: Dossier, contracts: Contracts) -> tuple[str, ...]:
    """Codes of the divisions that a person belongs to: a key for a region is for those who belong there."""
    return tuple(str(dossier.values[d.name]) for d in contracts.catalogue.data if d.locates and dossier.values.get(d.name))


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
    if not _applies(applicant, form, field):
        return _empty(field, "not_applicable")
    if field.datum is None and field.expression is None:
        return _declared(applicant, field) or _empty(field, "not_supplied")
    values, rests_on = _values(applicant, form, field)
    if not values:
        said = _nothing(applicant, contracts, field) or _declared(applicant, field)
        return said or _lacking(applicant, field)
    try:
        text = SEPARATOR.join(_worded(value, contracts, form, field) for value in values)
    except NoCodeError:
        return _declared(applicant, field) or _empty(field, "no_code")
    origins = [origin for person, name in rests_on for origin in person.origins.get(name, ())]
    return FilledField(
        **_said_of(field),
        value=text,
        missing=None,
        departments=_departments(origins),
        sources=_titles(contracts, (f"{origin.department}/{origin.dataset}" for origin in origins)),
        as_of=min((o.batch_date for o in origins if o.batch_date), default=None),
        standing=weakest([origin.standing for origin in origins] + _doubt(field, contracts)),
        disputed=any(person.is_disputed(name) for person, name in rests_on),
    )


def _doubt(field: FormField, contracts: Contracts) -> list[str]:
    return ["fallback"] if is_inferred(field, contracts) else []


def _worded(value: Any, contracts: Contracts, form: Form, field: FormField) -> str:
    """A value as the form writes it. Raises NoCodeError where it has no word for it, or the part is not there."""
    datum = contracts.datum(field.datum)
    shown = part_of(permitted(value, form, datum, contracts), field, datum, contracts)
    if shown is None:
        raise NoCodeError
    return for_form(shown, field, datum, labels_of(contracts, datum))


def _applies(applicant: Applicant, form: Form, field: FormField) -> bool:
    """Whether the field is the applicant's to fill: what cannot be said counts as yes."""
    if field.applies_when is None:
        return True
    place = f"form {form.id}, field {field.name}, applies_when"
    return applicant.computed(field.applies_when, place) is not False


def _values(
    applicant: Applicant, form: Form, field: FormField
) -> tuple[list[Any], list[tuple[RelatedPerson, str]]]:
    """A field's values, one unless it wants each relative's, and which data of which persons they rest on."""
    if field.expression is not None:
        place = f"form {form.id}, field {field.name}"
        value = applicant.computed(field.expression, place)
        return [] if value is None else [value], _data_behind(applicant, field.expression)
    name = str(field.datum)
    if field.via is None:
        value = applicant.value(name)
        return [] if value is None else [value], [(applicant, name)]
    others = applicant.related(field.via)
    others = others if field.each else others[:1]
    known = [(other, value) for other in others if (value := other.value(name)) is not None]
    return [value for _, value in known], [*_tie(applicant, field.via), *((other, name) for other, _ in known)]


def _data_behind(applicant: Applicant, expression: str) -> list[tuple[RelatedPerson, str]]:
    found: list[tuple[RelatedPerson, str]] = []
    for via, name in data_used(expression):
        if via is None:
            found.append((applicant, name))
        else:
            found += _tie(applicant, via)
            found += [(other, name) for other in applicant.related(via)[:1]]
    return found


def _tie(applicant: Applicant, via: str) -> list[tuple[RelatedPerson, str]]:
    name = tie_of(via, applicant.release.contracts)
    return [(applicant, name)] if name else []


def _declared(applicant: Applicant, field: FormField) -> FilledField | None:
    """What the applicant said in another form stands here too, until another answer is given."""
    value = applicant.declared(field.topic) if field.topic else None
    if value is None:
        return None
    return FilledField(
        **_said_of(field),
        value=value,
        missing=None,
        departments=(),
        sources=(),
        as_of=None,
        standing="declared",
        disputed=False,
    )


def _nothing(applicant: Applicant, contracts: Contracts, field: FormField) -> FilledField | None:
    """What the silence of the owner's register says, if the form has a word for it."""
    if field.none is None:
        return None
    datum = contracts.datum(field.none.datum or field.datum)
    if datum is None:
        return None
    if field.none.means == "blank" and datum.owner not in applicant.registers:
        return None
    return FilledField(
        **_said_of(field),
        value=field.none.text,
        missing=None,
        departments=(datum.owner.partition("/")[0],),
        sources=_titles(contracts, [datum.owner]),
        as_of=applicant.release.latest_batch(datum.owner),
        standing="fallback",
        disputed=applicant.is_disputed(datum.name),
    )


def _lacking(applicant: Applicant, field: FormField) -> FilledField:
    if field.expression is not None:
        used = data_used(field.expression)
        lacking = tuple(via or name for via, name in used if applicant.value(via or name) is None)
        return _empty(field, "not_computable", tuple(dict.fromkeys(lacking)))
    name = str(field.via or field.datum)
    return _empty(field, "unknown", (name,) if applicant.value(name) is None else ())


def _empty(field: FormField, reason: Reason, lacking: tuple[str, ...] = ()) -> FilledField:
    return FilledField(
        **_said_of(field),
        value=None,
        missing=Missing(reason, TEXTS[reason], lacking),
        departments=(),
        sources=(),
        as_of=None,
        standing=None,
        disputed=False,
    )


def _said_of(field: FormField) -> dict[str, Any]:
    """What the contract says of a field, whoever the applicant is."""
    names = ("name", "label", "label_en", "required", "asks", "asked_of", "choices", "law")
    return {name: getattr(field, name) for name in names}


def _attachment(
    applicant: Applicant, contracts: Contracts, form: Form, attachment: Attachment
) -> AttachmentAnswer:
    """A document is spared only by what a department itself says and nobody disputes."""
    place = f"form {form.id}, attachment {attachment.name}"
    conditions = attachment.unnecessary_when
    behind = [found for condition in conditions for found in _data_behind(applicant, condition)]
    holds = all(applicant.computed(condition, place) not in (None, False) for condition in conditions)
    unnecessary = bool(conditions) and holds and all(_is_firm(person, name) for person, name in behind)
    names = dict.fromkeys(name for _, name in behind)
    labels = tuple(datum.label for name in names if (datum := contracts.datum(name)))
    return AttachmentAnswer(attachment.name, attachment.label, unnecessary, labels if unnecessary else ())


def _is_firm(person: RelatedPerson, name: str) -> bool:
    declared = any(origin.standing == "declared" for origin in person.origins.get(name, ()))
    return not declared and not person.is_disputed(name)


def _departments(origins: list[Origin]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.department for origin in origins))


def _titles(contracts: Contracts, datasets: Iterable[str]) -> tuple[str, ...]:
    titles = {dataset.id: dataset.title for dataset in contracts.datasets}
    return tuple(dict.fromkeys(titles[name] for name in datasets if name in titles))
