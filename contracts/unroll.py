"""Rows that name several persons in one place: a role of which a row has several becomes a role for each, ``member_1``, ``member_2``, ...

A role keeps its place in the list as its name, so that a record, its key and its role say whom of the row is meant; whatever
reads contracts after this knows single persons alone.
"""

from __future__ import annotations

from contracts.model import Column, Dataset, EventOfRow, PersonOfRow, RelationOfRow, When


def nth(name: str, place: int) -> str:
    """What a column or a role is called for the ``place``-th person of a row, from 1."""
    return f"{name}_{place}"


def unrolled(dataset: Dataset) -> Dataset:
    """The dataset with a role, its columns, events and ties for each of several persons; as it is where every role is one person."""
    several = {person.role: person for person in dataset.persons if person.each}
    if not several:
        return dataset
    listed = {name: person for person in several.values() if person.each for name in person.each.columns}
    columns = [one for c in dataset.columns for one in _columns(c, listed.get(c.name))]
    delivered = [c.model_copy(update={"is_listed": c.name in listed}) for c in dataset.columns]
    return dataset.model_copy(
        update={
            "columns": tuple(columns),
            "persons": tuple(one for person in dataset.persons for one in _persons(person)),
            "events": tuple(one for event in dataset.events for one in _events(event, several)),
            "relations": tuple(one for tie in dataset.relations for one in _ties(tie, several)),
            "as_delivered": dataset.model_copy(update={"columns": tuple(delivered)}),
        }
    )


def _places(person: PersonOfRow) -> range:
    return range(1, person.each.at_most + 1) if person.each else range(0)


def _columns(column: Column, person: PersonOfRow | None) -> list[Column]:
    if person is None:
        return [column]
    return [column.model_copy(update={"name": nth(column.name, n), "place": (column.name, n)}) for n in _places(person)]


def _persons(person: PersonOfRow) -> list[PersonOfRow]:
    if person.each is None:
        return [person]
    return [_person(person, place) for place in _places(person)]


def _person(person: PersonOfRow, place: int) -> PersonOfRow:
    said = person.model_dump(exclude={"each"})
    return PersonOfRow.model_validate(_renamed(said, person, place) | {"role": nth(person.role, place)})


def _renamed(said: dict[str, object], person: PersonOfRow, place: int) -> dict[str, object]:
    """What a role says, with the names of its listed columns those of one person."""
    listed = set(person.each.columns) if person.each else set()
    # these name another role and what several datasets share, whatever the columns are called
    other_names = {"role", "space"}

    def of(value: object, key: str = "") -> object:
        if key == "when" and isinstance(value, dict):
            return _when(value, listed, place)
        if isinstance(value, dict):
            return {inner: of(v, inner) for inner, v in value.items()}
        if key in other_names or not isinstance(value, str) or value not in listed:
            return value
        return nth(value, place)

    return {key: of(value, key) for key, value in said.items()}


def _when(when: When, listed: set[str], place: int) -> When:
    return {nth(name, place) if name in listed else name: values for name, values in when.items()}


def _events(event: EventOfRow, several: dict[str, PersonOfRow]) -> list[EventOfRow]:
    single = tuple(role for role in event.roles if role not in several)
    told = [event.model_copy(update={"roles": single})] if single else []
    for role in event.roles:
        person = several.get(role)
        listed = set(person.each.columns) if person and person.each else set()
        for n in _places(person) if person else ():
            date = nth(event.date, n) if event.date in listed else event.date
            told.append(event.model_copy(update={"roles": (nth(role, n),), "date": date, "when": _when(event.when, listed, n)}))
    return told


def _ties(tie: RelationOfRow, several: dict[str, PersonOfRow]) -> list[RelationOfRow]:
    person = several.get(tie.from_) or several.get(tie.to)
    if person is None or person.each is None:
        return [tie]
    listed = set(person.each.columns)
    end = "from_" if tie.from_ in several else "to"
    return [
        tie.model_copy(update={end: nth(person.role, n), "when": _when(tie.when, listed, n)}) for n in _places(person)
    ]
