"""What a citizen sends back of a prefilled form, held against what was filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from contracts.model import Contracts, Datum, Form, FormField
from warehouse.connection import scratch
from warehouse.identity import is_mistyped_credit_code, tidy, with_century
from warehouse.prefilled import Prefilled
from warehouse.submissions import Answered, Outcome
from warehouse.wording import from_form, labels_of, misfit

SOME_DIGIT = r".*\d.*"
DOT = re.compile("[•・‧⋅∙․．.]")
BLANK = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])")  # between two words or numbers a blank parts them


def answered(
    contracts: Contracts, form: Form, prefilled: Prefilled, sent: Mapping[str, str]
) -> tuple[Answered, ...]:
    """Each field that was sent, in the form's order: confirmed, corrected, or added where nothing was filled in."""
    there = {field.name: field.value for field in prefilled.fields}
    return tuple(
        _answered(contracts, field, there[field.name], sent[field.name].strip())
        for field in form.fields
        if field.name in sent
    )


def _answered(contracts: Contracts, field: FormField, prefilled: str | None, value: str) -> Answered:
    datum = contracts.datum(field.datum)
    is_same = prefilled is not None and _bare(value, datum) == _bare(prefilled, datum)
    outcome: Outcome = "added" if prefilled is None else "confirmed" if is_same else "corrected"
    if outcome == "confirmed":
        return Answered(field.name, value, outcome)
    if field.asked is not None:
        return Answered(field.name, value, outcome, field.asked, value)
    if datum is None or field.via is not None or field.part is not None:
        return Answered(field.name, value, outcome)
    declared = from_form(value, field, datum, labels_of(contracts, datum))
    return Answered(field.name, value, outcome, datum.name, declared)


def _bare(text: str, datum: Datum | None) -> str:
    """A value without what is mere spelling, as in a delivery: its width, its blanks, the dots of a name, what parts a number."""
    kind = datum.type if datum else "text"
    if kind == "identity_number":
        return with_century(tidy(text))
    written = unicodedata.normalize("NFKC", text)
    if kind == "phone":
        return re.sub(r"^(\+|00)?86(?=1[0-9]{10}$)", "", re.sub(r"[\s-]", "", written))
    return BLANK.sub("", DOT.sub("·", written) if kind == "name" else written)


def misfits(contracts: Contracts, form: Form, fields: Iterable[Answered]) -> Iterator[tuple[str, str]]:
    """Names of the fields whose answers can be none, with what is wrong: taken, they would be asked of the owner or fill every form."""
    asked = {field.name: field for field in form.fields}
    for each in fields:
        field = asked[each.name]
        if each.outcome == "confirmed":
            continue
        if field.asked is not None:
            if field.choices and each.value not in field.choices:
                yield each.name, "none of the choices; GET /v1/forms/{form} names them"
            continue
        datum = contracts.datum(field.datum)
        if datum is None or field.part is not None or field.via is not None:
            continue
        if what := misfit(each.value, field, datum, labels_of(contracts, datum)) or _no_document(each.value, datum, contracts):
            yield each.name, what


def _no_document(text: str, datum: Datum, contracts: Contracts) -> str | None:
    """What keeps an answer from being the number of a document: the pattern of the owner's column, or, as in a delivery, no digit; or from
    being a unified social credit code.
    """
    if any(column.normaliser == "credit_code" for column in contracts.owner_columns(datum)):
        return "its last character does not follow from the others, or there are more or fewer" if is_mistyped_credit_code(text) else None
    if datum.type != "document_number":
        return None
    written = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    patterns = tuple(column.pattern for column in contracts.owner_columns(datum) if column.pattern) or (SOME_DIGIT,)
    with scratch() as engine:  # RE2, as deliveries are read
        fits = any(engine.execute("SELECT regexp_full_match(?, ?)", [written, pattern]).fetchone() == (True,) for pattern in patterns)
    return None if fits else "not of the pattern of such a document's number"

