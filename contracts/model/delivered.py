"""What a department delivers: where it lies, how it is laid out, and what its rows say of whom.

Names of columns in ``when``, ``data``, ``date`` ... are property names of the contract, never the department's own headers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from contracts.model.agreed import Agreed
from contracts.model.kin import HOUSEHOLD_TELLS
from contracts.model.terms import Cadence, Span

When = dict[str, str | list[str]]


class Bounds(Agreed):
    """Shares of the batch before (0.2: a fifth) by which a full batch may shrink or grow before a person is asked.

    A change of fewer than ``at_least`` rows is never asked about.
    """

    shrink: float = Field(default=0.2, ge=0, le=1)
    grow: float = Field(default=0.3, ge=0)
    at_least: int = Field(default=100, ge=0)


class Operation(Agreed):
    """Which property of a delta says what happened, and which of its values withdraw the record."""

    column: str
    delete: tuple[str, ...]
    upsert: tuple[str, ...]


ENDINGS = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,3}$")


def with_small_ending(name: str) -> str:
    """A file's name with its endings written small: `.CSV.GZ` is `.csv.gz`."""
    return ENDINGS.sub(lambda endings: endings[0].lower(), name)


def is_called(name: str, pattern: str) -> bool:
    """Whether a file's name is one of a glob, in whichever case its endings are written."""
    return fnmatchcase(with_small_ending(name), with_small_ending(pattern))


# What stands before a signature or a remark in tables that people make.
SIGNED = (
    *("审核人", "复核人", "填表人", "制表人", "填报人", "经办人", "负责人", "单位负责人", "联系人", "联系电话"),
    *("填表日期", "制表日期", "填报日期", "备注", "注", "说明"),
)


class FileLayout(Agreed):
    """One kind of data file: ``files`` is a glob, ``encoding`` what the department says that it writes.

    ``totals`` begin a line that sums others up, ``remarks`` stand before what somebody signed or remarked; neither line is a row.
    """

    files: str
    format: Literal["csv", "xlsx", "jsonl", "parquet"]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    compression: Literal["gzip"] | None = None
    delimiter: str = ","
    sheets: tuple[str, ...] = ()
    totals: tuple[str, ...] = ("合计", "总计", "小计", "共计", "本页合计", "本页小计")
    remarks: tuple[str, ...] = SIGNED

    @property
    def offered_as(self) -> tuple[str, ...]:
        """The globs of a file on a server: its own, and those of a zip archive that is called after it."""
        bare, dot, ending = self.files.rpartition(".")
        return (self.files, f"{self.files}.zip", *([f"{bare}.zip"] if dot and ending else []))


class Delivery(Agreed):
    """How a dataset arrives.

    ``additions_only``: a delta that only ever adds, as a register of judgments; it has no ``operation``.
    ``quarantine_bound``: the share of unreadable or impossible rows (0.5: half of them) that refuses a batch.
    """

    mode: Literal["full", "delta"]
    layouts: tuple[FileLayout, ...]
    control: Literal["required", "none"] = "none"
    cadence: Cadence
    operation: Operation | None = None
    updated: str | None = None
    additions_only: bool = False
    bounds: Bounds = Bounds()
    quarantine_bound: float = Field(default=0.5, ge=0, le=1)


class FileSource(Agreed):
    """Files in a folder: mounted, or on an SFTP server.

    ``path`` is the folder, with ``{day}`` where eight digits name the batch; without it a file's own name bears
    the day. A file younger than ``settled`` seconds may still be being written, and waits.
    """

    kind: Literal["folder", "sftp"]
    connection: str
    path: str = ""
    settled: int = 60


class BucketSource(Agreed):
    """Objects of an S3-compatible store; ``path`` is their prefix, read like that of a FileSource."""

    kind: Literal["s3"]
    connection: str
    bucket: str
    path: str = ""
    settled: int = 0


class ViewSource(Agreed):
    """A view of a PostgreSQL database. A delta takes rows whose ``watermark`` (a column) is not older than the last one seen."""

    kind: Literal["postgresql"]
    connection: str
    view: str
    watermark: str | None = None


class PagesSource(Agreed):
    """A paged HTTP API: ``GET <path>?since=<time>&cursor=<cursor>`` answers ``{"items": [...], "next": cursor or null}``.

    One that has more pages than ``pages_at_most`` is taken for one that never ends.
    """

    kind: Literal["http"]
    connection: str
    path: str
    pages_at_most: int = Field(default=100_000, ge=1)


Source = Annotated[FileSource | BucketSource | ViewSource | PagesSource, Field(discriminator="kind")]


class Supply(Agreed):
    """Where a role's datum comes from: a column, or (for ties between persons) another role of the row.

    ``since`` names the column of the day or month from which it holds.
    """

    column: str | None = None
    role: str | None = None
    since: str | None = None
    when: When = Field(default_factory=dict)


class RegisterKey(Agreed):
    """A department's own number of a person: rows with the same one, of all datasets that share the ``space``, are of one person."""

    space: str
    column: str
    when: When = Field(default_factory=dict)


class Each(Agreed):
    """The columns in which a row has a list of persons, one of each person's data a column, and how many there may be.

    A list is one of JSON's, of objects along a dotted path or of texts, or several in one cell of a table.
    """

    columns: tuple[str, ...]
    at_most: int = Field(ge=2, le=40)


class PersonOfRow(Agreed):
    """One person that a row speaks of, or with ``each`` several: then the role stands for every one of them.

    ``data`` maps a datum of the catalogue to its supply. ``former_id_number`` names the column in which the
    register itself states an earlier number. ``newest_by`` orders a person's records of this dataset
    (default: ``updated``); those of which ``yields`` holds come before all others, however new: they tell only what no other does.
    ``register_key`` is the department's own number of the person, where it has one.
    ``one_row_a_person``: nobody stands in this role in two rows that are current. ``contexts`` names columns that serve to find the
    person and tell nothing of them, each by the context of linking that it is.
    """

    role: str
    each: Each | None = None
    data: dict[str, Supply]
    former_id_number: str | None = None
    register_key: RegisterKey | None = None
    one_row_a_person: bool = False
    newest_by: str | None = None
    yields: When = Field(default_factory=dict)
    contexts: dict[str, str] = Field(default_factory=dict)


class EventOfRow(Agreed):
    """Something that a row says happened to the persons in ``roles``.

    ``date`` names the column of the day or month.
    """

    kind: str
    date: str
    roles: tuple[str, ...]
    when: When = Field(default_factory=dict)


class Change(Agreed):
    """A change of a published datum of ``data`` that is an event: from one of ``from``, or from anything, to one of ``to``, or to anything.

    ``from_nothing``: only where nothing was published before; else only from one value to another.
    """

    data: tuple[str, ...]
    from_: tuple[str, ...] = Field((), alias="from")
    to: tuple[str, ...] = ()
    from_nothing: bool = False


class EventKind(Agreed):
    """A kind of event that subscribers can follow (一件事).

    ``once`` in a life: of several records that tell it one with the day that is published as ``day`` speaks, then the first in ``order``,
    then the earliest day. ``changed``: a change of what is published tells it too. ``stays``: it happened, though its record goes on to say
    otherwise. A kind without a file is told once a record.
    """

    id: str
    label: str
    label_en: str
    once: bool = False
    day: str | None = None
    order: tuple[str, ...] = ()
    changed: Change | None = None
    stays: bool = False


class RelationOfRow(Agreed):
    """A tie that a row states: ``from`` has ``kind`` ``to``; ``inverse`` is what ``to`` calls ``from``.

    ``may_be_self``: both may be the same person, as the head of a household is among its members.
    """

    kind: str
    inverse: str
    from_: str = Field(alias="from")
    to: str
    may_be_self: bool = False
    when: When = Field(default_factory=dict)


class HouseholdOfRow(Agreed):
    """The columns of the household number and of the relation to its head."""

    number: str
    relation: str


SHEET = "@sheet"


class Column(Agreed):
    """One column of a delivery.

    ``header`` is the department's own name (a dotted path in JSON lines, ``@sheet`` the sheet's). ``two_digit_years`` is the last year
    (30: 2030) that a day written with two digits may mean; without it a day whose century is not certain has none. ``pattern`` (RE2) is
    what the whole number of a document looks like. ``minimum`` and ``maximum`` are the least and the greatest that a number, or an
    amount in yuan, can be. ``is_listed``: it holds something of each of several persons. ``place``: the column that holds it, and whose
    it is of those, from 1.
    """

    name: str
    header: str
    label: str
    key: int | None = None
    required: bool = False
    normaliser: str = "text"
    crosswalk: str | None = None
    same_as: str | None = None
    two_digit_years: int | None = Field(default=None, ge=0, le=99)
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    impossible: Literal["quarantine", "missing"] = "missing"
    not_taken: str | None = None
    used_for: str | None = None
    is_listed: bool = False
    place: tuple[str, int] | None = None

    @property
    def is_bounded(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    @property
    def comes_in(self) -> str:
        """The column of the delivery that holds it."""
        return self.place[0] if self.place else self.name

    @property
    def is_list(self) -> bool:
        """Whether a list of values is kept as one, with the places in it."""
        return self.normaliser == "set" or self.is_listed

    @property
    def is_sheet_name(self) -> bool:
        """Whether the column is the name of the sheet that a row stands in, for which no file has a header."""
        return self.header == SHEET

    @property
    def reads_several(self) -> bool:
        """Whether several values in one cell are no fault: of phones the first counts, texts stand as they are."""
        return self.normaliser in {"phone", "text"}


class AnswersOfRow(Agreed):
    """A delivery of answers to work orders: the columns of the order's id, of the answer, and of what is said to it."""

    order: str
    answer: str
    remark: str | None = None


class Dataset(Agreed):
    """What a department delivers. ``withdrawn_as`` are the spellings of a withdrawal, out of the operation's crosswalk.

    ``as_delivered``: how it comes and was agreed, where rows name several persons in one place (``contracts.unroll``).
    """

    department: str
    name: str
    title: str
    office: str = ""
    version: str
    delivery: Delivery
    pulled_from: Source | None = None
    latency_hours: float | None = None
    retention: Span | None = None
    columns: tuple[Column, ...]
    persons: tuple[PersonOfRow, ...]
    events: tuple[EventOfRow, ...] = ()
    relations: tuple[RelationOfRow, ...] = ()
    household: HouseholdOfRow | None = None
    answers: AnswersOfRow | None = None
    withdrawn_as: frozenset[str] = frozenset()
    as_delivered: Dataset | None = None
    source: Path

    @property
    def id(self) -> str:
        return f"{self.department}/{self.name}"

    @property
    def delivered(self) -> Dataset:
        """With the columns as they stand in its files."""
        return self.as_delivered or self

    @property
    def table(self) -> str:
        """The dataset as part of a table's name: ``<department>__<dataset>``."""
        return f"{self.department}__{self.name}"

    @property
    def taken(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.not_taken is None)

    @property
    def keys(self) -> tuple[Column, ...]:
        return tuple(sorted((c for c in self.columns if c.key is not None), key=lambda c: c.key or 0))

    @property
    def updated_at(self) -> str | None:
        """The column of the moment or day of a record's last change; none where versions are counted."""
        updated = self.delivery.updated
        return updated if updated and self.column(updated).normaliser != "number" else None

    @property
    def supplies(self) -> frozenset[str]:
        """Names of the data that a row may tell of one of its persons."""
        told = frozenset(name for person in self.persons for name in person.data)
        return told | HOUSEHOLD_TELLS if self.household else told

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    def own_columns(self, person: PersonOfRow) -> tuple[str, ...]:
        """The columns that tell of this person alone, and of no other of the row."""
        others = {s.column for p in self.persons if p.role != person.role for s in p.data.values()}
        return tuple(sorted({s.column for s in person.data.values() if s.column} - others))

    def role(self, role: str) -> PersonOfRow:
        return next(p for p in self.persons if p.role == role)
