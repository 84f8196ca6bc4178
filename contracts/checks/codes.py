"""Checks of code lists, crosswalks, placeholders and divisions."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import Agreement, Check, Finding, close, doubled, listed

LISTS, WALKS = "codes", "codes/crosswalks"
DIVISIONS_HEADER = "code,province,prefecture,name,level,is_in_use,valid_from_year,valid_to_year,successors"


def codes_are_distinct(agreed: Agreement) -> Iterator[Finding]:
    """A list has codes, and each of them once."""
    for codes in agreed.contracts.code_lists:
        file = agreed.file_of(LISTS, codes.id)
        if not codes.codes:
            yield Finding("error", file, "codes", "the list has no codes", "enter the codes of the standard")
        for code in doubled(code.code for code in codes.codes):
            yield Finding("error", file, f"codes.{code}", f"code {code} is there twice", "keep one of them")


def lists_and_crosswalks_have_one_file_each(agreed: Agreement) -> Iterator[Finding]:
    """Two files with one id: it would be chance which of them counts."""
    kinds = (
        (LISTS, "code list", (codes.id for codes in agreed.contracts.code_lists)),
        (WALKS, "crosswalk", (walk.id for walk in agreed.contracts.crosswalks)),
    )
    for folder, kind, names in kinds:
        for name in doubled(names):
            what = f"two files hold the {kind} {name}"
            yield Finding(
                "error", agreed.file_of(folder, name), "id", what, "keep one, or name one otherwise"
            )


def crosswalks_lead_to_lists(agreed: Agreement) -> Iterator[Finding]:
    """A crosswalk leads to a list that is there, and only to its codes."""
    for walk in agreed.contracts.crosswalks:
        file = agreed.file_of(WALKS, walk.id)
        if walk.to not in agreed.lists:
            what = f"leads to code list {walk.to}, which does not exist"
            yield Finding("error", file, "to", what, close(walk.to, agreed.lists))
            continue
        codes = agreed.codes_of(walk.to)
        for spelling, code in walk.map.items():
            if code not in codes:
                what = f"{spelling!r} becomes {code!r}, which is no code of {walk.to}"
                yield Finding("error", file, f"map.{spelling}", what, close(code, codes))


def spellings_can_occur(agreed: Agreement) -> Iterator[Finding]:
    """What a department writes is trimmed before it is looked up."""
    for walk in agreed.contracts.crosswalks:
        for spelling in walk.map:
            if spelling != spelling.strip() or not spelling:
                what = f"{spelling!r} can never be met: values are trimmed first"
                remedy = "write it without white space around it; an empty value is missing by itself"
                yield Finding("error", agreed.file_of(WALKS, walk.id), "map", what, remedy)


def unused_lists_and_crosswalks(agreed: Agreement) -> Iterator[Finding]:
    """A list that no datum and no crosswalk has, a crosswalk that no column has."""
    taken = {c.crosswalk for dataset in agreed.contracts.datasets for c in dataset.taken}
    for walk in agreed.contracts.crosswalks:
        if walk.id not in taken:
            what = f"no column uses crosswalk {walk.id}"
            remedy = "name it at a column, or remove the file"
            yield Finding("note", agreed.file_of(WALKS, walk.id), "id", what, remedy)
    used = {datum.codes for datum in agreed.contracts.catalogue.data}
    used |= {walk.to for walk in agreed.contracts.crosswalks}
    for codes in agreed.contracts.code_lists:
        if codes.id not in used:
            what = f"no datum and no crosswalk uses code list {codes.id}"
            remedy = "name it at a datum or a crosswalk, or remove the file"
            yield Finding("note", agreed.file_of(LISTS, codes.id), "id", what, remedy)


def placeholders_have_one_reason(agreed: Agreement) -> Iterator[Finding]:
    """A text that stands for "nothing" does so for one reason."""
    texts = [text for texts in agreed.contracts.placeholders.reasons.values() for text in texts]
    file = agreed.file_of(LISTS, "placeholders")
    for text in doubled(texts):
        what = f"{text!r} stands for nothing for two reasons, or twice for one"
        yield Finding("error", file, "reasons", what, "keep it under the one that it means")


def placeholders_are_trimmed(agreed: Agreement) -> Iterator[Finding]:
    """A placeholder is compared with a value without white space around it; an empty one is blank anyway."""
    file = agreed.file_of(LISTS, "placeholders")
    for reason, texts in agreed.contracts.placeholders.reasons.items():
        never = [repr(text) for text in texts if text != text.strip() or not text]
        if never:
            what = f"{listed(never)} can never be met: values are trimmed first"
            yield Finding("error", file, f"reasons.{reason}", what, "write it without white space around it")


def divisions_have_their_header(agreed: Agreement) -> Iterator[Finding]:
    """The table of divisions has the columns that the pipeline reads."""
    path = agreed.contracts.divisions
    with path.open(encoding="utf-8") as file:
        header = file.readline().strip().removeprefix("\ufeff")
        first = file.readline()
    if header != DIVISIONS_HEADER:
        what = f"the header is {header[:120]!r}"
        yield Finding("error", agreed.shown(path), "line 1", what, f"write {DIVISIONS_HEADER}")
    elif not first.strip():
        what = "there are no divisions"
        yield Finding(
            "error", agreed.shown(path), "line 2", what, "enter the codes of GB/T 2260, a line each"
        )


CHECKS: tuple[Check, ...] = (
    codes_are_distinct,
    lists_and_crosswalks_have_one_file_each,
    crosswalks_lead_to_lists,
    spellings_can_occur,
    unused_lists_and_crosswalks,
    placeholders_have_one_reason,
    placeholders_are_trimmed,
    divisions_have_their_header,
)
