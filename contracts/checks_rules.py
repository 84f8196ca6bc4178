"""Checks of the rules of contradiction: what they name, and what their SQL reads and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contracts.checks_base import Agreement, Check, Finding, close, doubled, listed
from contracts.checks_sql import (
    Reading,
    data_read,
    household_table,
    literals,
    record_table,
    tables_of_build,
)
from contracts.model import Datum, Rule

ANSWERS = ("person_no", "owner_value", "reporter", "reported_value", "record_no", "source")
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


def rules_ask_somebody_who_knows(agreed: Agreement) -> Iterator[Finding]:
    """Who is to answer an objection delivers the datum."""
    for rule in agreed.contracts.rules:
        if rule.owner not in agreed.datasets:
            what = f"{rule.owner} is no dataset that is delivered"
            yield _error(agreed, rule, "owner", what, close(rule.owner, agreed.datasets))
        elif rule.datum in agreed.data and rule.datum not in agreed.datasets[rule.owner].supplies:
            what = f"{rule.owner} does not supply {rule.datum}, it cannot answer for it"
            yield _error(agreed, rule, "owner", what, f"ask one of {listed(agreed.suppliers(rule.datum))}")


def rules_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """The SQL is one SELECT over tables and columns that a build has."""
    for rule, fault in agreed.unreadable_rules:
        remedy = f"mend the SQL (DuckDB's); a build has {listed(tables_of_build(agreed.contracts))}"
        yield _error(agreed, rule, "sql", fault, remedy)


def rules_answer_what_is_asked(agreed: Agreement) -> Iterator[Finding]:
    """The SQL answers the columns that a discrepancy is made of."""
    for rule, reading in agreed.readings:
        answered = reading.query.named_selects
        lacking = [name for name in ANSWERS if name not in answered]
        if lacking:
            what = f"does not answer {listed(lacking)}"
            yield _error(agreed, rule, "sql", what, f"select {', '.join(ANSWERS)}, each under its name")


def rules_speak_of_known_datasets(agreed: Agreement) -> Iterator[Finding]:
    """A text like department/dataset in the SQL is one that is delivered."""
    for rule, reading in agreed.readings:
        for text in dict.fromkeys(literals(reading)):
            if DATASET_ID.fullmatch(text) and text not in agreed.datasets:
                what = f"speaks of {text}, which is no dataset that is delivered"
                yield _error(agreed, rule, "sql", what, close(text, agreed.datasets))


def rules_say_whose_record_it_is(agreed: Agreement) -> Iterator[Finding]:
    """``source`` is the place of the record's dataset in the datum's order: else a wrong record is shown."""
    for rule, reading in agreed.readings:
        if rule.datum not in agreed.data or not {"record_no", "source"} <= set(reading.query.named_selects):
            continue
        told = _told_sources(agreed, rule, reading)
        meant = _record_sources(agreed, reading)
        if meant and told and not meant & told:
            what = f"record_no is a record of {listed(sorted(meant))}, source says {listed(sorted(told))}"
            order = ", ".join(f"{n} {name}" for n, name in enumerate(_order(agreed.data[rule.datum])))
            yield _error(agreed, rule, "sql", what, f"answer the place of the record's dataset: {order}")


def _order(datum: Datum) -> tuple[str, ...]:
    """The datasets that a rule's ``source`` counts: the owner, the fallbacks, then who else checks."""
    return tuple(dict.fromkeys((*datum.sources, *datum.checked_by)))


def _told_sources(agreed: Agreement, rule: Rule, reading: Reading) -> set[str]:
    """The datasets that ``source`` may stand for: places after the owner, the fallbacks and the checkers."""
    datum = agreed.data[rule.datum]
    order = _order(datum)
    told: set[str] = set()
    for answer in reading.answers("source"):
        if isinstance(answer, int):
            told.add(order[answer] if answer < len(order) else f"nobody (there is no place {answer})")
        elif isinstance(answer, tuple) and str(answer[1]).endswith("__source"):
            told |= set(datum.sources)
    return told


def _record_sources(agreed: Agreement, reading: Reading) -> set[str]:
    """The datasets whose records ``record_no`` may number."""
    owners = {table(d): d.id for d in agreed.contracts.datasets for table in (record_table, household_table)}
    found: set[str] = set()
    for answer in reading.answers("record_no"):
        found |= _datasets_of(answer, owners, agreed)
    return found


def _datasets_of(answer: Any, owners: dict[str, str], agreed: Agreement) -> set[str]:
    if not isinstance(answer, tuple):
        return set()
    table, column = answer
    if table in owners:
        return {owners[table]}
    datum = agreed.data.get(str(column).removesuffix("__no"))
    return set(datum.sources) if datum else set()


def rules_declare_the_data_they_use(agreed: Agreement) -> Iterator[Finding]:
    """``uses`` are data of the catalogue, each once, and all that the SQL reads."""
    for rule in agreed.contracts.rules:
        for name in doubled(rule.uses):
            yield _error(agreed, rule, "uses", f"{name} is named twice", "name it once")
        for name in rule.uses:
            if name not in agreed.data:
                what = f"{name} is no datum of the catalogue"
                yield _error(agreed, rule, "uses", what, close(name, agreed.data))
    for rule, reading in agreed.readings:
        unsaid = sorted(data_read(reading, agreed.contracts) - set(rule.uses))
        if unsaid:
            what = f"the SQL reads {listed(unsaid)}, which uses does not name"
            yield _error(agreed, rule, "uses", what, "name every datum that the rule reads")


CHECKS: tuple[Check, ...] = (
    rules_have_one_file_each,
    rules_name_a_datum,
    rules_ask_somebody_who_knows,
    rules_can_be_read,
    rules_answer_what_is_asked,
    rules_speak_of_known_datasets,
    rules_say_whose_record_it_is,
    rules_declare_the_data_they_use,
)
