"""Checks of data minimisation: nothing is collected that nobody uses (个人信息保护法 art. 6)."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, supplying, whens
from contracts.checks.form_data import OF_APPLICANT, data_read_by, expressions
from contracts.checks.sql import SqlFaultError, data_read, data_said
from contracts.checks.subscriptions import subscribed_data
from contracts.model import Contracts, Dataset

# What linking compares: with these a record finds its person, whether or not they are published from it.
LINKING = frozenset({"id_number", "name", "former_name", "birth_date"})


def _read(text: str, agreed: Agreement) -> frozenset[str]:
    """The data that an expression reads, and those that tell whose they are."""
    try:
        return frozenset(name for pair in data_read_by(text, agreed) for name in pair if name)
    except SqlFaultError:
        return frozenset()


def _told_by(agreed: Agreement) -> frozenset[str]:
    """The data that tell who belongs to an applicant."""
    of_relatives = {name for r in agreed.contracts.relatives for name in (*r.of, r.same, *r.first_of) if name}
    texts = [text for r in agreed.contracts.relatives for text in (r.where, r.between) if text]
    return frozenset(of_relatives.union(*(_read(text.replace(OF_APPLICANT, ""), agreed) for text in texts)))


def wanted_data(agreed: Agreement) -> frozenset[str]:
    """The data that a form, an attachment, an extract, a rule or linking needs."""
    contracts = agreed.contracts
    asked = {name for form in contracts.forms for f in form.fields for name in (f.datum, *(f.via or "").split(".")) if name}
    asked |= _told_by(agreed)
    for form in contracts.forms:
        asked |= {name for _, text in expressions(form) for name in _read(text, agreed)}
    for subscription in contracts.subscriptions:
        asked |= {datum for _, datum in subscribed_data(subscription, agreed)}
    asked |= {rule.datum for rule in contracts.rules}
    asked |= {name for reading in agreed.all_readings for name in data_read(reading, contracts)}
    return frozenset(asked | LINKING)


def used_columns(dataset: Dataset, agreed: Agreement, wanted: frozenset[str]) -> frozenset[str]:
    """The columns of a dataset that something uses, by name."""
    used = set(_structural(dataset)) | set(_events(dataset))
    said = {name for reading in agreed.all_readings for name in data_said(reading, agreed.contracts)}
    for datum in agreed.data.values():
        is_source, is_checker = dataset.id in datum.sources, dataset.id in datum.checked_by or datum.name in said
        if is_checker or (is_source and (datum.checked_by or datum.name in wanted)) or datum.name in LINKING:
            used |= {column.name for _, column in supplying(dataset, datum.name)}
    return frozenset(used)


def _structural(dataset: Dataset) -> Iterator[str]:
    """Columns that say which row it is, which version, and of which household."""
    delivery, home = dataset.delivery, dataset.household
    yield from (column.name for column in dataset.keys)
    yield from (name for name in (delivery.updated, delivery.operation and delivery.operation.column) if name)
    yield from (column.same_as for column in dataset.taken if column.same_as)
    yield from (home.number, home.relation) if home else ()
    told = dataset.answers
    yield from (name for name in (told.order, told.answer, told.remark) if name) if told else ()
    for person in dataset.persons:
        yield from (name for name in (person.newest_by, *person.yields, person.former_id_number, *person.contexts.values()) if name)
        yield from (supply.since for supply in person.data.values() if supply.since)


def _events(dataset: Dataset) -> Iterator[str]:
    """Columns of events, and those on which it depends whether something is told."""
    yield from (event.date for event in dataset.events)
    yield from (name for _, when in whens(dataset) for name in when)


def columns_are_used(agreed: Agreement) -> Iterator[Finding]:
    """Each column that is taken has a use, or says what it is for."""
    wanted = wanted_data(agreed)
    for dataset in agreed.contracts.datasets:
        used = used_columns(dataset, agreed, wanted)
        for column in dataset.taken:
            if column.name in used or (column.used_for or "").strip():
                continue
            what = f"{column.label} is collected, and no form, extract, rule, check, event or linking uses it"
            remedy = "say notTaken with the reason, or usedFor with the use that no contract shows"
            if column.name in _contexts(dataset, agreed):
                what = f"{column.label} is collected, and nothing but linking would use it, beside number, name and birth"
                remedy = "say usedFor: linking, if persons are not found without it, or notTaken with the reason"
            where = f"schema.properties.{column.name}"
            yield Finding("error", agreed.shown(dataset.source), where, what, remedy)


def _contexts(dataset: Dataset, agreed: Agreement) -> frozenset[str]:
    """The columns that tell what surrounds a person, by which linking finds those whose number does not."""
    surround = {name for context in agreed.contracts.linking.contexts for name in context.data}
    return frozenset(column.name for name in surround for _, column in supplying(dataset, name))


def published_data_are_used(agreed: Agreement) -> Iterator[Finding]:
    """A datum that nobody asks for need not be published."""
    wanted = wanted_data(agreed) | _from_households(agreed.contracts)
    for datum in agreed.contracts.catalogue.data:
        sources = [d for d in agreed.contracts.datasets if d.id in datum.sources]
        stated = any(c.used_for for d in sources for _, c in supplying(d, datum.name))
        if datum.name not in wanted and not datum.checked_by and not stated:
            what = f"{datum.label} is published, and no form, extract, rule or check uses it"
            remedy = "ask for it where it is needed, or leave it out of the catalogue"
            where = f"data.{datum.name}"
            yield Finding("note", agreed.catalogue_of(datum.name), where, what, remedy)


def _from_households(contracts: Contracts) -> frozenset[str]:
    """The data from which kin is told."""
    homes = [(d, d.household) for d in contracts.datasets if d.household]
    told = {name: s.column for d, _ in homes for p in d.persons for name, s in p.data.items()}
    columns = {name for _, home in homes if home for name in (home.number, home.relation)}
    return frozenset(name for name, column in told.items() if column in columns)


CHECKS: tuple[Check, ...] = (columns_are_used, published_data_are_used)
