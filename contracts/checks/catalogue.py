"""Checks of the catalogue: one source per datum, and that the source does tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, doubled, listed, supplying
from contracts.checks.sql import RESERVED
from contracts.model import Dataset, Datum

# What stands beside the data of a person in some table of a build, or of what reads a release.
OWN_COLUMNS = frozenset({
    "person_id", "person_no", "record_no", "record_key", "batch_date", "role", "newest", "updated",
    "is_about", "is_yielding", "recency", "dataset", "datum", "value", "told", "registers", "filled_on",
})
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

# What a normaliser answers where it is not text; a datum of these types needs just that.
ANSWERS = {
    "birth_date": "date",
    "event_date": "date",
    "date": "date",
    "timestamp": "timestamp",
    "amount": "amount",
    "amount_in_ten_thousands": "amount",
    "amount_in_fen": "amount",
    "number": "number",
    "set": "set",
}
TYPED = {"date": {"date"}, "amount": {"amount"}, "number": {"number"}, "set": {"set", "text"}}
# Linking reads what these normalisers note beside the value.
NEEDS_NORMALISER = {"identity_number": "identity_number", "document_number": "document_number", "name": "name"}
ORDERED = {"date", "month", "amount", "number", "text", "code"}
CUT = {"code", "text", "month"}


def _error(agreed: Agreement, datum: Datum, place: str, what: str, remedy: str) -> Finding:
    where = f"data.{datum.name}.{place}" if place else f"data.{datum.name}"
    return Finding("error", agreed.catalogue_of(datum.name), where, what, remedy)


def _named(datum: Datum) -> list[tuple[str, str]]:
    """The datasets that an entry names, with their part in it."""
    return [
        ("owner", datum.owner),
        *(("fallbacks", name) for name in datum.fallbacks),
        *(("checked_by", name) for name in datum.checked_by),
    ]


def data_have_names_that_can_be_columns(agreed: Agreement) -> Iterator[Finding]:
    """A datum becomes a column of the table person."""
    for datum in agreed.contracts.catalogue.data:
        if not NAME.fullmatch(datum.name):
            what = f"{datum.name!r} cannot be the name of a datum"
            remedy = "use lower-case letters, digits and single underscores, a letter first"
            yield _error(agreed, datum, "name", what, remedy)
        elif datum.name in OWN_COLUMNS | RESERVED:
            what = f"{datum.name} is a word of SQL or a column of the pipeline's own"
            yield _error(agreed, datum, "name", what, "choose another name")


def sources_exist(agreed: Agreement) -> Iterator[Finding]:
    """Owner, fallbacks and checkers are datasets that somebody delivers."""
    for datum in agreed.contracts.catalogue.data:
        for part, name in _named(datum):
            if name not in agreed.datasets:
                what = f"{name} is no dataset that is delivered"
                yield _error(agreed, datum, part, what, close(name, agreed.datasets))


def sources_tell_the_datum(agreed: Agreement) -> Iterator[Finding]:
    """A dataset that is to answer for a datum supplies it in one of its roles, or by its households."""
    for datum in agreed.contracts.catalogue.data:
        others = agreed.suppliers(datum.name)
        who = f"supplied by: {listed(others)}" if others else "nobody supplies it"
        for part, name in _named(datum):
            dataset = agreed.datasets.get(name)
            if dataset is not None and datum.name not in dataset.supplies and not _is_misspelt(datum, dataset, agreed):
                file = agreed.shown(dataset.source)
                remedy = f"add it to a role's data in {file}, or name another dataset ({who})"
                yield _error(agreed, datum, part, f"{name} does not supply {datum.name}", remedy)


def _is_misspelt(datum: Datum, dataset: Dataset, agreed: Agreement) -> bool:
    """Whether the dataset supplies the datum by a name that is nearly its own, which is told there."""
    unknown = (name for name in dataset.supplies if name not in agreed.data)
    return any(close(name, agreed.data) == f"did you mean {datum.name}?" for name in unknown)


def order_of_authority_names_each_once(agreed: Agreement) -> Iterator[Finding]:
    """A dataset has one place in the order of authority, and one among the checkers."""
    for datum in agreed.contracts.catalogue.data:
        for part, names in (("fallbacks", datum.sources), ("checked_by", datum.checked_by)):
            for name in doubled(names):
                remedy = "keep the first place that it has, the owner's before a fallback's"
                yield _error(agreed, datum, part, f"{name} is named twice", remedy)
        if datum.owner in datum.checked_by:
            what = f"{datum.owner} owns {datum.name}, and would be held against itself"
            yield _error(agreed, datum, "checked_by", what, "name others, or nobody ([])")


def the_area_is_a_datum(agreed: Agreement) -> Iterator[Finding]:
    """Figures are given by a part of the county that a datum tells."""
    area = agreed.contracts.catalogue.area
    if area is not None and area.datum not in agreed.data:
        what = f"{area.datum} is no datum of the catalogue"
        yield Finding("error", "catalogue.yaml", "area.datum", what, close(area.datum, agreed.data))


def phases_are_of_the_owner_and_a_fallback(agreed: Agreement) -> Iterator[Finding]:
    """Who answers in an earlier phase of life stands in later, and the phase ends with a dataset that is delivered."""
    for datum in agreed.contracts.catalogue.data:
        phase = datum.phase
        if phase is not None and phase.owner not in datum.fallbacks:
            what = f"{phase.owner} answers before {phase.until} does, and is no fallback afterwards"
            yield _error(agreed, datum, "phase.owner", what, f"name one of the fallbacks ({listed(datum.fallbacks) or 'none'})")
        if phase is not None and phase.until not in agreed.datasets:
            what = f"{phase.until} is no dataset that is delivered"
            yield _error(agreed, datum, "phase.until", what, close(phase.until, agreed.datasets))
        elif phase is not None and phase.until != datum.owner:
            what = f"the phase ends with {phase.until}, and then {datum.owner} answers"
            yield _error(agreed, datum, "phase.until", what, f"name the owner, {datum.owner}")


def what_it_was_before_is_a_datum_like_it(agreed: Agreement) -> Iterator[Finding]:
    """A copy is held against what the datum was before, which is told as the datum is."""
    for datum in agreed.contracts.catalogue.data:
        former = agreed.data.get(datum.formerly) if datum.formerly else None
        if datum.formerly and former is None:
            yield _error(agreed, datum, "formerly", f"{datum.formerly} is no datum of the catalogue", close(datum.formerly, agreed.data))
        elif former is not None and former.type != datum.type:
            what = f"{former.name} is of type {former.type}, {datum.name} of type {datum.type}"
            yield _error(agreed, datum, "formerly", what, "name a datum of the same type, or leave it out")


def copies_are_groups_of_sources(agreed: Agreement) -> Iterator[Finding]:
    """Copies are told of at least two datasets that have a voice in the datum, each in one group."""
    for datum in agreed.contracts.catalogue.data:
        voices = (*datum.sources, *datum.checked_by)
        for group in datum.copies:
            if len(group) < 2:
                yield _error(agreed, datum, "copies", f"{listed(group)} alone copies from nobody", "name two datasets or more")
            for name in group:
                if name not in voices:
                    what = f"{name} is neither a source nor a checker of {datum.name}"
                    yield _error(agreed, datum, "copies", what, close(name, voices))
        for name in doubled(name for group in datum.copies for name in group):
            yield _error(agreed, datum, "copies", f"{name} is in two groups", "join the groups")


def code_lists_exist(agreed: Agreement) -> Iterator[Finding]:
    """A datum's code list is there, and only codes and sets have one."""
    for datum in agreed.contracts.catalogue.data:
        if datum.codes is None:
            continue
        if datum.codes not in agreed.lists:
            what = f"code list {datum.codes} does not exist"
            yield _error(agreed, datum, "codes", what, close(datum.codes, agreed.lists))
        if datum.type not in {"code", "set"}:
            what = f"a datum of type {datum.type} has no codes"
            yield _error(agreed, datum, "codes", what, "make it type code or set, or leave codes out")


def crosswalks_lead_to_the_datums_list(agreed: Agreement) -> Iterator[Finding]:
    """Whoever supplies a coded datum, its codes are those of the datum's list."""
    for datum in agreed.contracts.catalogue.data:
        for dataset in agreed.contracts.datasets:
            for person, column in supplying(dataset, datum.name):
                walk = agreed.walks.get(column.crosswalk or "")
                if walk is None or walk.to == datum.codes or not {walk.to, datum.codes or walk.to} <= set(agreed.lists):
                    continue
                what = f"column {column.name} becomes a code of {walk.to}, {datum.name} has {datum.codes}"
                fitting = [w.id for w in agreed.walks.values() if w.to == datum.codes]
                remedy = f"use a crosswalk that leads to {datum.codes} ({listed(fitting) or 'write one'})"
                where = f"persons.{person.role}.data.{datum.name}"
                yield Finding("error", agreed.shown(dataset.source), where, what, remedy)


def coded_data_are_looked_up(agreed: Agreement) -> Iterator[Finding]:
    """What supplies a coded datum goes through a crosswalk: one value that is no code of its list stops every release."""
    for datum in agreed.contracts.catalogue.data:
        if datum.codes is None or datum.type not in {"code", "set"}:
            continue
        for dataset in agreed.contracts.datasets:
            for person, column in supplying(dataset, datum.name):
                if column.crosswalk is None and column.normaliser != "code":
                    what = f"column {column.name} is {column.normaliser} without a crosswalk, {datum.name} has codes of {datum.codes}"
                    needed = "set" if column.normaliser == "set" else "code"
                    remedy = f"use normaliser {needed} with a crosswalk to {datum.codes}, which may take each code to itself"
                    yield Finding("error", agreed.shown(dataset.source), f"persons.{person.role}.data.{datum.name}", what, remedy)


def normalisers_fit_the_type(agreed: Agreement) -> Iterator[Finding]:
    """A column that supplies a datum is normalised to that datum's type."""
    for datum in agreed.contracts.catalogue.data:
        for dataset in agreed.contracts.datasets:
            for person, column in supplying(dataset, datum.name):
                kind = ANSWERS.get(column.normaliser, "text")
                wanted = TYPED.get(datum.type, {"text"})
                needed = NEEDS_NORMALISER.get(datum.type, column.normaliser)
                if kind in wanted and column.normaliser == needed:
                    continue
                where = f"persons.{person.role}.data.{datum.name}"
                what = f"{datum.name} is of type {datum.type}, column {column.name} is {column.normaliser}"
                remedy = f"use a normaliser that answers {NEEDS_NORMALISER.get(datum.type) or listed(wanted)}"
                yield Finding("error", agreed.shown(dataset.source), where, what, remedy)


def choice_fits_the_type(agreed: Agreement) -> Iterator[Finding]:
    """Only sets are united, only what has an order has an earliest, only codes agree on their beginning."""
    for datum in agreed.contracts.catalogue.data:
        if datum.pick == "union" and datum.type != "set":
            yield _error(
                agreed, datum, "pick", f"a {datum.type} cannot be united", "make it a set, or pick newest"
            )
        if datum.pick == "earliest" and datum.type not in ORDERED:
            yield _error(agreed, datum, "pick", f"a {datum.type} has no earliest", "pick newest")
        if datum.agrees_on is not None and datum.type not in CUT:
            what = f"a {datum.type} cannot be compared by its first {datum.agrees_on} characters"
            yield _error(agreed, datum, "agrees_on", what, "leave it out")


def sets_are_checked_by_sets(agreed: Agreement) -> Iterator[Finding]:
    """A value-by-value check needs the checker's value in the form of the published one."""
    for datum in agreed.contracts.catalogue.data:
        for name in datum.checked_by:
            dataset = agreed.datasets.get(name)
            columns = [c for _, c in supplying(dataset, datum.name)] if dataset else []
            if datum.type == "set" and any(c.normaliser != "set" for c in columns):
                what = (
                    f"{name} tells single members of the set {datum.name}, which cannot be compared with it"
                )
                yield _error(
                    agreed, datum, "checked_by", what, "leave it out and write a file in rules/ instead"
                )


def who_is_sent_orders_can_answer(agreed: Agreement) -> Iterator[Finding]:
    """A department whose datum is held against others' is sent work orders, which come back (政务数据共享条例 art. 26)."""
    contracts = agreed.contracts
    heard = {dataset.department for dataset in contracts.datasets if dataset.answers}
    ruled = {rule.datum for rule in contracts.rules}
    for datum in contracts.catalogue.data:
        owner = agreed.datasets.get(datum.owner)
        if owner is None or owner.department in heard or not (datum.checked_by or datum.name in ruled):
            continue
        heard.add(owner.department)
        what = f"{owner.department} is sent work orders about {datum.name}, and no dataset of it takes their answers"
        remedy = f"write its {owner.department}/order_answers.odcs.yaml (docs/work_orders.md), or each rises when it is due"
        yield Finding("note", agreed.catalogue_of(datum.name), f"data.{datum.name}.owner", what, remedy)


CHECKS: tuple[Check, ...] = (
    data_have_names_that_can_be_columns,
    sources_exist,
    sources_tell_the_datum,
    order_of_authority_names_each_once,
    the_area_is_a_datum,
    phases_are_of_the_owner_and_a_fallback,
    what_it_was_before_is_a_datum_like_it,
    copies_are_groups_of_sources,
    code_lists_exist,
    crosswalks_lead_to_the_datums_list,
    coded_data_are_looked_up,
    normalisers_fit_the_type,
    choice_fits_the_type,
    sets_are_checked_by_sets,
    who_is_sent_orders_can_answer,
)
