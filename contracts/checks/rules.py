"""Checks of the rules of contradiction: what they name, and what their SQL reads and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, doubled, listed
from contracts.checks.sql import Reading, data_read, literals, said_table
from contracts.layout import ORDERS
from contracts.model import Rule

ANSWERS = ("person_no", "owner_value", "reporter", "reported_value", "record_of", "record_no")
DATASET_ID = re.compile(r"[a-z_]+/[a-z_]+")


def _error(agreed: Agreement, rule: Rule, place: str, what: str, remedy: str) -> Finding:
    return Finding("error", agreed.file_of("rules", rule.id), place, what, remedy)


def rules_have_one_file_each(agreed: Agreement) -> Iterator[Finding]:
    """Two rules of one id would find the same disagreement."""
    for name in doubled(rule.id for rule in agreed.contracts.rules):
        what = f"two files hold the rule {name}"
        yield Finding("error", agreed.file_of("rules", name), "id", what, "keep one, or name one otherwise")


def rules_name_a_datum(agreed: Agreement) -> Iterator[Finding]:
    """What a rule is about is in the catalogue."""
    for rule in agreed.contracts.rules:
        if rule.datum not in agreed.data:
            what = f"{rule.datum} is no datum of the catalogue"
            yield _error(agreed, rule, "datum", what, close(rule.datum, agreed.data))


def rules_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """The SQL is one SELECT over tables and columns that a build has."""
    there = listed(name for name in agreed.tables if not name.startswith(said_table("")))
    remedy = f"mend the SQL (DuckDB's); there are {there}, and {said_table('<datum>')}"
    for rule, fault in agreed.unreadable_rules:
        yield _error(agreed, rule, "sql", fault, remedy)
    for view, fault in agreed.unreadable_views:
        yield Finding("error", agreed.file_of("rules/views", view.id), "sql", fault, remedy)


def rules_answer_what_is_asked(agreed: Agreement) -> Iterator[Finding]:
    """The SQL answers the columns that a discrepancy is made of."""
    for rule, reading in agreed.readings:
        answered = reading.query.named_selects
        lacking = [name for name in ANSWERS if name not in answered]
        if lacking:
            what = f"does not answer {listed(lacking)}"
            yield _error(agreed, rule, "sql", what, f"select {', '.join(ANSWERS)}, each under its name")


def rules_name_no_dataset(agreed: Agreement) -> Iterator[Finding]:
    """A rule speaks of what is told, never of who tells it: another county's departments are others."""
    for rule, reading in agreed.readings:
        for text in dict.fromkeys(literals(reading)):
            if DATASET_ID.fullmatch(text):
                remedy = "compare columns such as death_date__from, or count datasets; a new one then counts by itself"
                yield _error(agreed, rule, "sql", f"names the dataset {text}", remedy)


def rules_say_whose_record_it_is(agreed: Agreement) -> Iterator[Finding]:
    """``record_of`` and ``record_no`` come from one place: else a wrong record is shown."""
    for rule, reading in agreed.readings:
        if not {"record_no", "record_of"} <= set(reading.query.named_selects):
            continue
        numbers, datasets = _places(reading, "record_no"), _places(reading, "record_of")
        if numbers and datasets and not numbers & datasets:
            what = f"record_no is of {listed(sorted(numbers))}, record_of of {listed(sorted(datasets))}"
            remedy = "answer both of one table's row, or of one datum: x__from and x__no"
            yield _error(agreed, rule, "sql", what, remedy)


def _places(reading: Reading, name: str) -> set[str]:
    """Where the number or the dataset of a record comes from: a table's row, or a published datum."""
    columns = [answer for answer in reading.answers(name) if isinstance(answer, tuple)]
    return {
        str(column).removesuffix("__no").removesuffix("__from") if table == "rule_person" else str(table)
        for table, column in columns
    }


def rules_declare_the_data_they_use(agreed: Agreement) -> Iterator[Finding]:
    """``uses`` are data of the catalogue, each once, and all that the SQL reads."""
    for rule in agreed.contracts.rules:
        yield from _data_of_the_catalogue(agreed, rule, "uses", rule.uses)
    for rule, reading in agreed.readings:
        unsaid = sorted(data_read(reading, agreed.contracts) - set(rule.uses))
        if unsaid:
            what = f"the SQL reads {listed(unsaid)}, which uses does not name"
            yield _error(agreed, rule, "uses", what, "name every datum that the rule reads")


def rules_doubt_data_of_the_catalogue(agreed: Agreement) -> Iterator[Finding]:
    """``doubts`` and ``withholds`` are data of the catalogue, each once, and the rule's own datum is among what it doubts."""
    for rule in agreed.contracts.rules:
        yield from _data_of_the_catalogue(agreed, rule, "withholds", rule.withholds)
        yield from _data_of_the_catalogue(agreed, rule, "doubts", rule.doubts or ())
        if rule.doubts and rule.datum not in rule.doubts:
            what = f"does not name {rule.datum}, which the rule is about"
            yield _error(agreed, rule, "doubts", what, f"add {rule.datum}")


def rules_withhold_events_that_are_told(agreed: Agreement) -> Iterator[Finding]:
    """``withholds_events`` are kinds of event that a dataset tells, each once: another kind would withhold nothing."""
    for rule in agreed.contracts.rules:
        for name in doubled(rule.withholds_events):
            yield _error(agreed, rule, "withholds_events", f"{name} is named twice", "name it once")
        for name in rule.withholds_events:
            if name not in agreed.tellers:
                yield _error(agreed, rule, "withholds_events", f"no dataset tells a {name}", close(name, agreed.tellers))


def _data_of_the_catalogue(agreed: Agreement, rule: Rule, field: str, names: tuple[str, ...]) -> Iterator[Finding]:
    for name in doubled(names):
        yield _error(agreed, rule, field, f"{name} is named twice", "name it once")
    for name in names:
        if name not in agreed.data:
            yield _error(agreed, rule, field, f"{name} is no datum of the catalogue", close(name, agreed.data))


def order_terms_name_what_is_there(agreed: Agreement) -> Iterator[Finding]:
    """Every answer of the code list has something that follows, and every datum shown is one of the catalogue."""
    terms, file = agreed.contracts.order_terms, agreed.shown(agreed.files[ORDERS])
    if terms.codes not in agreed.lists:
        yield Finding("error", file, "codes", f"{terms.codes} is no code list", close(terms.codes, agreed.lists))
        return
    told = {answer.code for answer in terms.answers}
    for code in sorted(agreed.codes_of(terms.codes) ^ told):
        yield Finding("error", file, "answers", f"{code} is not in both the terms and the code list", "say what follows from each answer")
    for name in terms.shows:
        if name not in agreed.data:
            yield Finding("error", file, "shows", f"{name} is no datum of the catalogue", close(name, agreed.data))


CHECKS: tuple[Check, ...] = (
    order_terms_name_what_is_there,
    rules_have_one_file_each,
    rules_name_a_datum,
    rules_can_be_read,
    rules_answer_what_is_asked,
    rules_name_no_dataset,
    rules_say_whose_record_it_is,
    rules_declare_the_data_they_use,
    rules_doubt_data_of_the_catalogue,
    rules_withhold_events_that_are_told,
)
