"""Rows that name several persons in one place: each one's data in columns of its own, and why a row is kept out where they do not fit."""

from __future__ import annotations

from contracts.model import Column, Dataset, PersonOfRow
from warehouse.quoting import literal


def delivered(dataset: Dataset, rows: str) -> str:
    """SQL for ``delivered``: the rows as they came, with a column for what they say of each of several persons, and in ``each__<role>``
    why their lists do not fit one another.
    """
    several = _several(dataset)
    if not several:
        return f"CREATE TEMP VIEW delivered AS {rows}"
    lists = {name for person in several for name in _columns(person)}
    split = ", ".join(f"listed({name}) AS list__{name}" for name in sorted(lists))
    places = [(c.name, *c.place) for c in dataset.taken if c.place]
    single = ", ".join(f"nullif(trim(list__{of}[{place}]), '') AS {name}" for name, of, place in places)
    unfit = ", ".join(f"{_does_not_fit(dataset, person)} AS each__{person.role}" for person in several)
    kept = f"* EXCLUDE ({', '.join(f'list__{name}' for name in sorted(lists))})"
    return f"CREATE TEMP TABLE delivered AS SELECT {kept}, {single}, {unfit} FROM (SELECT *, {split} FROM ({rows}))"


def several_that_do_not_fit(dataset: Dataset) -> list[tuple[tuple[Column, ...], str]]:
    """A row whose lists are of other lengths would give one person the number of another; one of too many persons would lose some.

    Answers as ``kept_out.Reason``.
    """
    first = {c.place[0]: c for c in reversed(dataset.columns) if c.place}
    return [((first[_columns(person)[0]],), f"landed.each__{person.role}") for person in _several(dataset)]


def _several(dataset: Dataset) -> list[PersonOfRow]:
    return [person for person in dataset.delivered.persons if person.each]


def _columns(person: PersonOfRow) -> tuple[str, ...]:
    return person.each.columns if person.each else ()


def _does_not_fit(dataset: Dataset, person: PersonOfRow) -> str:
    lengths = f"list_filter([{', '.join(f'len(list__{name})' for name in _columns(person))}], lambda n: n > 0)"
    columns = [dataset.delivered.column(name) for name in _columns(person)]
    named = " and ".join(f"{c.name} ({c.label})" for c in columns)
    at_most = person.each.at_most if person.each else 0
    return (
        f"CASE WHEN len(list_distinct({lengths})) > 1 THEN {literal(f'uneven: {named} do not hold the same number of persons')}"
        f" WHEN list_max({lengths}) > {at_most}"
        f" THEN {literal(f'too_many: {named} hold more than the {at_most} persons that were agreed')} END"
    )
