"""How records of one person are found: blocks, comparisons, rules, doubts, and the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from contracts.model.agreed import Agreed


class Context(Agreed):
    """What surrounds a person and is compared in linking: any of ``data`` of the catalogue, or its last ``tail`` characters.

    A value that ``shared_by`` names or more are told with is nobody's own and finds nobody. Of a context that says so comparisons may ask
    ``<name>_alike``: whether somebody settled, of nearly the seeking unit's name, is told with its value too. Of one
    that is ``listed``, as an employer's staff are, ``<name>_borne``: whether somebody settled, of another name, who is told with its value
    too bears the seeking unit's number, as where the names of a list slipped by a row.
    """

    name: str
    data: tuple[str, ...]
    tail: int | None = None
    shared_by: int | None = Field(default=None, ge=2)
    listed: bool = False


class Level(Agreed):
    """One outcome of a comparison: ``when`` is SQL over the columns of two units, ``_l`` and ``_r``; the first that holds counts.

    ``missing``: nothing can be said. The last level of a comparison has no ``when``. Whoever reviews a pair reads ``label``.
    """

    name: str
    label: str
    when: str | None = None
    missing: bool = False


class Comparison(Agreed):
    """What of two units is compared. ``floor``: the lowest weight that a level may have, for what changes in a life (a phone, a job)."""

    name: str
    label: str
    label_en: str
    levels: tuple[Level, ...]
    floor: float | None = None


class Block(Agreed):
    """Which units are compared at all: those whose keys are equal.

    ``key`` is SQL over the columns of a record; ``sought`` that of the record which seeks, where it differs. A key that more than
    ``limit`` units bear tells nothing and is passed over. ``recall`` was measured: the share of all pairs of one person that it finds.
    """

    name: str
    key: str
    sought: str | None = None
    limit: int = 50
    recall: float | None = None


class LinkRule(Agreed):
    """A rule that joins two units without weighing: each comparison named in ``when`` has one of the levels, and one of ``any`` has.

    ``overlooks`` names what the evidence outweighs: another sex, another birth; another valid number, of which a single source tells.
    ``precision`` was measured by ``renkou train``: of the ``records`` that the rule put with a person, the share that are that person's.
    ``identifies``: it rests on an identifier; two that name two persons leave a doubt, whatever they weigh.
    ``asks``: what it finds waits for a person, whatever it weighs.
    """

    name: str
    label: str
    label_en: str
    when: dict[str, tuple[str, ...]]
    any: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    overlooks: tuple[Literal["sex", "number", "birth"], ...] = ()
    identifies: bool = False
    asks: bool = False
    precision: float | None = None
    records: int | None = None


class LinkDoubt(Agreed):
    """What relatives have in common as well: at these levels the weight alone links nobody, the pair waits for a person.

    Each comparison named in ``when`` has one of the levels, and none of ``unless`` has.
    """

    name: str
    label: str
    label_en: str
    when: dict[str, tuple[str, ...]]
    unless: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class LinkModel(Agreed):
    """Parameters of the probabilistic model (Fellegi and Sunter, 1969), as ``renkou train`` found them.

    ``parameters``: for each comparison and level the shares m (of pairs of one person) and u (of other pairs). Weights are log2 of
    the odds: from ``link_at`` linked, from ``doubt_at`` doubtful; the next best unit must lie ``margin`` below.
    """

    trained_on: str
    prior: float
    link_at: float
    doubt_at: float
    margin: float
    parameters: dict[str, dict[str, tuple[float, float]]]


class Linking(Agreed):
    """How records find their persons beyond the number."""

    contexts: tuple[Context, ...]
    comparisons: tuple[Comparison, ...]
    blocks: tuple[Block, ...]
    rules: tuple[LinkRule, ...]
    doubts: tuple[LinkDoubt, ...]
    model: LinkModel

    def in_words(self, evidence: Mapping[str, str]) -> list[str]:
        """What the comparisons of a pair said, a line each, in Chinese and by name.

        A release that was compared otherwise than these contracts do may tell a comparison or an outcome by name alone.
        """
        comparisons = {comparison.name: comparison for comparison in self.comparisons}
        return [f"{_called(comparisons, what)}: {_outcome(comparisons, what, said)}" for what, said in evidence.items()]


def _called(comparisons: Mapping[str, Comparison], what: str) -> str:
    return f"{comparisons[what].label} {what}" if what in comparisons else what


def _outcome(comparisons: Mapping[str, Comparison], what: str, said: str) -> str:
    levels = comparisons[what].levels if what in comparisons else ()
    return next((f"{level.label} {said}" for level in levels if level.name == said), said)
