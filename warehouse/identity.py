"""Identity numbers as people type them, and as they may be shown."""

from __future__ import annotations

import re
import unicodedata

# Six digits or more, also in groups, with the letters that an identity number may have around them.
_TELLING = re.compile(r"[0-9A-Za-z]*[0-9](?:[ \t-]?[0-9]){5,}[0-9A-Za-z]*")

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BORN_BEFORE_1900 = frozenset({"996", "997", "998", "999"})


# As in a delivery: signs that are typed for X (multiplication signs, Greek and Cyrillic letters, asterisks), and what no eye sees.
_TYPED_FOR_X = dict.fromkeys(map(ord, "\u00d7\u03a7\u03c7\u2715\u2716\u0445\u0425*"), "X")
_NO_PART = re.compile("[\\s'\"=\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef-]")


def tidy(typed: str) -> str:
    """The number without spaces, full-width forms and what a spreadsheet puts around it, X in upper case (GB 11643)."""
    return _NO_PART.sub("", unicodedata.normalize("NFKC", typed)).upper().translate(_TYPED_FOR_X)


def with_century(number: str) -> str:
    """A 15-digit number as issued before 1999 in its 18 characters (GB 11643-1999); any other text as it is. The last four numbers of
    a day are of who was born a century before.
    """
    if len(number) != 15 or not number.isascii() or not number.isdigit():
        return number
    digits = f"{number[:6]}{18 if number[12:] in BORN_BEFORE_1900 else 19}{number[6:]}"
    return digits + _check_character(digits)


def is_mistyped(typed: str) -> bool:
    """Whether this is no number that anybody bears: 18 characters of which the last follows from the others (GB 11643; permits of
    residents and foreigners too), or the three letters and twelve digits of an older permit.
    """
    number = with_century(tidy(typed))
    if re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return number[17] != _check_character(number[:17])
    return not re.fullmatch(r"[A-Z]{3}[0-9]{12}", number)


def is_mistyped_citizens_number(typed: str) -> bool:
    """Whether this is digits as of a citizen's number, and none: what may be another document's number is not judged."""
    number = tidy(typed)
    return len(number) != 15 and bool(re.fullmatch(r"[0-9]+X?", number)) and is_mistyped(number)


def is_mistyped_credit_code(typed: str) -> bool:
    """Whether this is no unified social credit code: 18 characters of which the last follows from the others (GB 32100)."""
    code = tidy(typed)
    if not re.fullmatch(f"[{_CREDIT}]{{18}}", code):
        return True
    total = sum(_CREDIT.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return _CREDIT[-total % 31] != code[17]


def _check_character(digits: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return "10X98765432"[total % 11]


def masked(text: str) -> str:
    """Text that may be printed: a number in it keeps its ends only, 330102********1234."""
    return _TELLING.sub(lambda found: _mask(tidy(found.group())), unicodedata.normalize("NFKC", text))


def masked_pair(left: str, right: str) -> tuple[str, str]:
    """Two values of one datum, to be compared without being read: where they agree stands ``*``, and what differs is shown
    only while it is the smaller part; else both keep their first character.
    """
    if left == right:
        return "=", "="
    differing = {place for place, (one, other) in enumerate(zip(left, right, strict=False)) if one != other}
    if len(left) == len(right) and 3 * len(differing) <= max(3, len(left)):
        return _only(left, differing), _only(right, differing)
    return _only(left, {0}), _only(right, {0})


def _only(text: str, places: set[int]) -> str:
    return "".join(letter if place in places else "*" for place, letter in enumerate(text))


def _mask(number: str) -> str:
    if len(number) < 15:
        return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}"
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"
