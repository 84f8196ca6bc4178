"""The catalogue of data with its order of authority, and the code lists and crosswalks that values are told in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.model.agreed import Agreed

DatumType = Literal[
    "identity_number",
    "document_number",
    "name",
    "text",
    "address",
    "code",
    "date",
    "month",
    "amount",
    "number",
    "phone",
    "set",
    "person",
]
SQL_TYPES = {"date": "DATE", "amount": "DECIMAL(14, 2)", "number": "BIGINT", "set": "VARCHAR[]"}
Pick = Literal["newest", "newest_record", "earliest", "union"]


class Phase(Agreed):
    """A phase of life in which another dataset answers: until the dataset ``until`` speaks of a person, ``owner`` does."""

    until: str
    owner: str


class Notice(Agreed):
    """What is said to whoever fills in a form, in two languages."""

    label: str
    label_en: str


class Datum(Agreed):
    """One datum of the catalogue: what it means and which dataset answers for it (条例 art. 19, 一数一源).

    ``owner``, ``fallbacks`` and ``checked_by`` name datasets as ``department/dataset``. ``phase`` names the fallback that is
    the owner in an earlier phase of life. ``pick`` says which record of a dataset speaks when a person has several there: the
    newest that has a value, or the ``newest_record`` whether it has one or not, as after a divorce there is no spouse.
    ``agrees_on`` is the number of leading characters in which two codes must be equal to agree (all of them when absent).
    ``copies`` are groups of datasets that take the datum from one another, so that a group has one voice at most. ``lasting``
    holds for life: a new value is a correction, and was so from the beginning. ``fresh_days`` is how long a copy that was
    delivered before the published value changed may say the old one. ``formerly`` is the datum that tells what this one was
    before, with which a copy neither agrees nor disagrees. ``sealed``: what it was before is not kept when a minor gets other
    parents. ``special`` names a kind of data that leaves only by a basis that names it (``health``;
    个人信息保护法 art. 28). ``locates``: it is the division to which a person belongs, for keys that are for a region.
    ``elsewhere`` is the law by which a newer event may lie in a register that nobody here reads: a form shows even the owner's
    value as one to be confirmed. ``notice`` is what a form that does not ask for the datum says of an applicant who has a value
    of it, as of a death. ``replaces`` is said by a later folder that puts its own entry in the place of an earlier one.
    """

    name: str
    label: str
    label_en: str
    definition: str = ""
    type: DatumType
    standard: str
    codes: str | None = None
    owner: str
    pick: Pick = "newest"
    fallbacks: tuple[str, ...] = ()
    checked_by: tuple[str, ...] = ()
    phase: Phase | None = None
    copies: tuple[tuple[str, ...], ...] = ()
    lasting: bool = False
    fresh_days: int = Field(default=0, ge=0)
    formerly: str | None = None
    sealed: bool = False
    locates: bool = False
    agrees_on: int | None = None
    elsewhere: str | None = None
    notice: Notice | None = None
    sensitivity: Literal["general", "personal", "sensitive"]
    special: str | None = None
    replaces: bool = False

    @property
    def sql_type(self) -> str:
        """The type of its column in the published table; a person is told there by an id."""
        return SQL_TYPES.get(self.type, "VARCHAR")

    @property
    def is_sealed(self) -> bool:
        """Whether what it was is not kept of a minor who gets other parents; the number of a document may bear the number of before."""
        return self.sealed or self.type == "document_number"

    @property
    def sources(self) -> tuple[str, ...]:
        """The datasets that may be published, most authoritative first."""
        return (self.owner, *self.fallbacks)


class Area(Agreed):
    """By which part of the county figures are given: the first ``digits`` of a datum that is a division."""

    datum: str
    digits: int = 9


class Catalogue(Agreed):
    """Every datum that is agreed on, and the areas by which figures are given."""

    version: str
    area: Area | None = None
    data: tuple[Datum, ...]

    def datum(self, name: str) -> Datum:
        return next(d for d in self.data if d.name == name)

    @property
    def number(self) -> Datum:
        """The datum by which a person is called: the identity number (公民身份号码), or of a foreigner the permit's."""
        return next(d for d in self.data if d.type == "identity_number")


class Code(Agreed):
    """One code; ``unknown`` marks those that say that nothing is known, which never stand over a value.

    ``special`` names a kind of data that the code gives away (``adoption``); ``broader`` is the code that is
    shown in its place where no basis names that kind.
    """

    code: str
    label: str
    label_en: str = ""
    unknown: bool = False
    special: str | None = None
    broader: str | None = None
    kin: Literal["head", "spouse", "child", "parent"] | None = None


class CodeList(Agreed):
    """A code table of a standard.

    The version is part of a value's meaning: GB/T 4658 of 1984 and 2006 collide.
    """

    id: str
    title: str
    standard: str
    version: str
    codes: tuple[Code, ...]


class Crosswalk(Agreed):
    """How a department's spellings become codes of a list.

    ``map`` takes what it writes, trimmed, to a code.
    """

    id: str
    to: str
    version: str
    map: dict[str, str]


class Placeholders(Agreed):
    """What people type for "nothing": each text with the reason that it stands for."""

    version: str
    reasons: dict[str, tuple[str, ...]]
