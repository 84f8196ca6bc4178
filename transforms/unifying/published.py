"""What is published of each person, by the catalogue's order of authority, and how many of the other sources agree."""

from __future__ import annotations

from contracts.model import Contracts, Dataset, Datum
from transforms.unifying.said import dated, sql_type, supplied


def available(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """The datasets that may be published for a datum, in order of authority, that do supply it."""
    datasets = {d.id: d for d in contracts.datasets}
    return [datasets[name] for name in datum.sources if name in datasets and datum in supplied(datasets[name], contracts)]


def checking(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """All datasets whose copy is compared with what is published."""
    return [d for d in contracts.datasets if datum in supplied(d, contracts)]


def agrees(datum: Datum, one: str, other: str) -> str:
    """SQL: whether two values of a datum say the same."""
    if datum.type == "name":
        is_cut = f"is_cut_by_a_field({one}, {other}) OR is_cut_by_a_field({other}, {one})"
        return (
            f"CASE WHEN {one} = {other} THEN true ELSE {is_cut} OR list_transform([[name_key({one}), name_key({other})]],"
            " lambda key: key[1] = key[2] OR is_regrouped(key[1], key[2]))[1] END"
        )
    if datum.type == "address":
        return f"CASE WHEN {one} = {other} THEN true ELSE is_one_address({one}, {other}) END"
    if datum.type == "identity_number":  # a foreigner's old permit holds beside the new one
        return (
            f"CASE WHEN {one} = {other} THEN true"
            f" ELSE are_two_cards([{one}], [{other}]) OR are_two_cards([{other}], [{one}]) END"
        )
    if datum.agrees_on:
        return f"left({one}, {datum.agrees_on}) = left({other}, {datum.agrees_on})"
    return f"{one} = {other}"


def is_former(datum: Datum, copy: str, person: str) -> str:
    """SQL: whether a copy tells what the datum was before, as the catalogue's ``formerly`` has it, or the register of a number that was
    corrected; never NULL. Needs ``stated_number``.
    """
    if datum.type == "identity_number":
        return f"coalesce(({person}{datum.name}, {copy}) IN (SELECT number, former_number FROM stated_number), false)"
    if datum.formerly is None:
        return "false"
    return f"coalesce({copy} = {person}{datum.formerly} AND {copy} <> {person}{datum.name}, false)"


def person_rows(contracts: Contracts, some: range, into: str) -> str:
    """SQL for all data of a person side by side, of the persons of ``some`` numbers; ``<datum>__source`` is the place in the order of
    authority, from 0, the owner.
    """
    datasets = [d for d in contracts.datasets if supplied(d, contracts)]
    among = f"WHERE person_no BETWEEN {some.start} AND {some.stop - 1}"
    joins = " ".join(f"LEFT JOIN (FROM unify_source__{d.table} {among}) AS {d.table} USING (person_no)" for d in datasets)
    columns = [column for datum in contracts.catalogue.data for column in _published(datum, contracts)]
    verdicts = [column for datum in contracts.catalogue.data for column in _compared(datum, contracts)]
    counts = [column for datum in contracts.catalogue.data for column in _agreement(datum, contracts)]
    keep = [c for d in contracts.catalogue.data for c in _published_columns(d, contracts)]
    return (
        f"{into} WITH everyone AS (SELECT person_no FROM link_person {among} ORDER BY person_no), published AS ("
        f"SELECT person_no, {', '.join(columns)}, {_checked_values(contracts)} FROM everyone {joins}), compared AS ("
        f"SELECT person_no, {', '.join([*keep, *verdicts])} FROM published)"
        f" SELECT person_no, person_id(person_no) AS person_id, {', '.join([*keep, *counts])} FROM compared"
    )


def columns_of(datum: Datum, contracts: Contracts) -> list[str]:
    """Names of all columns of ``unify_person`` that speak of a datum."""
    return [*_published_columns(datum, contracts), f"{datum.name}__agreeing", f"{datum.name}__disagreeing"]


def _published_columns(datum: Datum, contracts: Contracts) -> list[str]:
    """What is published of a datum, without how many sources agree."""
    name = datum.name
    more = [f"{name}__is_owner"] if datum.phase else []
    more += [f"{name}__on"] if name in dated(contracts) else []
    return [name, f"{name}__source", f"{name}__no", *more]


def _checked_values(contracts: Contracts) -> str:
    pairs = [(datum, d) for datum in contracts.catalogue.data for d in checking(datum, contracts)]
    return ", ".join(f"{d.table}.{datum.name} AS {d.table}__{datum.name}" for datum, d in pairs)


def _published(datum: Datum, contracts: Contracts) -> list[str]:
    name = datum.name
    sources = available(datum, contracts)
    if not sources:
        return [f"NULL::{sql_type(datum)} AS {name}", f"NULL::UTINYINT AS {name}__source", f"NULL::BIGINT AS {name}__no"]
    speaks = _order_of_authority(datum, sources)

    def first(answer: str) -> str:
        told = ((there, answer.format(t=d.table, x=name, n=datum.sources.index(d.id))) for d, there in speaks)
        return "CASE " + " ".join(f"WHEN {there} THEN {value}" for there, value in told) + " END"

    columns = [
        f"{first('{t}.{x}')} AS {name}",
        f"CAST({first('{n}')} AS UTINYINT) AS {name}__source",
        f"{first('{t}.{x}__no')} AS {name}__no",
    ]
    if datum.phase:
        early = _early(datum) if any(d.id == datum.phase.owner for d in sources) else "false"
        columns.append(f"{early} AND {name}__source = {datum.sources.index(datum.phase.owner)} AS {name}__is_owner")
    if name in dated(contracts):
        columns.append(f"{first('{t}.{x}__on')} AS {name}__on")
    return columns


def _order_of_authority(datum: Datum, sources: list[Dataset]) -> list[tuple[Dataset, str]]:
    """The sources, most authoritative first, each with SQL for whether it speaks."""
    order = [(d, f"{d.table}.{datum.name} IS NOT NULL") for d in sources]
    if datum.phase:
        early = [(d, f"{there} AND {_early(datum)}") for d, there in order if d.id == datum.phase.owner]
        order = [*order[:1], *early, *order[1:]] if sources[0].id == datum.owner else [*early, *order]
    return order


def _early(datum: Datum) -> str:
    """SQL: whether the person is still in the phase of life in which another dataset answers: for those whom its rows are about."""
    assert datum.phase is not None
    until, owner = (name.replace("/", "__") for name in (datum.phase.until, datum.phase.owner))
    return f"({until}.person_no IS NULL AND {owner}.is_about)"


def _copies(datum: Datum, contracts: Contracts) -> list[Dataset]:
    """The datasets that may disagree with what is published; the owner's own copy is published wherever there is one."""
    return [d for d in checking(datum, contracts) if d.id != datum.owner]


def _compared(datum: Datum, contracts: Contracts) -> list[str]:
    """For each copy: whether it agrees; NULL where it is itself published or says nothing."""
    columns = []
    for dataset in _copies(datum, contracts):
        copy = f"{dataset.table}__{datum.name}"
        there = f"{copy} IS NOT NULL AND NOT ({_speaks(datum, dataset.id)}) AND NOT {is_former(datum, copy, '')}"
        columns.append(f"CASE WHEN {there} THEN {agrees(datum, copy, datum.name)} END AS {copy}__agrees")
    return columns


def _agreement(datum: Datum, contracts: Contracts) -> list[str]:
    """Of the sources that do not speak here but have a value: how many agree, how many do not.

    Sources that copy from one another agree once at most, and not at all with a value of their own group.
    """
    voices: dict[tuple[str, ...], list[str]] = {}
    against = []
    for dataset in _copies(datum, contracts):
        verdict = f"{dataset.table}__{datum.name}__agrees"
        group = next((g for g in datum.copies if dataset.id in g), (dataset.id,))
        voices.setdefault(group, []).append(f"coalesce({verdict}, false)")
        against.append(f"coalesce(NOT {verdict}, false)::INTEGER")
    yes = " + ".join(_voice(datum, group, agreeing) for group, agreeing in voices.items()) or "0"
    no = " + ".join(against) or "0"
    published = f"{datum.name}__source IS NOT NULL"
    return [
        f"CAST(CASE WHEN {published} THEN {yes} END AS UTINYINT) AS {datum.name}__agreeing",
        f"CAST(CASE WHEN {published} THEN {no} END AS UTINYINT) AS {datum.name}__disagreeing",
    ]


def _speaks(datum: Datum, dataset_id: str) -> str:
    return f"{datum.name}__source = {datum.sources.index(dataset_id)}" if dataset_id in datum.sources else "false"


def _voice(datum: Datum, group: tuple[str, ...], agreeing: list[str]) -> str:
    own = [f"({_speaks(datum, name)})" for name in group if len(group) > 1 and name in datum.sources]
    others = f" AND NOT ({' OR '.join(own)})" if own else ""
    return f"(({' OR '.join(agreeing)}){others})::INTEGER"
