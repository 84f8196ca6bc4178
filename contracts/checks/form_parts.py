"""Checks of what forms share: relatives, values that follow by a law, words for codes."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, person_columns
from contracts.checks.form_data import OF_APPLICANT, data_read_if_readable, expressions, kin
from contracts.checks.sql import SqlFaultError, read_expression
from contracts.model import Relative


def relatives_are_told_by_data(agreed: Agreement) -> Iterator[Finding]:
    """Who belongs to an applicant is said by data of type person, by a datum that both have, or by the first of such ways."""
    for relative in agreed.contracts.relatives:
        file = agreed.file_of("relatives", relative.id)
        if relative.id in agreed.data:
            yield Finding("error", file, "id", f"{relative.id} is a datum already", "name it otherwise")
        if sum(map(bool, (relative.of, relative.same, relative.first_of))) != 1:
            yield Finding("error", file, "(top)", "needs one of of, same and first_of", "keep one of them")
        if relative.between and not relative.same:
            yield Finding("error", file, "between", "narrows nothing", "say same, what the two have in common")
        yield from _ways_lead_to_persons(relative, file, agreed)
        for name in (*relative.of, *((relative.same,) if relative.same else ())):
            if name not in agreed.data:
                yield Finding("error", file, "of, same", f"{name} is no datum", close(name, agreed.data))
            elif name in relative.of and agreed.data[name].type != "person":
                said = f"{name} is no person but a {agreed.data[name].type}"
                yield Finding("error", file, "of", said, "name data of type person")
        for where, text, remedy in _said_in_sql(relative):
            theirs = [f"{OF_APPLICANT}{name}" for name in person_columns(agreed)] if where == "between" else []
            try:
                read_expression(text, (*person_columns(agreed), *theirs))
            except SqlFaultError as fault:
                yield Finding("error", file, where, str(fault), remedy)


def _ways_lead_to_persons(relative: Relative, file: str, agreed: Agreement) -> Iterator[Finding]:
    """Each of several ways is a person whom a datum names, or a relative by one way."""
    by_one_way = {name for name in kin(agreed) if not any(r.first_of for r in agreed.contracts.relatives if r.id == name)}
    for name in relative.first_of:
        if name not in by_one_way:
            what = f"{name} is neither a datum of type person nor a relative by one way"
            yield Finding("error", file, "first_of", what, close(name, by_one_way))


def _said_in_sql(relative: Relative) -> Iterator[tuple[str, str, str]]:
    """The SQL of a relative, with its place and what it may read."""
    own = "write DuckDB's SQL over the relative's own data"
    if relative.where:
        yield "where", relative.where, own
    if relative.order:
        yield "order", f"[{relative.order.replace(' DESC', '').replace(' ASC', '')}]", own
    if relative.between:
        yield "between", relative.between, f"{own}, and the applicant's as {OF_APPLICANT}sex"


def wordings_spell_known_codes(agreed: Agreement) -> Iterator[Finding]:
    """A wording spells the codes of a list that there is."""
    for wording in agreed.contracts.wordings:
        file = agreed.file_of("wordings", wording.id)
        if wording.of not in agreed.lists:
            yield Finding("error", file, "of", f"{wording.of} is no code list", close(wording.of, agreed.lists))
            continue
        known = agreed.codes_of(wording.of)
        for code in wording.map:
            if code not in known:
                yield Finding("error", file, f"map.{code}", f"{code!r} is no code of {wording.of}", close(code, known))


def what_forms_share_is_used(agreed: Agreement) -> Iterator[Finding]:
    """A relative, a derived value or a wording that no form names can go."""
    texts = [text for form in agreed.contracts.forms for _, text in expressions(form)]
    fields = [field for form in agreed.contracts.forms for field in form.fields]
    read = {via for text in texts for via, _ in data_read_if_readable(text, agreed) if via}
    steps = {step for f in fields for step in (f.via or "").split(".")}
    ways = {way for relative in agreed.contracts.relatives for way in relative.first_of}
    derived = {each.id for each in agreed.contracts.derived if each.expression in texts}
    used: dict[str, set[str]] = {"relatives": steps | read | ways, "derived": derived}
    for folder, named in used.items():
        for each in getattr(agreed.contracts, folder):
            if each.id not in named:
                yield Finding("note", agreed.file_of(folder, each.id), "id", "no form uses it", "name it, or let it go")


CHECKS: tuple[Check, ...] = (
    relatives_are_told_by_data,
    wordings_spell_known_codes,
    what_forms_share_is_used,
)
