"""A value in words: labels of code lists, dates in a form's own pattern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.model import Contracts, Datum, FormField
from warehouse.identity import is_mistyped
from warehouse.places import address_part, division_part

SEPARATOR = "、"
LABEL = "label"
DAYS = {"date": "%Y-%m-%d", "month": "%Y%m"}


class NoCodeError(Exception):
    """The form has no word for a value."""


@cache
def reasons() -> dict[str, str]:
    """What kept a row or a batch out, and what became of a batch, in Chinese."""
    return dict(yaml.safe_load((Path(__file__).parent / "pages" / "reasons.yaml").read_text(encoding="utf-8")))


def labels_of(contracts: Contracts, datum: Datum | None) -> dict[str, str]:
    """Labels of the datum's code list, empty when it has none."""
    if datum is None or datum.codes is None:
        return {}
    return {code.code: code.label for code in contracts.code_list(datum.codes).codes}


def in_words(value: Any, labels: Mapping[str, str]) -> str:
    """A value as an official reads it: the label behind its code, sets listed."""
    if isinstance(value, list):
        return SEPARATOR.join(in_words(item, labels) for item in value)
    text = plain(value)
    return f"{text} {labels[text]}" if text in labels else text


def part_of(value: Any, field: FormField, datum: Datum | None, contracts: Contracts) -> Any:
    """The part of an address, or of the names of a division, that a field asks for; None when it has none."""
    if field.part is None or datum is None or not isinstance(value, str):
        return value
    if datum.type == "address":
        return address_part(value, field.part)
    return division_part(value, field.part, contracts.divisions)


def for_form(value: Any, field: FormField, datum: Datum | None, labels: Mapping[str, str]) -> str:
    """A value in the form's own format and code list. Raises NoCodeError.

    ``field.codes`` takes a code of the catalogue to the form's. ``field.format`` is ``label`` for the label
    of a code, a pattern of %Y %m %d for dates and months, what stands between the members of a set, or a
    number's format such as ``.2f``.
    """
    if isinstance(value, list):
        between = field.format if field.format not in (None, LABEL) else SEPARATOR
        return str(between).join(_coded(plain(item), field, labels) for item in value)
    if field.codes is not None or field.format == LABEL:
        return _coded(plain(value), field, labels)
    if datum is not None and datum.type == "month" and field.format:
        value = date(int(value[:4]), int(value[4:6]), 1)
    if isinstance(value, date) and field.format:
        return by_pattern(value, field.format)
    if isinstance(value, int | float | Decimal) and field.format:
        return format(value, field.format)
    return plain(value)


def asks_for(pattern: str | None) -> str:
    """How much of a day a form's pattern writes: ``year``, ``month`` (with its year), or ``day``."""
    marks = (pattern or "").replace("%-", "%")
    if "%" not in marks or "%d" in marks:
        return "day"
    return "month" if "%m" in marks else "year"


def by_pattern(day: date, pattern: str) -> str:
    """A date by %Y %m %d, and %-m %-d without a leading zero; unlike strftime the same under every locale."""
    parts = {
        "%Y": f"{day.year:04}",
        "%m": f"{day.month:02}",
        "%d": f"{day.day:02}",
        "%-m": str(day.month),
        "%-d": str(day.day),
    }
    for mark, text in parts.items():
        pattern = pattern.replace(mark, text)
    return pattern


def plain(value: Any) -> str:
    """A value as text: dates by ISO 8601, numbers without an exponent."""
    if isinstance(value, date):
        return by_pattern(value, "%Y-%m-%d")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _coded(code: str, field: FormField, labels: Mapping[str, str]) -> str:
    known = field.codes if field.codes is not None else labels
    if code in known:
        return known[code]
    if known:
        raise NoCodeError
    return code


def from_form(
    text: str, field: FormField, datum: Datum, labels: Mapping[str, str]
) -> str | list[str] | None:
    """The catalogue's own form of what was written in a field: the way back from ``for_form``.

    None where there is none: a word that stands for several codes, a month where the day is needed.
    """
    if datum.type == "set":
        between = field.format if field.format not in (None, LABEL) else SEPARATOR
        codes = [_code(part.strip(), field, labels) for part in text.split(str(between)) if part.strip()]
        known = [code for code in codes if code is not None]
        return sorted(known) if len(known) == len(codes) else None
    if field.codes is not None or field.format == LABEL:
        return _code(text, field, labels)
    if datum.type in ("date", "month"):
        return _day(text, field.format or DAYS[datum.type], datum.type)
    return text


# How a value is written that has neither codes nor a pattern; other types are any text.
WRITTEN = {"phone": r"\+?[0-9][0-9 -]{5,18}[0-9]", "amount": r"-?[0-9]+(\.[0-9]+)?", "number": r"-?[0-9]+"}


def words_of(field: FormField, datum: Datum, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The words of which an answer is one, of a set several; none where it may be any text."""
    known = field.codes if field.codes is not None else labels
    is_coded = field.codes is not None or field.format == LABEL or datum.type == "set"
    nothing = [field.none.text] if field.none else []
    return tuple(dict.fromkeys([*known.values(), *nothing])) if is_coded and known else ()


def pattern_of(field: FormField, datum: Datum) -> str | None:
    """How a day or month is written, in %Y %m %d."""
    return field.format or DAYS[datum.type] if datum.type in DAYS else None


def misfit(text: str, field: FormField, datum: Datum, labels: Mapping[str, str]) -> str | None:
    """What keeps a written answer from being a value of the datum, in words that do not repeat it; None when nothing does."""
    if field.none and text == field.none.text:
        return None
    if known := words_of(field, datum, labels):
        between = field.format if field.format not in (None, LABEL) else SEPARATOR
        words = [part.strip() for part in text.split(str(between))] if datum.type == "set" else [text]
        return None if set(words) <= set(known) else "none of the form's words for it"
    if pattern := pattern_of(field, datum):
        return None if _moment(text, pattern) else f"not written as the form has it, {pattern}"
    if datum.type == "identity_number":
        return "its last character does not follow from the others, or there are more or fewer" if is_mistyped(text) else None
    written = WRITTEN.get(datum.type)
    return None if written is None or re.fullmatch(written, unicodedata.normalize("NFKC", text)) else f"no {datum.type}"


def _code(word: str, field: FormField, labels: Mapping[str, str]) -> str | None:
    known = field.codes if field.codes is not None else labels
    if not known:
        return word
    codes = [code for code, label in known.items() if label == word]
    return codes[0] if len(codes) == 1 else None


def _day(text: str, pattern: str, kind: str) -> str | None:
    """A day in ISO 8601, or a month as yyyymm, of what was written by ``pattern``."""
    needed = ("%Y", "%m", "%d") if kind == "date" else ("%Y", "%m")
    day = _moment(text, pattern)
    if day is None or not all(mark in pattern.replace("%-", "%") for mark in needed):
        return None
    return f"{day:%Y-%m-%d}" if kind == "date" else f"{day:%Y%m}"


def _moment(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern.replace("%-", "%"))
    except ValueError:
        return None
