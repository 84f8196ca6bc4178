"""Fill a form with what the departments already hold (一数一源: what is shared is not asked again).

政务数据共享条例 art. 19; 国务院关于在线政务服务的若干规定 art. 7.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from contracts.model import Attachment, Contracts, Form
from warehouse.applicant import Applicant, RelatedPerson, may_be_shown, weakest
from warehouse.dossier import Dossier
from warehouse.faults import WrongUseError
from warehouse.form_plan import FieldPlan, data_used
from warehouse.identity import is_mistyped_citizens_number, masked
from warehouse.lookup import DECLARED_BY, Origin
from warehouse.prefilled import (
    TEXTS,
    AttachmentAnswer,
    Filled,
    FilledField,
    Inquiry,
    Missing,
    NoticeShown,
    Prefilled,
    Reason,
    Status,
)
from warehouse.published import Published
from warehouse.wording import SEPARATOR, NoCodeError, for_form, part_of

DECLARATION = "本人申报"
MISTYPED = (
    "没有查到此人：公民身份号码的位数或校验码不对，请核对后再查",
    "nobody was found: the identity number's last character does not follow from the others, or there are more or fewer",
)


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
    borne = release.bearers(inquiry.id_number)
    seen = [each for each in borne if may_see(each) and may_be_shown(each, form, inquiry.filled_on, release.contracts)]
    if len(borne) == len(seen) == 1:
        applicant = Applicant(release, seen[0], form, inquiry.filled_on)
        prefilled = _prefilled(release, form, inquiry, "filled", _answers(applicant, form), seen[0])
        return Filled(prefilled, tuple(dict.fromkeys(applicant.looked_at)), "filled")
    # Whoever else bears the number makes it nobody's for certain, seen or not.
    status: Literal["not_found", "cannot_say"] = "cannot_say" if seen else "not_found"
    answers = _no_answers(release, form, status)
    if status == "not_found" and is_mistyped_citizens_number(inquiry.id_number):
        answers["notices"] = (NoticeShown(release.contracts.catalogue.number.name, *MISTYPED),)
    prefilled = _prefilled(release, form, inquiry, status, answers)
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


def _no_answers(release: Published, form: Form, reason: Literal["not_found", "cannot_say"]) -> dict[str, Any]:
    return {
        "fields": tuple(_empty(plan, reason) for plan in release.plan(form)),
        "attachments": tuple(AttachmentAnswer(a.name, a.label, False, ()) for a in form.attachments),
    }


def _answers(applicant: Applicant, form: Form) -> dict[str, Any]:
    return {
        "fields": tuple(_filled(applicant, plan) for plan in applicant.release.plan(form)),
        "attachments": tuple(_attachment(applicant, form, a) for a in form.attachments),
        "notices": tuple(_notices(applicant, form)),
    }


def _notices(applicant: Applicant, form: Form) -> Iterator[NoticeShown]:
    """A pension form asks no day of death: what says that the applicant has died would be passed over."""
    asked = {field.datum for field in form.fields if field.via is None}
    for datum in applicant.release.contracts.catalogue.data:
        if datum.notice and datum.name not in asked and applicant.value(datum.name) is not None:
            yield NoticeShown(datum.name, datum.notice.label, datum.notice.label_en)


def _filled(applicant: Applicant, plan: FieldPlan) -> FilledField:
    field = plan.field
    if not _applies(applicant, plan):
        return _empty(plan, "not_applicable")
    if field.asked is not None:
        return _declared(applicant, plan) or _otherwise(applicant, plan) or _empty(plan, "not_supplied")
    values, rests_on = _values(applicant, plan)
    if not values:
        steps = (_declared, _otherwise, _nothing)
        return next((found for step in steps if (found := step(applicant, plan))), None) or _lacking(applicant, plan)
    try:
        text = SEPARATOR.join(_worded(value, applicant, plan) for value in values)
    except NoCodeError:
        return _declared(applicant, plan) or _empty(plan, "no_code")
    return _told(applicant, plan, text, rests_on, is_inferred=plan.is_inferred)


def _told(
    applicant: Applicant, plan: FieldPlan, text: str, rests_on: list[tuple[RelatedPerson, str]], *, is_inferred: bool
) -> FilledField:
    """A field with what it rests on: whose word it is, from which registers, and whether anybody doubts it."""
    origins = [origin for person, name in rests_on for origin in person.origins.get(name, ())]
    inferred = ["fallback"] if is_inferred else []
    return FilledField(
        **plan.said,
        value=text,
        missing=None,
        departments=_departments(origins),
        sources=_titles(applicant, (f"{origin.department}/{origin.dataset}" for origin in origins)),
        as_of=min((o.batch_date for o in origins if o.batch_date), default=None),
        standing=weakest([origin.standing for origin in origins] + inferred),
        disputed=any(person.is_disputed(name) for person, name in rests_on),
    )


def _worded(value: Any, applicant: Applicant, plan: FieldPlan) -> str:
    """A value as the form writes it. Raises NoCodeError where it has no word for it, or the part is not there."""
    shown = plan.hidden.get(value, value) if isinstance(value, str) else value
    shown = part_of(shown, plan.field, plan.datum, applicant.release.contracts)
    if shown is None:
        raise NoCodeError
    return for_form(shown, plan.field, plan.datum, plan.labels)


def _applies(applicant: Applicant, plan: FieldPlan) -> bool:
    """Whether the field is the applicant's to fill: what cannot be said counts as yes."""
    condition = plan.field.applies_when
    return condition is None or applicant.computed(condition, f"{plan.place}, applies_when") is not False


def _values(applicant: Applicant, plan: FieldPlan) -> tuple[list[Any], list[tuple[RelatedPerson, str]]]:
    """A field's values, one unless it wants each relative's, and which data of which persons they rest on."""
    field = plan.field
    if field.expression is not None:
        value = applicant.computed(field.expression, plan.place)
        return [] if value is None else [value], _data_behind(applicant, field.expression)
    name = str(field.datum)
    if field.via is None:
        value = applicant.told(name, field.format)
        return [] if value is None else [value], [(applicant, name)]
    others = applicant.related(field.via)
    others = others if field.each else others[:1]
    known = [(other, value) for other in others if (value := other.told(name, field.format)) is not None]
    told = applicant.ties(field.via, tuple(other for other, _ in known))
    return [value for _, value in known], [*told, *((other, name) for other, _ in known)]


def _data_behind(applicant: Applicant, expression: str) -> list[tuple[RelatedPerson, str]]:
    found: list[tuple[RelatedPerson, str]] = []
    for via, name in data_used(expression):
        if via is None:
            found.append((applicant, name))
        else:
            foremost = applicant.related(via)[:1]
            found += applicant.ties(via, foremost)
            found += [(other, name) for other in foremost]
    return found


def _declared(applicant: Applicant, plan: FieldPlan) -> FilledField | None:
    """What the applicant said in another form stands here too, until another answer is given."""
    found = applicant.declared(plan.field.topic) if plan.field.topic else None
    if found is None:
        return None
    value, said_on = found
    if plan.field.choices and value not in plan.field.choices:
        return None  # the choices have changed since
    return FilledField(
        **plan.said,
        value=value,
        missing=None,
        departments=(DECLARED_BY.partition("/")[0],),
        sources=(DECLARATION,),
        as_of=said_on,
        standing="declared",
        disputed=False,
    )


def _otherwise(applicant: Applicant, plan: FieldPlan) -> FilledField | None:
    """What follows, or is proposed, where nobody has said it: never the owner's word."""
    expression = plan.field.otherwise
    value = applicant.computed(expression, f"{plan.place}, otherwise") if expression is not None else None
    if expression is None or value is None:
        return None
    try:
        text = _worded(value, applicant, plan)
    except NoCodeError:
        return None
    told = _told(applicant, plan, text, _data_behind(applicant, expression), is_inferred=True)
    return dataclasses.replace(told, law=plan.field.otherwise_law)


def _nothing(applicant: Applicant, plan: FieldPlan) -> FilledField | None:
    """What the silence of the owner's register says, if the form has a word for it."""
    none = plan.field.none
    datum = applicant.release.contracts.datum(none.datum) if none and none.datum else plan.datum
    if none is None or datum is None or (none.means == "blank" and datum.owner not in applicant.registers):
        return None
    return FilledField(
        **plan.said,
        value=none.text,
        missing=None,
        departments=(datum.owner.partition("/")[0],),
        sources=_titles(applicant, [datum.owner]),
        as_of=applicant.release.latest_batch(datum.owner),
        standing="fallback",
        disputed=applicant.is_disputed(datum.name),
    )


def _lacking(applicant: Applicant, plan: FieldPlan) -> FilledField:
    field = plan.field
    if field.expression is not None:
        used = data_used(field.expression)
        lacking = tuple(via or name for via, name in used if applicant.value(via or name) is None)
        return _empty(plan, "not_computable", tuple(dict.fromkeys(lacking)))
    bearers = applicant.related(field.via)[:1] if field.via else (applicant,)
    if any(str(field.datum) in bearer.dossier.imprecise for bearer in bearers):
        return _empty(plan, "imprecise", (str(field.datum),))
    name = str(field.via or field.datum)
    return _empty(plan, "unknown", (name,) if applicant.value(name) is None else ())


def _empty(plan: FieldPlan, reason: Reason, lacking: tuple[str, ...] = ()) -> FilledField:
    nobody_is_asked = {"asks": None} if reason == "not_applicable" else {}
    return FilledField(
        **{**plan.said, **nobody_is_asked},
        value=None,
        missing=Missing(reason, TEXTS[reason], lacking),
        departments=(),
        sources=(),
        as_of=None,
        standing=None,
        disputed=False,
    )


def _attachment(applicant: Applicant, form: Form, attachment: Attachment) -> AttachmentAnswer:
    """A document is spared only by what a department itself says and nobody disputes."""
    place = f"form {form.id}, attachment {attachment.name}"
    conditions = attachment.unnecessary_when
    behind = [found for condition in conditions for found in _data_behind(applicant, condition)]
    holds = all(applicant.computed(condition, place) not in (None, False) for condition in conditions)
    unnecessary = bool(conditions) and holds and all(_is_firm(person, name) for person, name in behind)
    names = dict.fromkeys(name for _, name in behind)
    labels = tuple(datum.label for name in names if (datum := applicant.release.contracts.datum(name)))
    return AttachmentAnswer(attachment.name, attachment.label, unnecessary, labels if unnecessary else ())


def _is_firm(person: RelatedPerson, name: str) -> bool:
    declared = any(origin.standing == "declared" for origin in person.origins.get(name, ()))
    return not declared and not person.is_disputed(name)


def _departments(origins: list[Origin]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origin.department for origin in origins))


def _titles(applicant: Applicant, datasets: Iterable[str]) -> tuple[str, ...]:
    titles = applicant.release.contracts.titles | {DECLARED_BY: DECLARATION}
    return tuple(dict.fromkeys(titles[name] for name in datasets if name in titles))
