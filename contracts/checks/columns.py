"""Checks of a delivery: its columns, keys, files and what happened to a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from contracts.checks.base import Agreement, Check, Finding, close, column, doubled, listed, unnamed_column
from contracts.checks.catalogue import ANSWERS, NAME
from contracts.checks.sql import RECORD_COLUMNS, RESERVED
from contracts.model import SHEET, Column, Dataset, Subscription
from contracts.odcs import odcs

VERSION = re.compile(r"v?\d+([.-]\w+)*")
# What of a pattern names no small letter that must stand there: escapes, flags, names of groups and classes, classes with other characters.
NO_SMALL_LETTER = re.compile(
    r"\\[pP]\{\^?\w+\}|\\x\{\w+\}|\\x\w\w|\\.|\(\?P?<\w+>|\(\?[A-Za-z-]*:?|\[\^[^\]]*\]|\[[^\]]*?[^a-z\]-][^\]]*\]"
)
OWN_COLUMNS = frozenset({*RECORD_COLUMNS, "is_damaged", "reason"})
DAYS = frozenset(name for name, kind in ANSWERS.items() if kind == "date")
NUMBERS = frozenset(name for name, kind in ANSWERS.items() if kind in {"number", "amount"})


def _columns(agreed: Agreement) -> Iterator[tuple[str, str, Dataset, Column]]:
    for dataset in agreed.contracts.datasets:
        for each in dataset.columns:
            yield agreed.shown(dataset.source), f"schema.properties.{each.name}", dataset, each


def datasets_have_one_file_each(agreed: Agreement) -> Iterator[Finding]:
    """Two contracts for one delivery: it would be chance which of them reads it."""
    for name in doubled(dataset.id for dataset in agreed.contracts.datasets):
        files = [agreed.shown(d.source) for d in agreed.contracts.datasets if d.id == name]
        what = f"{name} has {len(files)} contracts: {listed(files)}"
        yield Finding("error", files[-1], "domain, dataProduct", what, "keep one, or name one otherwise")


def departments_and_datasets_have_plain_names(agreed: Agreement) -> Iterator[Finding]:
    """They are parts of the names of tables, folders and DAGs."""
    for dataset in agreed.contracts.datasets:
        for where, name in (("domain", dataset.department), ("dataProduct", dataset.name)):
            if not NAME.fullmatch(name):
                what = f"{name!r} cannot be part of a table's name"
                remedy = "use lower-case letters, digits and single underscores; what people read is in name and team"
                yield Finding("error", agreed.shown(dataset.source), where, what, remedy)


def versions_are_numbers(agreed: Agreement) -> Iterator[Finding]:
    """A later version of a contract can be told from an earlier one."""
    contracts: tuple[Dataset | Subscription, ...] = (*agreed.contracts.datasets, *agreed.contracts.subscriptions)
    for contract in contracts:
        if not VERSION.fullmatch(contract.version):
            what = f"{contract.version!r} is no version: whether another is later cannot be told"
            yield Finding("error", agreed.shown(contract.source), "version", what, "number it, as 1.0.0 or 2026.11")


def contracts_are_in_force(agreed: Agreement) -> Iterator[Finding]:
    """A file that lies here counts whatever its status says, so one that says it does not would surprise."""
    for path in agreed.odcs_files():
        status = (odcs(path).status or "").strip()
        if status.lower() not in {"", "active"}:
            what = f"its status is {status}, and it is taken in or delivered by all the same"
            level: Literal["error", "note"] = "error" if status.lower() == "retired" else "note"
            yield Finding(level, agreed.shown(path), "status", what, "take the file away, or write status: active")


def columns_have_names_of_their_own(agreed: Agreement) -> Iterator[Finding]:
    """A column's name is there once, and no word of SQL's nor a column of the pipeline's own."""
    for file, where, _, each in _columns(agreed):
        if not NAME.fullmatch(each.name):
            what = f"{each.name!r} cannot be the name of a column"
            remedy = (
                "use lower-case letters, digits and single underscores; the department's own is physicalName"
            )
            yield Finding("error", file, where, what, remedy)
        elif each.name in RESERVED | OWN_COLUMNS and each.not_taken is None:
            what = (
                f"{each.name} is a word of SQL or a column of the pipeline's own, which would hide this one"
            )
            yield Finding(
                "error", file, where, what, "choose another name; the department's stays physicalName"
            )
    for dataset in agreed.contracts.datasets:
        for name in doubled(each.name for each in dataset.columns):
            file, where = agreed.shown(dataset.source), f"schema.properties.{name}"
            yield Finding("error", file, where, f"two columns are called {name}", "name each differently")


def headers_are_distinct(agreed: Agreement) -> Iterator[Finding]:
    """Two columns of one header could not be told apart; white space, width and case in a header do not count.

    One text may tell two things, as the number of a disability card holds the person's: then each has a normaliser of its own.
    """
    for dataset in agreed.contracts.datasets:
        for header in doubled(_compared(each) for each in dataset.columns):
            same = [each for each in dataset.columns if _compared(each) == header]
            names = [each.name for each in same]
            if len({each.normaliser for each in same if each.not_taken is None}) == len(same):
                continue
            what = f"header {header} belongs to {listed(names)}"
            remedy = "give each its own physicalName, as it stands in the file; for two things in one text, two normalisers"
            yield Finding("error", agreed.shown(dataset.source), "schema.properties", what, remedy)


def _compared(each: Column) -> str:
    return "".join(unicodedata.normalize("NFKC", each.header).split()).casefold()


def rows_have_a_key(agreed: Agreement) -> Iterator[Finding]:
    """The department's own key: there, taken, required, its parts in an order."""
    for dataset in agreed.contracts.datasets:
        file = agreed.shown(dataset.source)
        if not dataset.keys:
            what = "no column is a key"
            remedy = (
                "say primaryKey: true at the department's own key, with primaryKeyPosition if it has parts"
            )
            yield Finding("error", file, "schema.properties", what, remedy)
        for each in dataset.keys:
            where = f"schema.properties.{each.name}"
            if each.not_taken is not None:
                yield Finding("error", file, where, "a key that is not taken", "take it, or key by another")
            if not each.required:
                remedy = "say required: true; a row without its key is quarantined"
                yield Finding("error", file, where, "a key that is not required", remedy)
        positions = [each.key for each in dataset.keys]
        if positions != list(range(1, len(positions) + 1)):
            what = f"the parts of the key stand at {listed(map(str, positions))}"
            yield Finding(
                "error", file, "schema.properties", what, "number primaryKeyPosition from 1, each once"
            )


def normalisers_exist(agreed: Agreement) -> Iterator[Finding]:
    """Each column is brought to standard form by a normaliser that is there."""
    for file, where, _, each in _columns(agreed):
        if each.normaliser not in agreed.contracts.normalisers:
            what = f"normaliser {each.normaliser} does not exist"
            yield Finding("error", file, where, what, close(each.normaliser, agreed.contracts.normalisers))


def codes_have_a_crosswalk(agreed: Agreement) -> Iterator[Finding]:
    """A code is looked up in a crosswalk that is there, and so may the members of a set; nothing else is."""
    for file, where, _, each in _columns(agreed):
        if each.crosswalk is not None and each.crosswalk not in agreed.walks:
            what = f"crosswalk {each.crosswalk} does not exist"
            yield Finding("error", file, where, what, close(each.crosswalk, agreed.walks))
        if each.normaliser == "code" and each.crosswalk is None and each.not_taken is None:
            what = "a code without a crosswalk: every value would be unknown"
            yield Finding("error", file, where, what, "name the crosswalk, or use another normaliser")
        if each.normaliser not in {"code", "set"} and each.crosswalk is not None:
            what = f"the crosswalk has no effect: the normaliser is {each.normaliser}"
            yield Finding("error", file, where, what, "use normaliser code or set, or leave crosswalk out")


def same_as_names_an_address(agreed: Agreement) -> Iterator[Finding]:
    """同上 in an address stands for another column of the row."""
    for file, where, dataset, each in _columns(agreed):
        if each.same_as is None:
            continue
        yield from unnamed_column(file, dataset, f"{where}.sameAs", each.same_as)
        if each.normaliser != "address":
            what = f"sameAs has no effect: the normaliser is {each.normaliser}"
            yield Finding("error", file, where, what, "use normaliser address, or leave sameAs out")


def days_and_bounded_numbers_can_be_impossible(agreed: Agreement) -> Iterator[Finding]:
    """Only a day that cannot be, or a number out of its bounds, keeps a row out."""
    for file, where, _, each in _columns(agreed):
        if each.impossible == "quarantine" and each.normaliser not in DAYS and not each.is_bounded:
            what = f"impossible: quarantine has no effect: the normaliser is {each.normaliser}"
            remedy = f"use {listed(sorted(DAYS))}, say a number's minimum or maximum, or leave it out"
            yield Finding("error", file, where, what, remedy)


def bounds_are_of_numbers(agreed: Agreement) -> Iterator[Finding]:
    """A minimum and a maximum are those of a number or an amount, and leave something between them."""
    for file, where, _, each in _columns(agreed):
        if not each.is_bounded or each.not_taken is not None:
            continue
        if each.normaliser not in NUMBERS:
            what = f"minimum and maximum have no effect: the normaliser is {each.normaliser}"
            yield Finding("error", file, where, what, f"use {listed(sorted(NUMBERS))}, or leave them out of logicalTypeOptions")
        elif each.minimum is not None and each.maximum is not None and each.minimum > each.maximum:
            what = f"minimum {each.minimum} lies above maximum {each.maximum}: every value would be missing"
            yield Finding("error", file, where, what, "say the lesser as minimum")


def only_days_have_a_century(agreed: Agreement) -> Iterator[Finding]:
    """The century of years with two digits is a matter of days alone."""
    for file, where, _, each in _columns(agreed):
        if each.two_digit_years is not None and each.normaliser not in DAYS:
            what = f"twoDigitYears has no effect: the normaliser is {each.normaliser}"
            yield Finding("error", file, where, what, f"use {listed(sorted(DAYS))}, or leave it out")


def patterns_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """The pattern of a document's number is a regular expression as the engine has them."""
    for file, where, _, each in _columns(agreed):
        if each.pattern is None or each.not_taken is not None:
            continue
        if each.normaliser != "document_number":
            what = f"pattern has no effect: the normaliser is {each.normaliser}"
            yield Finding("error", file, where, what, "use normaliser document_number, or leave logicalTypeOptions.pattern out")
            continue
        try:
            pc.match_substring_regex(pa.array([""]), each.pattern)
        except pa.ArrowInvalid:
            what = f"pattern {each.pattern!r} is no regular expression of RE2"
            yield Finding("error", file, where, what, r"write what the whole number looks like, as [A-Z]\d{8}, without look-ahead")
            continue
        bare = NO_SMALL_LETTER.sub("", each.pattern)
        if re.search(r"\s", bare) or ("(?i" not in each.pattern and re.search("[a-z]", bare)):
            what = f"pattern {each.pattern!r} has a blank or a small letter, and is held against numbers without blanks, in capitals"
            yield Finding("error", file, where, what, "write letters in capitals, and no blanks")


def reasons_are_stated(agreed: Agreement) -> Iterator[Finding]:
    """notTaken and usedFor say why."""
    for file, where, _, each in _columns(agreed):
        for word, reason in (("notTaken", each.not_taken), ("usedFor", each.used_for)):
            if reason is not None and not reason.strip():
                yield Finding("error", file, f"{where}.{word}", f"{word} states no reason", "write it down")


def changes_say_what_happened(agreed: Agreement) -> Iterator[Finding]:
    """A delta has a column that says what happened, a full delivery has none."""
    for dataset in agreed.contracts.datasets:
        file, where = agreed.shown(dataset.source), "delivery.operation"
        operation = dataset.delivery.operation
        only = dataset.delivery.additions_only
        if dataset.delivery.mode == "delta" and operation is None and not only:
            what = "a delta without operation: a withdrawn record would stay for ever"
            remedy = "name the column, and its values in upsert and delete; or say additions_only: true, if nothing is ever withdrawn"
            yield Finding("error", file, where, what, remedy)
        if only and (operation is not None or dataset.delivery.mode == "full"):
            what = "additions_only is said of a delta without an operation, and of nothing else"
            yield Finding("error", file, "delivery.additions_only", what, "leave it out, or the operation")
        if dataset.delivery.mode == "full" and operation is not None:
            what = "a full delivery has no operation: what is not in it is gone"
            yield Finding("error", file, where, what, "leave it out, or make the mode delta")
        if operation is not None:
            yield from unnamed_column(file, dataset, f"{where}.column", operation.column)
            yield from _operations_are_complete(agreed, dataset)


def _operations_are_complete(agreed: Agreement, dataset: Dataset) -> Iterator[Finding]:
    """Upsert and delete name every code of the operation, each once."""
    operation = dataset.delivery.operation
    told = column(dataset, operation.column) if operation else None
    walk = agreed.walks.get(told.crosswalk or "") if told else None
    if operation is None or walk is None:
        return
    file, where = agreed.shown(dataset.source), "delivery.operation"
    named = [*operation.upsert, *operation.delete]
    codes = set(walk.map.values())
    for code in doubled(named):
        yield Finding("error", file, where, f"{code!r} is named twice", "name it in upsert or in delete")
    for code in sorted(set(named) - codes):
        what = f"crosswalk {walk.id} never answers {code!r}"
        yield Finding("error", file, where, what, close(code, codes))
    for code in sorted(codes - set(named)):
        what = f"{code!r}, which crosswalk {walk.id} answers, is neither upsert nor delete"
        yield Finding("error", file, where, what, "name it in one of them")


def bounds_are_shares(agreed: Agreement) -> Iterator[Finding]:
    """A bound is a share of the batch before: by one of 30, a register that came doubled would ask nobody."""
    for dataset in agreed.contracts.datasets:
        grow = dataset.delivery.bounds.grow
        if 5 <= grow < 1000:
            what = f"grow: {grow:g} is {grow:,.0%} of the batch before, as if a percentage were written as a number"
            remedy = f"write {grow / 100:g} for {grow:g} %, or 1000 so that nobody is ever asked"
            yield Finding("error", agreed.shown(dataset.source), "delivery.bounds.grow", what, remedy)


def updated_is_a_moment(agreed: Agreement) -> Iterator[Finding]:
    """Versions of a record are ordered by a moment, a day, or their number."""
    for dataset in agreed.contracts.datasets:
        name = dataset.delivery.updated
        if name is not None:
            file = agreed.shown(dataset.source)
            yield from unnamed_column(file, dataset, "delivery.updated", name)
            if not (found := column(dataset, name)) or found.normaliser != "number":
                yield from not_a_time(file, dataset, "delivery.updated", name)


def not_a_time(file: str, dataset: Dataset, where: str, name: str) -> Iterator[Finding]:
    """The finding that a column which orders records is neither a day nor a moment."""
    found = column(dataset, name)
    if found is not None and found.normaliser not in DAYS | {"timestamp"}:
        what = f"column {name} is {found.normaliser}, by which records cannot be ordered"
        yield Finding("error", file, where, what, "name a day or a timestamp; versions also by their number")


def layouts_can_be_told_apart(agreed: Agreement) -> Iterator[Finding]:
    """There is a kind of file, each has its own name, and says nothing that its format does not have."""
    for dataset in agreed.contracts.datasets:
        file, where = agreed.shown(dataset.source), "delivery.layouts"
        layouts = dataset.delivery.layouts
        if not layouts:
            yield Finding("error", file, where, "no kind of file is agreed", "name one: files, format")
        for name in doubled(layout.files for layout in layouts):
            yield Finding("error", file, where, f"two layouts for files {name}", "keep one")
        for layout in layouts:
            if layout.format == "xlsx" and (layout.compression or layout.encoding != "utf-8"):
                what = f"{layout.files}: a workbook has no compression and no encoding"
                yield Finding("error", file, where, what, "leave them out")
            if layout.format != "csv" and layout.delimiter != ",":
                what = f"{layout.files}: only csv has a delimiter"
                yield Finding("error", file, where, what, "leave it out, or make the format csv")
            if len(layout.delimiter) != 1 or layout.delimiter.isalnum() or layout.delimiter in '"\r\n':
                is_one = "stands within values or about them" if len(layout.delimiter) == 1 else "is not one character"
                what = f"{layout.files}: delimiter {layout.delimiter!r} {is_one}"
                remedy = 'write the character that stands between two values, a tab as "\\t" in double quotes'
                yield Finding("error", file, where, what, remedy)
            if not layout.files.strip() or set(layout.files) & {"/", "\\"}:
                what = f"files {layout.files!r} is no pattern of a file's name"
                yield Finding("error", file, where, what, "write the name with * for what changes, without a folder: JY_XJ_*.csv")
            if layout.format != "xlsx" and layout.sheets:
                what = f"{layout.files}: only a workbook has sheets"
                yield Finding("error", file, where, what, "leave sheets out, or make the format xlsx")


def sheets_are_known(agreed: Agreement) -> Iterator[Finding]:
    """Where a sheet's name is a code of its rows, every sheet is agreed, by its name or a pattern, and has a code."""
    for file, where, dataset, each in _columns(agreed):
        if not each.is_sheet_name or each.not_taken is not None or each.normaliser != "code":
            continue
        for layout in dataset.delivery.layouts:
            if not layout.sheets:
                what = f"{SHEET} needs sheets, {layout.files} names none"
                yield Finding("error", file, where, what, "name the sheets in the layout (xlsx)")
            walk = agreed.walks.get(each.crosswalk or "")
            for sheet in layout.sheets:
                if walk and not any(fnmatchcase(name, sheet) for name in walk.map):
                    what = f"sheet {sheet} has no code in crosswalk {walk.id}"
                    yield Finding("error", file, where, what, "add it to the crosswalk")


def lists_are_read(agreed: Agreement) -> Iterator[Finding]:
    """A row that has a list of several where one value was agreed is kept out, so every row would be."""
    for dataset in agreed.contracts.datasets:
        kinds = {each.name: each.logicalType for schema in odcs(dataset.source).schema_ or [] for each in schema.properties or []}
        for each in dataset.taken:
            if kinds.get(each.name) == "array" and not each.is_list and not each.reads_several:
                what = f"a list (logicalType: array) that {each.normaliser} reads as one value"
                remedy = "use normaliser set, phone or text, or ask the department for one value and say logicalType: string"
                yield Finding("error", agreed.shown(dataset.source), f"schema.properties.{each.name}", what, remedy)


def paths_lead_through_objects(agreed: Agreement) -> Iterator[Finding]:
    """A dotted path of JSON lines names members of objects; a member of a list has no name."""
    for file, where, dataset, each in _columns(agreed):
        is_json = any(layout.format == "jsonl" for layout in dataset.delivery.layouts)
        steps = each.header.split(".")
        if is_json and len(steps) > 1 and any(step.isdigit() for step in steps):
            what = f"physicalName {each.header} leads into a list"
            remedy = "leave the number out: persons say each, a list of texts is taken whole by set"
            yield Finding("error", file, where, what, remedy)
        elif is_json and not all(step.strip() for step in steps):
            what = f"physicalName {each.header} has a step without a name"
            yield Finding("error", file, where, what, "write the members' names with a dot between two")


def headers_of_our_own_are_known(agreed: Agreement) -> Iterator[Finding]:
    """No workbook has a header that begins with @: @sheets would be missed in every batch."""
    for file, where, dataset, each in _columns(agreed):
        is_workbook = any(layout.format == "xlsx" for layout in dataset.delivery.layouts)
        if is_workbook and each.header.startswith("@") and not each.is_sheet_name:
            what = f"physicalName {each.header} is none that is known"
            yield Finding("error", file, where, what, f"write {SHEET}, or the department's header")


CHECKS: tuple[Check, ...] = (
    datasets_have_one_file_each,
    departments_and_datasets_have_plain_names,
    versions_are_numbers,
    contracts_are_in_force,
    columns_have_names_of_their_own,
    headers_are_distinct,
    rows_have_a_key,
    normalisers_exist,
    codes_have_a_crosswalk,
    same_as_names_an_address,
    days_and_bounded_numbers_can_be_impossible,
    bounds_are_of_numbers,
    only_days_have_a_century,
    patterns_can_be_read,
    reasons_are_stated,
    changes_say_what_happened,
    bounds_are_shares,
    updated_is_a_moment,
    layouts_can_be_told_apart,
    sheets_are_known,
    lists_are_read,
    paths_lead_through_objects,
    headers_of_our_own_are_known,
)
