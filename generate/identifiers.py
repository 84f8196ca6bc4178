"""Numbers that people and employers bear, with valid check digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from generate.text import Ints, Rng, Text, digits, join, pick

ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
ID_CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_character(body: str) -> str:
    """The 18th character for the first seventeen (GB 11643, MOD 11-2)."""
    total = sum(int(digit) * int(weight) for digit, weight in zip(body, ID_WEIGHTS, strict=True))
    return ID_CHECKS[total % 11]


def id_numbers(code: Ints, birth: Ints, sequence: Ints) -> Text:
    """18-character numbers of division code, birth (yyyymmdd) and sequence."""
    body = code * 10**11 + birth * 10**3 + sequence
    powers = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    total = np.zeros(len(body), dtype=np.int64)
    for power, weight in zip(powers, ID_WEIGHTS, strict=True):
        total += body // power % 10 * weight
    return join(digits(body, 17), pick(list(ID_CHECKS), total % 11))


def sequences(rng: Rng, code: Ints, birth: Ints, sex: Ints) -> Ints:
    """Sequence numbers (odd for men), no two alike for one code and birth."""
    drawn = rng.integers(0, 500, len(code)) * 2 + (sex % 2)
    while True:
        # 1,000 sequence numbers a code and day: the key stays within 64 bits
        key = (code * 100_000_000 + birth) * 1000 + drawn
        _, first = np.unique(key, return_index=True)
        if len(first) == len(key):
            return drawn
        again = np.ones(len(key), dtype=bool)
        again[first] = False
        drawn[again] = rng.integers(0, 500, int(again.sum())) * 2 + (sex[again] % 2)


def old_card_numbers(rng: Rng, country: Text, birth: Ints) -> Text:
    """A foreigner's number before 2023: three letters, region, birth (yymmdd), two digits."""
    region = pick(["3301"], np.zeros(len(birth), dtype=np.int64))
    return join(country, region, digits(birth % 1_000_000, 6), digits(rng.integers(0, 100, len(birth)), 2))


def organisation_code(body: str) -> str:
    """Eight digits and their check (GB 11714)."""
    check = (
        11 - sum(int(digit) * weight for digit, weight in zip(body, ORGANISATION_WEIGHTS, strict=True)) % 11
    )
    return body + {10: "X", 11: "0"}.get(check, str(check))


def credit_code(kind: str, division: str, body: str) -> str:
    """A unified social credit code (GB 32100) of two letters of kind, division and organisation."""
    front = kind + division + organisation_code(body)
    total = sum(
        CREDIT_ALPHABET.index(letter) * weight for letter, weight in zip(front, CREDIT_WEIGHTS, strict=True)
    )
    return front + CREDIT_ALPHABET[(31 - total % 31) % 31]


def credit_codes(kinds: Sequence[str], divisions: Sequence[str], bodies: Ints) -> Text:
    """Unified social credit codes of many employers."""
    written = digits(bodies, 8)
    codes = [
        credit_code(kind, division, body)
        for kind, division, body in zip(kinds, divisions, written.tolist(), strict=True)
    ]
    return cast(Text, np.array(codes, dtype=object))
