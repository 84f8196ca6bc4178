"""What a citizen sends back of a prefilled form, held against what was filled in."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.model import Contracts, Form, FormField
from warehouse.prefill import Prefilled
from warehouse.submissions import Answered, Outcome
from warehouse.wording import from_form, labels_of


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
