"""Lines of a table that are no rows of the register: totals, the header again, who signed it, what is remarked below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from contracts.model import FileLayout
from transforms.take_in import NotRow, squeezed

# A label is a few characters and a colon, 填表人：; what it labels follows in the same cell or the next.
LABEL = re.compile(r"[（(]?[一-鿿][^:：]{0,14}[:：](.*)", re.DOTALL)
SEALS = "签字|签名|签章|盖章|公章|印章|章"
SEAL = re.compile(rf".{{0,12}}[（(](?:{SEALS})[）)][:：]?")
DAY = re.compile(r"\d{4}[年./-]\d{1,2}[月./-]\d{1,2}日?(?:T.*)?")


@dataclass
class NotRows:
    """How many such lines a file has, and where the first of each kind stands."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, NotRow] = field(default_factory=dict)

    def note(self, lines: Iterable[NotRow]) -> None:
        for line in lines:
            self.counts[line.what] += 1
            self.first.setdefault(line.what, line)

    def told(self) -> Iterator[str]:
        """A sentence a kind."""
        for what, line in self.first.items():
            place = f"line {line.line}" + (f" of sheet {line.sheet}" if line.sheet else "")
            yield f"lines passed over as {what}: {self.counts[what]}, the first is {place}"


def may_begin_none(layout: FileLayout) -> str:
    """RE2: the first filled cell of a line that may be a total or a remark; few rows of a register begin so."""
    words = "|".join(r"\s*".join(map(re.escape, word)) for word in (*layout.totals, *layout.remarks))
    return rf"^\s*(?:(?:{words})\s*(?:$|[:：])|[（(]?\p{{Han}}[^:：]{{0,40}}[:：]|.{{0,40}}[（(]\s*(?:{SEALS})\s*[）)])"


def is_total(first: str, layout: FileLayout) -> bool:
    """Whether a line whose first filled cell this is sums others up, 合 计 or 合计：20人."""
    return re.split("[:：]", squeezed(first))[0] in map(squeezed, layout.totals)


def is_remark(cells: Iterable[str], layout: FileLayout) -> bool:
    """Whether every filled cell of a line is a label, what a label before it names, a seal's place or the day of signing.

    A row of the register has at least its key, which is none of these.
    """
    begun = is_named = False
    words = set(map(squeezed, layout.remarks))
    for text in filter(None, map(squeezed, cells)):
        label = LABEL.fullmatch(text)
        is_bare = (label is not None and not label[1]) or bool(SEAL.fullmatch(text)) or text in words
        if not (label or is_bare or is_named or (begun and DAY.fullmatch(text))):
            return False
        begun, is_named = True, is_bare
    return begun
