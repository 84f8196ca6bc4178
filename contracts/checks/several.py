"""Checks of roles of which a row has several (``each``): that a column, a role and a name can be told for each of them."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, listed, unnamed_column
from contracts.model import Dataset, PersonOfRow
from contracts.unroll import nth

PERSONS_A_ROW = 99


def _several(agreed: Agreement) -> Iterator[tuple[str, str, Dataset, PersonOfRow, frozenset[str]]]:
    """File, place, dataset, role and its listed columns."""
    for dataset in agreed.contracts.datasets:
        for person in dataset.persons:
            if person.each is not None:
                file, where = agreed.shown(dataset.source), f"persons.{person.role}.each"
                yield file, where, dataset, person, frozenset(person.each.columns)


def each_names_columns_of_lists(agreed: Agreement) -> Iterator[Finding]:
    """A list holds one datum of each person, and not what is so of the whole row."""
    for file, where, dataset, person, columns in _several(agreed):
        if not columns:
            yield Finding("error", file, f"{where}.columns", "no column holds the list", "name those of its names and numbers")
        whole = {name for name in (dataset.delivery.updated, dataset.delivery.operation and dataset.delivery.operation.column) if name}
        whole |= {key.name for key in dataset.keys}
        for name in sorted(columns):
            yield from unnamed_column(file, dataset, f"{where}.columns", name)
            if name in whole:
                what = f"{name} says which record the row is, or its version, and not something of each {person.role}"
                yield Finding("error", file, f"{where}.columns", what, "leave it out")
            if any(c.name == name and c.normaliser == "set" for c in dataset.columns):
                what = f"{name} is a set, so a list of one would be one of sets"
                yield Finding("error", file, f"{where}.columns", what, "use the normaliser of one of its values")


def lists_speak_of_their_own_role(agreed: Agreement) -> Iterator[Finding]:
    """What a list says is of its own persons: of anybody else nobody knows which place in it counts."""
    for file, each, dataset, person, columns in _several(agreed):
        for other in (p for p in dataset.persons if p is not person):
            used = {name for s in other.data.values() for name in (s.column, s.since, *s.when) if name}
            used |= {name for name in (other.newest_by, *other.yields, other.former_id_number, *other.contexts.values()) if name}
            if shared := sorted(used & columns):
                what = f"{listed(shared)} is a list of {person.role}, and {other.role} uses it"
                yield Finding("error", file, f"{each}.columns", what, "keep it to one of them")
            for name, supply in other.data.items():
                if supply.role == person.role:
                    what = f"a row has several {person.role}, so who is its {name} cannot be told"
                    remedy = f"tell it from the other side, as a datum of {person.role}, or as relations"
                    yield Finding("error", file, f"persons.{other.role}.data.{name}", what, remedy)
        for where, used, is_its_own in _told(dataset, person.role):
            if not is_its_own and (shared := sorted(used & columns)):
                what = f"{listed(shared)} is a list of {person.role}, and others are told by it"
                yield Finding("error", file, where, what, f"tell it of {person.role} alone, or by a column of the row")


def _told(dataset: Dataset, role: str) -> Iterator[tuple[str, set[str], bool]]:
    """Place and columns of the events and ties, and whether they are of the role: events of it alone."""
    for event in dataset.events:
        yield f"events.{event.kind}", {event.date, *event.when}, set(event.roles) == {role}
    for tie in dataset.relations:
        yield f"relations.{tie.kind}", set(tie.when), role in {tie.from_, tie.to}


def several_are_tied_to_one(agreed: Agreement) -> Iterator[Finding]:
    """A tie leads from each of several to one; households are of rows about one person."""
    for dataset in agreed.contracts.datasets:
        file, several = agreed.shown(dataset.source), {p.role for p in dataset.persons if p.each}
        for tie in dataset.relations:
            if {tie.from_, tie.to} <= several and tie.from_ != tie.to:
                what = f"a row has several {tie.from_} and several {tie.to}, so who belongs to whom cannot be told"
                yield Finding("error", file, f"relations.{tie.kind}", what, "tie each of them to a role of which there is one")
        if several and dataset.household and len(dataset.persons) == 1:
            what = "the rows speak of several persons, so whose household it is cannot be told"
            yield Finding("error", file, "household", what, "write relations between the roles instead")


def each_person_has_a_name_of_its_own(agreed: Agreement) -> Iterator[Finding]:
    """The second of several is ``member_2``, in a row of fewer than a hundred persons."""
    for file, where, dataset, person, columns in _several(agreed):
        taken = {c.name for c in dataset.columns} | {p.role for p in dataset.persons}
        at_most = person.each.at_most if person.each else 0
        names = {nth(name, n) for name in (*columns, person.role) for n in range(1, at_most + 1)}
        if twice := sorted(names & taken):
            what = f"{listed(twice)} is what one of several is called, and is there already"
            yield Finding("error", file, where, what, "name the column or the role otherwise")
        if sum(p.each.at_most if p.each else 1 for p in dataset.persons) > PERSONS_A_ROW:
            what = f"a row would speak of more than {PERSONS_A_ROW} persons"
            yield Finding("error", file, f"{where}.at_most", what, "agree on fewer")


def lists_of_objects_are_listed_whole(agreed: Agreement) -> Iterator[Finding]:
    """Of the objects in a JSON list each member that is taken is one of each person."""
    for file, where, dataset, person, columns in _several(agreed):
        if not any(layout.format == "jsonl" for layout in dataset.delivery.layouts):
            continue
        above = {c.header.rpartition(".")[0] + "." for c in dataset.columns if c.name in columns and "." in c.header}
        single = [c for c in dataset.taken if c.name not in columns and c.header.startswith(tuple(above))]
        if left := [c.name for c in single if not (c.is_list or c.reads_several)]:
            what = f"{listed(left)} stands in the objects of the list, and is not of each {person.role}: every row would be kept out"
            yield Finding("error", file, f"{where}.columns", what, "name it here too, or say notTaken with the reason")


CHECKS: tuple[Check, ...] = (
    each_names_columns_of_lists,
    lists_speak_of_their_own_role,
    several_are_tied_to_one,
    each_person_has_a_name_of_its_own,
    lists_of_objects_are_listed_whole,
)
