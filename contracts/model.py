"""What was agreed, as typed objects: catalogue, deliveries, code lists, forms, subscriptions, rules.

An inbound contract is an ODCS v3.2 file (Open Data Contract Standard, Bitol); what the standard has no word
for stands in its ``customProperties`` and is typed here. Names of columns in ``when``, ``data``, ``date`` ...
are property names of the contract, never the department's own headers.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Agreed(BaseModel):
    """Base of all contract objects: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- catalogue ----------------------------------------------------------------------------------------------

DatumType = Literal[
    "identity_number", "name", "text", "address", "code", "date", "month", "amount", "number", "phone", "set", "person"
]
SQL_TYPES = {"date": "DATE", "amount": "DECIMAL(14, 2)", "number": "BIGINT", "set": "VARCHAR[]"}
Pick = Literal["newest", "newest_record", "earliest", "union"]


class Phase(Agreed):
    """A phase of life in which another dataset answers: until the dataset ``until`` speaks of a person, ``owner`` does."""

    until: str
    owner: str


class Datum(Agreed):
    """One datum of the catalogue: what it means and which dataset answers for it (条例 art. 19, 一数一源).

    ``owner``, ``fallbacks`` and ``checked_by`` name datasets as ``department/dataset``. ``phase`` names the fallback that is
    the owner in an earlier phase of life. ``pick`` says which record of a dataset speaks when a person has several there: the
    newest that has a value, or the ``newest_record`` whether it has one or not, as after a divorce there is no spouse.
    ``agrees_on`` is the number of leading characters in which two codes must be equal to agree (all of them when absent).
    ``copies`` are groups of datasets that take the datum from one another, so that a group has one voice at most. ``lasting``
    holds for life: a new value is a correction, and was so from the beginning. ``fresh_days`` is how long a copy that was
    delivered before the published value changed may say the old one. ``sealed``: what it was before is not kept when a
    minor gets other parents. ``special`` names a kind of data that leaves only by a basis that names it (``health``;
    个人信息保护法 art. 28). ``locates``: it is the division to which a person belongs, for keys that are for a region.
    ``elsewhere`` is the law by which a newer event may lie in a register that nobody here reads: a form shows even the owner's
    value as one to be confirmed. ``replaces`` is said by a later folder that puts its own entry in the place of an earlier one.
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
    sealed: bool = False
    locates: bool = False
    agrees_on: int | None = None
    elsewhere: str | None = None
    sensitivity: Literal["general", "personal", "sensitive"]
    special: str | None = None
    replaces: bool = False

    @property
    def sql_type(self) -> str:
        """The type of its column in the published table; a person is told there by an id."""
        return SQL_TYPES.get(self.type, "VARCHAR")

    @property
    def sources(self) -> tuple[str, ...]:
        """The datasets that may be published, most authoritative first."""
        return (self.owner, *self.fallbacks)


class Area(Agreed):
    """By which part of the county figures are given: the first ``digits`` of a datum that is a division."""

    datum: str
    digits: int = 9


class Catalogue(Agreed):
    version: str
    area: Area | None = None
    data: tuple[Datum, ...]

    def datum(self, name: str) -> Datum:
        return next(d for d in self.data if d.name == name)


# --- code lists ---------------------------------------------------------------------------------------------


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


# --- inbound: what a department delivers --------------------------------------------------------------------

When = dict[str, str | list[str]]


class Bounds(Agreed):
    """Shares of the batch before by which a full batch may shrink or grow before a person is asked.

    A change of fewer than ``at_least`` rows is never asked about.
    """

    shrink: float = 0.2
    grow: float = 0.3
    at_least: int = 100


class Operation(Agreed):
    """Which property of a delta says what happened, and which of its values withdraw the record."""

    column: str
    delete: tuple[str, ...]
    upsert: tuple[str, ...]


class FileLayout(Agreed):
    """One kind of data file: ``files`` is a glob, ``encoding`` what the department says that it writes."""

    files: str
    format: Literal["csv", "xlsx", "jsonl", "parquet"]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    compression: Literal["gzip"] | None = None
    delimiter: str = ","
    sheets: tuple[str, ...] = ()
    totals: tuple[str, ...] = ("合计", "总计", "小计")


class Delivery(Agreed):
    """How a dataset arrives.

    ``additions_only``: a delta that only ever adds, as a register of judgments; it has no ``operation``.
    ``quarantine_bound``: the share of unreadable or impossible rows that refuses a batch.
    """

    mode: Literal["full", "delta"]
    layouts: tuple[FileLayout, ...]
    control: Literal["required", "none"] = "none"
    cadence: Literal["daily", "weekly", "monthly"]
    operation: Operation | None = None
    updated: str | None = None
    additions_only: bool = False
    bounds: Bounds = Bounds()
    quarantine_bound: float = 0.5


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
    """A paged HTTP API: ``GET <path>?since=<time>&cursor=<cursor>`` answers ``{"items": [...], "next": cursor or null}``."""

    kind: Literal["http"]
    connection: str
    path: str


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


class PersonOfRow(Agreed):
    """One person that a row speaks of.

    ``data`` maps a datum of the catalogue to its supply. ``former_id_number`` names the column in which the
    register itself states an earlier number. ``newest_by`` orders a person's records of this dataset
    (default: ``updated``). ``register_key`` is the department's own number of the person, where it has one.
    ``one_row_a_person``: nobody stands in this role in two rows that are current. ``contexts`` names columns that serve to find the
    person and tell nothing of them, each by the context of linking that it is.
    """

    role: str
    data: dict[str, Supply]
    former_id_number: str | None = None
    register_key: RegisterKey | None = None
    one_row_a_person: bool = False
    newest_by: str | None = None
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
    """A change of a published datum of ``data`` that is an event: to one of ``to``, or to anything.

    ``from_nothing``: only where nothing was published before; else only from one value to another.
    """

    data: tuple[str, ...]
    to: tuple[str, ...] = ()
    from_nothing: bool = False


class EventKind(Agreed):
    """A kind of event that subscribers can follow (一件事).

    ``once`` in a life: of several records that tell it the first in ``order`` speaks, then the earliest day. ``changed``: a
    change of what is published tells it too. A kind without a file is told once a record.
    """

    id: str
    label: str
    label_en: str
    once: bool = False
    order: tuple[str, ...] = ()
    changed: Change | None = None


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
    number: str
    relation: str


class Column(Agreed):
    """One column of a delivery.

    ``header`` is the department's own name (a dotted path in JSON lines, ``@sheet`` the sheet's).
    """

    name: str
    header: str
    label: str
    key: int | None = None
    required: bool = False
    normaliser: str = "text"
    crosswalk: str | None = None
    same_as: str | None = None
    impossible: Literal["quarantine", "missing"] = "missing"
    not_taken: str | None = None
    used_for: str | None = None


# What household number and relation to the head tell of a person's kin, without a column of its own.
HOUSEHOLD_TELLS = frozenset({"mother", "father", "spouse"})


class AnswersOfRow(Agreed):
    """A delivery of answers to work orders: the columns of the order's id, of the answer, and of what is said to it."""

    order: str
    answer: str
    remark: str | None = None


class Dataset(Agreed):
    """What a department delivers."""

    department: str
    name: str
    title: str
    office: str = ""
    version: str
    delivery: Delivery
    pulled_from: Source | None = None
    latency_hours: float | None = None
    retention_days: int | None = None
    columns: tuple[Column, ...]
    persons: tuple[PersonOfRow, ...]
    events: tuple[EventOfRow, ...] = ()
    relations: tuple[RelationOfRow, ...] = ()
    household: HouseholdOfRow | None = None
    answers: AnswersOfRow | None = None
    source: Path

    @property
    def id(self) -> str:
        return f"{self.department}/{self.name}"

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

    def role(self, role: str) -> PersonOfRow:
        return next(p for p in self.persons if p.role == role)


# --- linking -----------------------------------------------------------------------------------------------


class Context(Agreed):
    """What surrounds a person and is compared in linking: any of ``data`` of the catalogue, or its last ``tail`` characters."""

    name: str
    data: tuple[str, ...]
    tail: int | None = None


class Level(Agreed):
    """One outcome of a comparison: ``when`` is SQL over the columns of two units, ``_l`` and ``_r``; the first that holds counts.

    ``missing``: nothing can be said. The last level of a comparison has no ``when``.
    """

    name: str
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

    ``overlooks`` names what the evidence outweighs: another sex; another valid number, of which a single source tells. ``precision``
    was measured by ``renkou train``: of the ``records`` that the rule put with a person, the share that are that person's.
    ``identifies``: it rests on an identifier; two that name two persons leave a doubt, whatever they weigh.
    """

    name: str
    label: str
    label_en: str
    when: dict[str, tuple[str, ...]]
    any: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    overlooks: tuple[Literal["sex", "number"], ...] = ()
    identifies: bool = False
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


# --- rules, forms, subscriptions ----------------------------------------------------------------------------


class RuleView(Agreed):
    """Something that several rules ask, as SQL over the rule tables: who is dead by whom, who was seen later.

    A build works it out once, as table ``rule_<id>``. ``published_as`` names the table of a release that shows it, with
    person_id in the place of person_no.
    """

    id: str
    title: str
    title_en: str
    published_as: str | None = None
    sql: str

    @property
    def table(self) -> str:
        return f"rule_{self.id}"


class Rule(Agreed):
    """A contradiction as data: ``sql`` selects what contradicts; the words are for the official who answers.

    ``sql`` reads the rule tables (``rule_person``, ``rule_said_<datum>``, ``rule_event``, ...) and answers person_no,
    owner_value, reporter, reported_value, and the record to look at: record_of, its dataset, and record_no.
    ``answers``: the owner of the datum, or the department whose record it is. ``cause``: contradictions of one
    person and one cause are one work order (the datum when absent). ``answer_within``: working days, instead of
    the usual number. ``doubts``: the person's data that are not to be relied on while this stands, the datum among them
    (the datum alone when absent).
    """

    id: str
    datum: str
    severity: Literal["stop", "note", "review"]
    answers: Literal["owner", "record"] = "owner"
    cause: str | None = None
    answer_within: int | None = Field(default=None, gt=0)
    doubts: tuple[str, ...] = ()
    law: str
    sentence: str
    sentence_en: str
    uses: tuple[str, ...]
    sql: str


class Relative(Agreed):
    """Somebody who belongs to an applicant, told from the published persons.

    Either ``of``, data of type person of the relative that may be the applicant (mother, father: then the relative is a
    child), or ``same``, a datum that both have (household_no: then a member of the household; with ``includes_self`` the
    applicant too). ``where`` is SQL
    over the relative's data; ``order`` is SQL over them that says who comes first. A datum of type person is a
    relative by itself, and needs no file.
    """

    id: str
    label: str
    label_en: str
    of: tuple[str, ...] = ()
    same: str | None = None
    includes_self: bool = False
    where: str | None = None
    order: str | None = None


class Derived(Agreed):
    """What follows from data by a law: SQL over the applicant's data, ``registers`` and ``filled_on``."""

    id: str
    label: str
    label_en: str
    expression: str
    law: str


class Wording(Agreed):
    """How forms spell the codes of a list: one grade for several codes, 男 or M for 1."""

    id: str
    title: str
    of: str
    map: dict[str, str]


class Nothing(Agreed):
    """What a form writes when the owner of a datum has no value, and that says something.

    ``blank``: the owner's register lists the person and holds no value (no former name). ``absent``: the owner's
    register of the whole county does not list the person at all (no pension is paid here). What follows from
    silence is nobody's word, and stands as a fallback. ``datum`` names whose owner is meant where the field is an expression.
    """

    text: str
    means: Literal["blank", "absent"]
    datum: str | None = None


class Answer(Agreed):
    """What a department may answer to a work order, and what follows: its next delivery is held against it (``verify``), the
    order is done (``close``), or the next authority decides (``escalate``).
    """

    code: str
    then: Literal["verify", "close", "escalate"]


class OrderTerms(Agreed):
    """The terms of work orders (校核工单), in working days (政务数据共享条例 art. 26).

    ``authorities`` are whom an order rises to, one after the other, each with ``escalate_within``; an order that was reopened
    more than ``reopen_limit`` times rises at once. ``codes`` is the code list of the answers; ``shows`` are the data of the
    catalogue by which the department finds the person.
    """

    version: str
    answer_within: int = Field(gt=0)
    escalate_within: int = Field(gt=0)
    reopen_limit: int = Field(ge=0)
    authorities: tuple[str, ...] = Field(min_length=1)
    codes: str
    shows: tuple[str, ...]
    answers: tuple[Answer, ...]


class Year(Agreed):
    """A year's days off beside weekends, and the weekend days worked in exchange, as the State Council announced them."""

    off: tuple[date, ...]
    worked: tuple[date, ...] = ()


class Calendar(Agreed):
    """Years that count as they stand here, in the place of the library's: for those it does not know yet."""

    version: str
    years: dict[int, Year] = Field(default_factory=dict)


class FormField(Agreed):
    """What a form asks, and who fills it in when the departments cannot.

    A field is filled from one of: ``datum`` (with ``via`` that of a relative, a datum of type person or a relative of
    ``relatives/``, or child.father, a relative's relative; with ``each`` of all of them), ``expression`` (SQL over the applicant's
    data, ``registers``, the
    datasets that speak of the applicant, and ``filled_on``, the day of filling in; ``derived`` names the one of
    ``derived/`` that it was taken from), ``asked``, the name of what only people can say: the same name in another
    form is the same answer, and is not asked again. ``part`` takes the province, prefecture, county, township,
    village or detail of an address, or the province, prefecture, county or name of a division's code. ``codes`` takes
    a code of the catalogue to the form's own; ``format`` is described at ``warehouse.wording.for_form``.
    ``applies_when`` is SQL over the applicant: where it is false, the field stays empty and nobody is asked.
    ``asks`` is what ``asked_of`` is asked when nobody can say, one of ``choices`` if there are any.
    """

    name: str
    label: str
    label_en: str
    datum: str | None = None
    via: str | None = None
    each: bool = False
    part: Literal["province", "prefecture", "county", "township", "village", "detail", "name"] | None = None
    expression: str | None = None
    derived: str | None = None
    asked: str | None = None
    format: str | None = None
    codes: dict[str, str] | None = None
    none: Nothing | None = None
    applies_when: str | None = None
    required: bool = False
    asks: str | None = None
    asked_of: Literal["citizen", "official", "department"] = "citizen"
    choices: tuple[str, ...] = ()
    law: str | None = None

    @property
    def topic(self) -> str | None:
        """What the field is about, by which an answer given in one form is known in every other."""
        if self.datum:
            return ".".join(name for name in (self.via, self.datum) if name)
        return self.asked or self.derived


class Attachment(Agreed):
    """A document, not asked for when each of ``unnecessary_when`` holds: a datum is known, or SQL is true."""

    name: str
    label: str
    label_en: str
    unnecessary_when: tuple[str, ...] = ()


class Form(Agreed):
    """A form: what it asks, for which purposes, by which law.

    ``users`` is SQL over a person's data, ``registers`` and ``filled_on``: who would hand the form in. ``relatives``
    are those whose data it may show, each with the rule that covers it; ``covers`` likewise the special kinds of
    data (``minors`` under 14, and ``special`` of the catalogue and the code lists: ``health``, ``adoption``).
    """

    id: str
    title: str
    title_en: str
    matter: str
    basis: str
    purposes: tuple[str, ...]
    users: str
    relatives: dict[str, str] = Field(default_factory=dict)
    covers: dict[str, str] = Field(default_factory=dict)
    fields: tuple[FormField, ...]
    attachments: tuple[Attachment, ...] = ()


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
    person's pseudonym, HMAC-SM3 under a key of the subscriber's own. ``encrypted`` files are Parquet with
    modular encryption under the subscriber's key. A delivery older than ``retention_days`` is taken away, save the newest.
    """

    id: str
    subscriber: str
    title: str
    version: str
    purpose: str
    basis: str
    columns: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    expressions: dict[str, str] = Field(default_factory=dict)
    pseudonyms: tuple[str, ...] = ()
    where: str | None = None
    regions: Regions | None = None
    small_cells: SmallCells | None = None
    partition_by: tuple[str, ...] = ()
    cadence: Literal["daily", "weekly", "monthly"] = "daily"
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


class Contracts(Agreed):
    """Everything that was agreed, loaded from one folder or several laid over one another.

    ``folders`` are where they were read, in order. ``version`` covers every file, ``intake_version``
    those that decide how a delivered file is read and normalised.
    """

    catalogue: Catalogue
    datasets: tuple[Dataset, ...]
    code_lists: tuple[CodeList, ...]
    crosswalks: tuple[Crosswalk, ...]
    placeholders: Placeholders
    normalisers: dict[str, str]
    access: AccessPolicy
    rules: tuple[Rule, ...] = ()
    event_kinds: tuple[EventKind, ...] = ()
    rule_views: tuple[RuleView, ...] = ()
    order_terms: OrderTerms
    calendar: Calendar
    forms: tuple[Form, ...] = ()
    relatives: tuple[Relative, ...] = ()
    derived: tuple[Derived, ...] = ()
    wordings: tuple[Wording, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    version: str
    intake_version: str
    divisions: Path
    linking: Linking
    folders: tuple[Path, ...] = ()

    def dataset(self, dataset_id: str) -> Dataset:
        return next(d for d in self.datasets if d.id == dataset_id)

    @property
    def departments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(d.department for d in self.datasets))

    def code_list(self, list_id: str) -> CodeList:
        return next(c for c in self.code_lists if c.id == list_id)

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each dataset is called."""
        return {dataset.id: dataset.title for dataset in self.datasets}

    @cached_property
    def _data(self) -> dict[str | None, Datum]:
        return {datum.name: datum for datum in reversed(self.catalogue.data)}

    def datum(self, name: str | None) -> Datum | None:
        """The datum of that name, None when the catalogue has none."""
        return self._data.get(name)

    def relative(self, name: str) -> Relative | None:
        """The relative of that name; None for a datum of type person, which is one by itself."""
        return next((r for r in self.relatives if r.id == name), None)

    def crosswalk(self, crosswalk_id: str) -> Crosswalk:
        return next(c for c in self.crosswalks if c.id == crosswalk_id)


def custom(properties: list[Any] | None) -> dict[str, Any]:
    """ODCS ``customProperties`` as a dictionary."""
    return {p.property: p.value for p in properties or []}
