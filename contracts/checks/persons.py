"""Checks of what a row says: of whom it speaks, what it tells of them, events, ties, households."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import (
    Agreement,
    Check,
    Finding,
    close,
    column,
    doubled,
    listed,
    unnamed_column,
    whens,
)
from contracts.checks.catalogue import ANSWERS, NAME
from contracts.checks.columns import DAYS, not_a_time
from contracts.model import Dataset, Datum, PersonOfRow, Supply

NUMBER = "identity_number"
SEX = "sex"


def _persons(agreed: Agreement) -> Iterator[tuple[str, str, Dataset, PersonOfRow]]:
    for dataset in agreed.contracts.datasets:
        for person in dataset.persons:
            yield agreed.shown(dataset.source), f"persons.{person.role}", dataset, person


def rows_speak_of_somebody(agreed: Agreement) -> Iterator[Finding]:
    """A row speaks of one person at least, each role is there once."""
    for dataset in agreed.contracts.datasets:
        file = agreed.shown(dataset.source)
        if not dataset.persons and dataset.answers is None:
            what = "the rows speak of nobody"
            yield Finding("error", file, "persons", what, "name a role, such as subject, and its data")
        for role in doubled(person.role for person in dataset.persons):
            yield Finding(
                "error", file, f"persons.{role}", "the role is there twice", "name each differently"
            )
    for file, where, _, person in _persons(agreed):
        if not NAME.fullmatch(person.role):
            what = f"{person.role!r} cannot be the name of a role"
            yield Finding("error", file, where, what, "use lower-case letters, digits and single underscores")


def roles_have_columns_of_their_own(agreed: Agreement) -> Iterator[Finding]:
    """Of several roles, each has a column of its own: by it a row shows whether it speaks of that person."""
    for file, where, dataset, person in _persons(agreed):
        others = {s.column for p in dataset.persons if p is not person for s in p.data.values()}
        own = {s.column for s in person.data.values() if s.column} - others
        if len(dataset.persons) > 1 and not own:
            what = "has no column that is not another role's too"
            yield Finding("error", file, where, what, "give it its own number or name")


def roles_can_be_linked(agreed: Agreement) -> Iterator[Finding]:
    """Without a number a record that looks like two persons, or like nobody, stays a person of its own."""
    numbers = {name for name, datum in agreed.data.items() if datum.type == NUMBER}
    for file, where, _, person in _persons(agreed):
        if not numbers & set(person.data):
            what = "supplies no identity number: its records find their persons by name, birth and what surrounds them alone"
            yield Finding(
                "note", file, f"{where}.data", what, f"supply {listed(sorted(numbers))}, if there is one"
            )


def supplies_name_data(agreed: Agreement) -> Iterator[Finding]:
    """What a role tells is in the catalogue."""
    for file, where, _, person in _persons(agreed):
        for name in person.data:
            if name not in agreed.data:
                what = f"supplies {name}, which is no datum of the catalogue"
                remedy = (
                    f"add it to catalogue.yaml with its owner, or leave it out; {close(name, agreed.data)}"
                )
                yield Finding("error", file, f"{where}.data.{name}", what, remedy)


def supplies_come_from_somewhere(agreed: Agreement) -> Iterator[Finding]:
    """A datum comes from a column, a tie to a person from another role of the row."""
    for file, where, dataset, person in _persons(agreed):
        for name, supply in person.data.items():
            place = f"{where}.data.{name}"
            yield from _supply_fault(file, place, dataset, supply)
            if supply.role == person.role:
                yield Finding(
                    "error", file, place, f"a {person.role} is tied to itself", "name the other role"
                )
            if name in agreed.data:
                yield from _tie_fault(file, place, agreed.data[name], supply)


def _supply_fault(file: str, where: str, dataset: Dataset, supply: Supply) -> Iterator[Finding]:
    if supply.since is not None:
        yield from _since_fault(file, f"{where}.since", dataset, supply.since)
    if (supply.column is None) == (supply.role is None):
        yield Finding("error", file, where, "needs a column or a role, and not both", "keep one of them")
    elif supply.column is not None:
        yield from unnamed_column(file, dataset, where, supply.column)
    else:
        yield from _unnamed_role(file, dataset, where, str(supply.role))


def _since_fault(file: str, where: str, dataset: Dataset, since: str) -> Iterator[Finding]:
    """A value holds from a day or a month on."""
    yield from unnamed_column(file, dataset, where, since)
    found = column(dataset, since)
    if found is not None and found.normaliser not in DAYS | {"month"}:
        what = f"column {since} is {found.normaliser}, neither a day nor a month"
        yield Finding("error", file, where, what, f"use {listed(sorted(DAYS))} or month")


def _tie_fault(file: str, where: str, datum: Datum, supply: Supply) -> Iterator[Finding]:
    """A person is told by a role, anything else by a column."""
    if (datum.type == "person") != (supply.role is not None):
        wanted = "role: <another role of the row>" if datum.type == "person" else "column: <its column>"
        yield Finding("error", file, where, f"{datum.name} is of type {datum.type}", f"write {wanted}")


def _unnamed_role(file: str, dataset: Dataset, where: str, role: str) -> Iterator[Finding]:
    roles = [person.role for person in dataset.persons]
    if role not in roles:
        yield Finding(
            "error", file, where, f"names role {role}, which the row does not have", close(role, roles)
        )


def former_numbers_and_order_name_columns(agreed: Agreement) -> Iterator[Finding]:
    """The earlier number is a number; the order of a person's records is a day or a moment."""
    for file, where, dataset, person in _persons(agreed):
        former, newest = person.former_id_number, person.newest_by
        if former is not None:
            place = f"{where}.former_id_number"
            yield from unnamed_column(file, dataset, place, former)
            found = column(dataset, former)
            if found is not None and found.normaliser != NUMBER:
                what = f"column {former} is {found.normaliser}, not {NUMBER}"
                yield Finding("error", file, place, what, f"normalise it as {NUMBER}")
        if newest is not None:
            yield from unnamed_column(file, dataset, f"{where}.newest_by", newest)
            yield from not_a_time(file, dataset, f"{where}.newest_by", newest)


def register_keys_name_columns(agreed: Agreement) -> Iterator[Finding]:
    """The department's own number of a person stands in a column."""
    for file, where, dataset, person in _persons(agreed):
        if person.register_key is not None:
            yield from unnamed_column(file, dataset, f"{where}.register_key.column", person.register_key.column)


def contexts_are_what_linking_compares(agreed: Agreement) -> Iterator[Finding]:
    """A column that only serves to find the person is a context of linking."""
    known = [context.name for context in agreed.contracts.linking.contexts]
    for file, where, dataset, person in _persons(agreed):
        for name, told in person.contexts.items():
            place = f"{where}.contexts.{name}"
            yield from unnamed_column(file, dataset, place, told)
            if name not in known:
                yield Finding("error", file, place, f"linking has no context {name}", close(name, known))


def whens_can_hold(agreed: Agreement) -> Iterator[Finding]:
    """``when`` compares a column with values that the column can have."""
    for dataset in agreed.contracts.datasets:
        file = agreed.shown(dataset.source)
        for where, when in whens(dataset):
            for name, values in when.items():
                yield from unnamed_column(file, dataset, where, name)
                found = column(dataset, name)
                walk = agreed.walks.get(found.crosswalk or "") if found else None
                if found and found.normaliser in ANSWERS:
                    what = f"{name} is {found.normaliser}, which is compared with no word"
                    yield Finding("error", file, where, what, "name a column of codes or of text")
                wanted = [values] if isinstance(values, str) else values
                for value in wanted:
                    if walk and value not in walk.map.values():
                        what = f"{name} is never {value!r} after crosswalk {walk.id}"
                        yield Finding("error", file, where, what, close(value, set(walk.map.values())))


def events_name_days_and_roles(agreed: Agreement) -> Iterator[Finding]:
    """Something happened on a day or in a month, to somebody of the row."""
    for dataset in agreed.contracts.datasets:
        file = agreed.shown(dataset.source)
        for event in dataset.events:
            where = f"events.{event.kind}"
            if not NAME.fullmatch(event.kind):
                what = f"{event.kind!r} cannot be the kind of an event"
                remedy = "use lower-case letters, digits and single underscores; events/<kind>.yaml says what it is called"
                yield Finding("error", file, where, what, remedy)
            yield from unnamed_column(file, dataset, f"{where}.date", event.date)
            found = column(dataset, event.date)
            if found is not None and found.normaliser not in DAYS | {"month"}:
                what = f"column {event.date} is {found.normaliser}, neither a day nor a month"
                yield Finding("error", file, f"{where}.date", what, f"use {listed(sorted(DAYS))} or month")
            if not event.roles:
                yield Finding("error", file, f"{where}.roles", "it happens to nobody", "name a role")
            for role in event.roles:
                yield from _unnamed_role(file, dataset, f"{where}.roles", role)


def event_kinds_can_be_told(agreed: Agreement) -> Iterator[Finding]:
    """A kind is told by a record or by a change of published data, its order names datasets that tell it, and its day is a datum's."""
    told = agreed.tellers
    for kind in agreed.contracts.event_kinds:
        file = agreed.file_of("events", kind.id)
        changed = kind.changed.data if kind.changed else ()
        if kind.id not in told and not changed:
            yield Finding("error", file, "id", f"no dataset tells a {kind.id}", close(kind.id, told))
        for name in kind.order:
            if name not in told.get(kind.id, set()):
                what = f"{name} does not tell a {kind.id}"
                yield Finding("error", file, "order", what, close(name, told.get(kind.id, set())))
        if kind.day and (kind.day not in agreed.data or agreed.data[kind.day].type != "date" or not kind.once):
            days = [name for name, datum in agreed.data.items() if datum.type == "date"]
            what = f"{kind.day} is no day of what is once in a life"
            yield Finding("error", file, "day", what, f"name a datum of type date, and once: true; {close(kind.day, days)}")
        for name in changed:
            if name not in agreed.data:
                yield Finding("error", file, "changed.data", f"{name} is no datum of the catalogue", close(name, agreed.data))
    for name in sorted(set(told) - {kind.id for kind in agreed.contracts.event_kinds}):
        (dataset_id, *_) = sorted(told[name])
        file = agreed.shown(agreed.datasets[dataset_id].source)
        remedy = f"write events/{name}.yaml with its label, or leave it so: it is told once a record, by its id"
        yield Finding("note", file, f"events.{name}", "the kind of event has no file", remedy)


def relations_name_two_roles(agreed: Agreement) -> Iterator[Finding]:
    """A tie is between two roles of the row."""
    for dataset in agreed.contracts.datasets:
        file = agreed.shown(dataset.source)
        for tie in dataset.relations:
            where = f"relations.{tie.kind}"
            yield from _unnamed_role(file, dataset, where, tie.from_)
            yield from _unnamed_role(file, dataset, where, tie.to)
            if tie.from_ == tie.to:
                yield Finding("error", file, where, f"a {tie.to} is tied to itself", "name two roles")


def households_tell_kin(agreed: Agreement) -> Iterator[Finding]:
    """Kin is read from number, relation and sex, of rows that speak of one person."""
    for dataset in agreed.contracts.datasets:
        home = dataset.household
        if home is None:
            continue
        file = agreed.shown(dataset.source)
        for place, name in (("number", home.number), ("relation", home.relation)):
            yield from unnamed_column(file, dataset, f"household.{place}", name)
        if len(dataset.persons) > 1:
            what = "the rows speak of several persons, so whose household it is cannot be told"
            yield Finding("error", file, "household", what, "write relations between the roles instead")
        for person in dataset.persons[:1]:
            if SEX not in person.data or person.data[SEX].column is None:
                what = f"{person.role} has no {SEX}, so father and mother cannot be told apart"
                yield Finding("error", file, "household", what, f"supply {SEX}, or leave household out")
        relation = column(dataset, home.relation)
        walk = agreed.walks.get(relation.crosswalk or "") if relation else None
        kin = agreed.lists.get(walk.to) if walk else None
        if relation is not None and (kin is None or not any(code.kin for code in kin.codes)):
            what = f"the codes of column {home.relation} do not say what kin they are"
            remedy = "use a crosswalk to a list whose codes have kin: head, spouse, child, parent"
            yield Finding("error", file, "household.relation", what, remedy)


CHECKS: tuple[Check, ...] = (
    rows_speak_of_somebody,
    roles_have_columns_of_their_own,
    roles_can_be_linked,
    supplies_name_data,
    supplies_come_from_somewhere,
    former_numbers_and_order_name_columns,
    register_keys_name_columns,
    contexts_are_what_linking_compares,
    whens_can_hold,
    events_name_days_and_roles,
    event_kinds_can_be_told,
    relations_name_two_roles,
    households_tell_kin,
)
