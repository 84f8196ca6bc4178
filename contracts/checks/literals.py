"""Checks of what SQL holds data against: a code that its list does not have is never met."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, person_columns
from contracts.checks.form_data import OF_APPLICANT, OF_RELATIVE, applicant_columns, expressions
from contracts.checks.sql import Reading, SqlFaultError, comparisons, reading_of, said_table
from contracts.checks.subscriptions import conditions


def codes_stand_in_their_lists(agreed: Agreement) -> Iterator[Finding]:
    """What a datum with a code list, or the kind of an event, is compared with is one of its codes, or kinds."""
    for file, where, reading in _read(agreed):
        for held in comparisons(reading):
            (table, column), *_ = held.columns
            known = _known(table, column, agreed)
            for text in dict.fromkeys(held.texts):
                if known and text not in known:
                    what = f"compares {column} with '{text}', which it never is"
                    yield Finding("error", file, where, what, close(text, known))


def _known(table: str, column: str, agreed: Agreement) -> frozenset[str]:
    """What may stand in a column, where the contracts say all of it; else nothing."""
    if (table, column) == ("rule_event", "kind"):
        return frozenset({*agreed.tellers, *(kind.id for kind in agreed.contracts.event_kinds)})
    name = table.removeprefix(said_table("")) if column == "value" else column.rpartition(OF_RELATIVE)[2]
    datum = agreed.data.get(name)
    return agreed.codes_of(datum.codes) if datum and datum.type == "code" else frozenset()


def _read(agreed: Agreement) -> Iterator[tuple[str, str, Reading]]:
    """The SQL of all contracts, as far as it can be read, with its file and place."""
    for rule, reading in agreed.readings:
        yield agreed.file_of("rules", rule.id), "sql", reading
    for view, reading in agreed.view_readings:
        yield agreed.file_of("rules/views", view.id), "sql", reading
    for file, where, text, columns in _expressions(agreed):
        try:
            yield file, where, reading_of(text, columns)
        except SqlFaultError:
            continue


def _expressions(agreed: Agreement) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    derived = {each.expression for each in agreed.contracts.derived}
    for each in agreed.contracts.derived:
        yield agreed.file_of("derived", each.id), "expression", each.expression, applicant_columns(agreed)
    for form in agreed.contracts.forms:
        for where, text in expressions(form):
            if text not in derived:
                yield agreed.file_of("forms", form.id), where, text, applicant_columns(agreed)
    theirs = (*person_columns(agreed), *(f"{OF_APPLICANT}{name}" for name in person_columns(agreed)))
    for relative in agreed.contracts.relatives:
        for where, said in (("where", relative.where), ("between", relative.between)):
            if said:
                yield agreed.file_of("relatives", relative.id), where, said, theirs
    for subscription in agreed.contracts.subscriptions:
        for where, text in conditions(subscription):
            yield agreed.shown(subscription.source), where, text, person_columns(agreed)


CHECKS: tuple[Check, ...] = (codes_stand_in_their_lists,)
