"""What is asked and answered over HTTP; the prefilled form itself is ``warehouse.prefill.Prefilled``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _writable(text: str) -> str:
    text.encode("utf-8")  # half a surrogate pair is no text
    return text


# No text holds what nobody can type; an answer has something in it, and may have several lines.
PLAIN = r"^[^\x00-\x1f\x7f]*$"
SPOKEN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\x00-\x20\x7f\u3000][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

# Last of all in each: pydantic leaves a pattern out of the schema when it stands behind a validator.
Writable = AfterValidator(_writable)
CaseNo = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern="^[（(〔【［\\[]?[0-9A-Za-z０-９Ａ-Ｚａ-ｚ\u4e00-\u9fff][^\\x00-\\x1f\\x7f]*$",
        description="The case number that the look belongs to 业务受理编号",
    ),
    Writable,
]
Number = Annotated[
    str,
    Field(min_length=15, max_length=30, pattern=PLAIN, description="The applicant's identity number, 18 or 15 characters 公民身份号码"),
    Writable,
]
Purpose = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN, description="One of the form's purposes 用途"), Writable]
FieldName = Annotated[str, Field(min_length=1, max_length=64), Writable]
Answer = Annotated[str, Field(min_length=1, max_length=500, pattern=SPOKEN), Writable]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PrefillRequest(Asked):
    """Whose form, for what."""

    id_number: Number
    purpose: Purpose
    case_no: CaseNo


class SubmissionRequest(Asked):
    """The form as the applicant has seen and confirmed it: what is left out was not looked at."""

    id_number: Number
    purpose: Purpose
    case_no: CaseNo
    applicant_confirmed: Literal[True] = Field(
        description="The applicant has seen the values and confirms those that are sent 申请人已核对确认"
    )
    fields: Annotated[
        dict[FieldName, Answer],
        Field(min_length=1, max_length=200, description="Values by the names of the form's fields, in the form's own wording"),
    ]


class FormSummary(BaseModel):
    id: str
    title: str
    title_en: str
    matter: str
    basis: str
    purposes: list[str] = Field(description="Those for which this key may fill it in")


class FieldAsked(BaseModel):
    name: str
    label: str
    label_en: str
    required: bool
    asks: str | None = Field(description="What people are asked when no department can say")
    asked_of: Literal["citizen", "official", "department"]
    choices: list[str]
    words: list[str] = Field(default=[], description="What its value may be, of a set several of these; any text where there are none")
    pattern: str | None = Field(default=None, description="How a day or month is written: %Y %m %d, and %-m %-d without a leading zero")
    law: str | None


class AttachmentAsked(BaseModel):
    name: str
    label: str
    label_en: str


class FormDetail(FormSummary):
    fields: list[FieldAsked]
    attachments: list[AttachmentAsked]


class Forms(BaseModel):
    forms: list[FormSummary]


class FieldReceipt(BaseModel):
    name: str
    outcome: Literal["confirmed", "corrected", "added"] = Field(
        description="Against what was prefilled: the same, something else, or nothing was there"
    )


class Receipt(BaseModel):
    """The submission is on the disk; the next build takes it in."""

    submission_id: str
    received_at: str
    form: str
    case_no: str
    release_id: str
    fields: list[FieldReceipt]


class LookShown(BaseModel):
    at: str = Field(description="UTC")
    system: str = Field(description="Which form system")
    action: str
    form: str | None
    purpose: str | None
    case_no: str | None
    outcome: str


class AccessLogAnswer(BaseModel):
    """Who looked at a person's data, when and why, newest first (个人信息保护法 art. 45)."""

    person_id: str
    entries: list[LookShown]


class Health(BaseModel):
    status: Literal["ok"]
    release_id: str
    as_of: date | None = Field(description="The last day whose deliveries are in the release")
    published_at: str = Field(description="UTC")
    age_seconds: int = Field(description="How long ago it was published")
