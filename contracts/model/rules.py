"""What contradicts itself, and the terms of the work orders that ask about it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.model.agreed import Agreed


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
    (the datum alone when absent, none when empty: the record alone is wrong). ``withholds``: the person's data, and
    ``withholds_events`` the kinds of event, that are not published while this stands.
    """

    id: str
    datum: str
    severity: Literal["stop", "note", "review"]
    answers: Literal["owner", "record"] = "owner"
    cause: str | None = None
    answer_within: int | None = Field(default=None, gt=0)
    doubts: tuple[str, ...] | None = None
    withholds: tuple[str, ...] = ()
    withholds_events: tuple[str, ...] = ()
    law: str
    sentence: str
    sentence_en: str
    uses: tuple[str, ...]
    sql: str


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
