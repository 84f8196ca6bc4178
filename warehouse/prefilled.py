"""What is asked of a form, and what it answers: field by field, with whose word each value is or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from warehouse.clock import today
from warehouse.lookup import Release

Status = Literal["filled", "not_found", "cannot_say"]
Reason = Literal[
    "not_supplied", "not_applicable", "unknown", "imprecise", "not_computable", "no_code", "not_found", "cannot_say"
]

TEXTS: dict[Reason, str] = {
    "not_supplied": "没有部门提供，由申请人填写",
    "not_applicable": "不适用，无需填写",
    "unknown": "责任部门没有记录",
    "imprecise": "责任部门的记录只到年或月，由申请人填写完整日期",
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
    filled_on: date = field(default_factory=today)
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
class NoticeShown:
    """What whoever fills in the form should know of the applicant beside what it asks: that a death is told, or the number mistyped."""

    datum: str
    label: str
    label_en: str


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
    notices: tuple[NoticeShown, ...] = ()


@dataclass(frozen=True)
class Filled:
    """The answer, with what only the access log may know: whose data were looked at, and what came of it.

    ``outcome`` says ``withheld`` where the answer says that nobody was found.
    """

    prefilled: Prefilled
    persons: tuple[str, ...]
    outcome: str
