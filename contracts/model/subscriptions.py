"""Who receives or sees which data: purposes, subscriptions, and how long looks are kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from contracts.model.agreed import Agreed
from contracts.model.terms import Cadence


class Purpose(Agreed):
    """What a law lets a subscriber use data for, and which data (政务数据共享条例 art. 25; 个人信息保护法 art. 6, 34)."""

    id: str
    label: str
    label_en: str
    basis: str
    subscribers: tuple[str, ...]
    data: tuple[str, ...]


class Regions(Agreed):
    """Only persons whose division, as ``datum`` says, begins with one of ``codes``."""

    datum: str
    codes: tuple[str, ...] = Field(min_length=1)


class SmallCells(Agreed):
    """Rows are withheld that fewer than ``minimum`` persons have in common by ``columns`` (5 by domain practice)."""

    columns: tuple[str, ...] = Field(min_length=1)
    minimum: int = Field(default=5, ge=2)


class Subscription(Agreed):
    """What a department receives: columns of ``person`` with the purposes and law that cover them.

    ``expressions`` are columns that are SQL over ``person`` (ODCS transformLogic); ``pseudonyms`` those that hold a
    person's pseudonym, HMAC-SM3 under a key of the subscriber's own. ``types`` are the columns' ODCS types; ``labels`` and
    ``descriptions`` what the contract itself says of them. ``encrypted`` files are Parquet with modular encryption under the
    subscriber's key. A delivery older than ``retention_days`` is taken away, save the newest.
    """

    id: str
    subscriber: str
    title: str
    version: str
    purpose: str
    basis: str
    limitations: str = ""
    columns: tuple[str, ...]
    types: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    descriptions: dict[str, str] = Field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    expressions: dict[str, str] = Field(default_factory=dict)
    pseudonyms: tuple[str, ...] = ()
    where: str | None = None
    regions: Regions | None = None
    small_cells: SmallCells | None = None
    partition_by: tuple[str, ...] = ()
    cadence: Cadence = "daily"
    retention_days: int = Field(default=365, ge=1)
    encrypted: bool = False
    source: Path

    @property
    def reads(self) -> tuple[tuple[str, str], ...]:
        """What is delivered, as pairs of a column and the SQL that it is."""
        return tuple((name, self.expressions.get(name, f'"{name}"')) for name in self.columns)


class AccessPolicy(Agreed):
    """How long it is kept who looked at whose data, in whole years, and the law that says so."""

    keep_years: int = Field(ge=3)
    law: str
