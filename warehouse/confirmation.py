"""What a citizen sends back of a prefilled form, held against what was filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contracts.model import Contracts, Form, FormField
from warehouse.prefilled import Prefilled
from warehouse.submissions import Answered, Outcome
from warehouse.wording import from_form, labels_of, misfit


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
    outcome: Outcome = "added" if prefilled is None else "confirmed" if value == prefilled else "corrected"
    if outcome == "confirmed":
        return Answered(field.name, value, outcome)
    if field.asked is not None:
        return Answered(field.name, value, outcome, field.asked, value)
    datum = contracts.datum(field.datum)
    if datum is None or field.via is not None or field.part is not None:
        return Answered(field.name, value, outcome)
    declared = from_form(value, field, datum, labels_of(contracts, datum))
    return Answered(field.name, value, outcome, datum.name, declared)


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
        if what := misfit(each.value, field, datum, labels_of(contracts, datum)):
            yield each.name, what
