"""One person's data as a form's contract may use them: by datum, via a related person, by expression."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

import duckdb

from contracts.model import PARENTS, SPOUSE, Contracts, Form
from warehouse.dossier import Dossier
from warehouse.faults import RenkouError
from warehouse.form_plan import (
    FILLED_ON,
    OF_RELATIVE,
    REGISTERS,
    all_read,
    expressions_of,
    told_by_bearer,
    told_by_relative,
    ways_of,
)
from warehouse.lookup import Origin, Row
from warehouse.published import Published
from warehouse.wording import asks_for

# 个人信息保护法 art. 28, 31: every datum of a child under 14 is sensitive, and needs a basis of its own.
MINOR_UNTIL = 14
MINORS = "minors"
GROWN = PARENTS | {SPOUSE}
NUMBER_WITH_BIRTH = 18


class RelatedPerson:
    """A person of the release. A day of which the year or the month alone is known is no day to fill into a form."""

    def __init__(self, release: Published, dossier: Dossier) -> None:
        self.release = release
        self.person_id = dossier.person_id
        self.values: Row = dossier.values | dict.fromkeys(dossier.imprecise)
        self.origins: dict[str, tuple[Origin, ...]] = dossier.origins
        self.registers = dossier.registers
        self.dossier = dossier

    def value(self, datum: str) -> Any:
        """The published value, None when there is none (an empty set says nothing either)."""
        return None if (found := self.values.get(datum)) in (None, "", []) else found

    def told(self, datum: str, pattern: str | None) -> Any:
        """The value as far as a form's pattern asks for it: of a day known in part its year or its month may do."""
        enough = {"year": self.dossier.imprecise, "month": self.dossier.to_the_month}.get(asks_for(pattern), frozenset())
        return self.dossier.values[datum] if datum in enough else self.value(datum)

    def is_disputed(self, datum: str) -> bool:
        """Whether any department reports otherwise."""
        disagreeing = any(origin.disagreeing for origin in self.origins.get(datum, ()))
        return disagreeing or datum in self.dossier.disputed


class Applicant(RelatedPerson):
    """The person whom ``form`` is about, on the day ``filled_on``; ``looked_at`` are the ids of all whose data were read."""

    def __init__(self, release: Published, dossier: Dossier, form: Form, filled_on: date) -> None:
        super().__init__(release, dossier)
        self._form = form
        self._filled_on = filled_on
        self._relatives: dict[str, tuple[RelatedPerson, ...]] = {}
        self._expressions = tuple(text for text in expressions_of(form) if text not in dossier.values)
        self.looked_at = [dossier.person_id]

    def declared(self, asked: str) -> tuple[str, date | None] | None:
        """What the person answered, and when, as a form asked for something that no department holds."""
        return self.dossier.declared.get(asked)

    def related(self, via: str) -> tuple[RelatedPerson, ...]:
        """The relatives of that name, the foremost first; ``child.father`` are those of the foremost child.

        Children under 14 are only there for a form whose basis names minors.
        """
        if via not in self._relatives:
            first, _, rest = via.rpartition(".")
            bearers = self.related(first)[:1] if first else (self,)
            ids = [other for bearer in bearers for other in self._ids(bearer, rest)]
            found = self._dossiers(ids)
            seen = [dossier for dossier in found if may_be_shown(dossier, self._form, self._filled_on, self.release.contracts, rest)]
            self.looked_at += [dossier.person_id for dossier in seen]
            self._relatives[via] = tuple(RelatedPerson(self.release, dossier) for dossier in seen)
        return self._relatives[via]

    def _dossiers(self, ids: list[str]) -> list[Dossier]:
        others = [person_id for person_id in ids if person_id not in self._kin]
        found = self._kin | {dossier.person_id: dossier for dossier in self.release.dossiers(others)}
        return [found[person_id] for person_id in ids if person_id in found]

    @cached_property
    def _kin(self) -> dict[str, Dossier]:
        """The relatives of whom the form's expressions read anything, found by one look: each look costs a tenth of the answer."""
        read = (name.partition(OF_RELATIVE) for name in all_read(self._expressions))
        ids = dict.fromkeys(other for via, _, datum in read if datum and "." not in via for other in self._ids(self, via))
        return {dossier.person_id: dossier for dossier in self.release.dossiers(list(ids))}

    def ties(self, via: str, others: tuple[RelatedPerson, ...]) -> list[tuple[RelatedPerson, str]]:
        """What tells that ``others`` are the relatives of that name: data, each with whose it is, of every step of ``child.father``."""
        first, _, step = via.rpartition(".")
        bearers = self.related(first)[:1] if first else (self,)
        told = self.ties(first, bearers) if first else []
        for bearer in bearers:
            for way in self._ways(bearer, step, others):
                own = told_by_bearer(way, self.release.contracts)
                told += [(bearer, own)] if own else []
                names = told_by_relative(way, self.release.contracts)
                told += [(other, name) for other in others for name in names if other.value(name) == bearer.person_id]
        return told

    def _ways(self, bearer: RelatedPerson, step: str, others: tuple[RelatedPerson, ...]) -> tuple[str, ...]:
        """The way that led from the bearer to the others; none where there are several and nobody was found."""
        ways = ways_of(step, self.release.contracts)
        if len(ways) == 1:
            return ways
        return tuple(way for way in ways if others and others[0].person_id in self._ids(bearer, way))[:1]

    def _ids(self, bearer: RelatedPerson, via: str) -> tuple[str, ...]:
        """Whose id a datum of the bearer is, or who belongs to the bearer by ``relatives/``."""
        if self.release.contracts.relative(via) is not None:
            return bearer.dossier.relatives.get(via, ())
        other = bearer.value(via)
        return () if other is None else (str(other),)

    def computed(self, expression: str, place: str) -> Any:
        """What an expression of the form says of the applicant. Raises RenkouError naming ``place``."""
        if expression in self.values:
            return self.values[expression]
        try:
            return self._together[expression] if self._together else self._compute((expression,))[0]
        except duckdb.Error as error:
            # The engine's own words may quote a value.
            kind = type(error).__name__
            raise RenkouError(f"{place}: cannot be computed ({kind}); mend the form") from None

    @cached_property
    def _together(self) -> dict[str, Any]:
        """All expressions computed at once; empty when one of them cannot be, so that each is asked alone and named."""
        try:
            return dict(zip(self._expressions, self._compute(self._expressions), strict=True))
        except duckdb.Error:
            return {}

    def _compute(self, expressions: tuple[str, ...]) -> tuple[Any, ...]:
        return self.release.computed(expressions, {name: self._given(name) for name in all_read(expressions)})

    def _given(self, name: str) -> Any:
        via, _, datum = name.partition(OF_RELATIVE)
        if name == FILLED_ON:
            return self._filled_on
        if name == REGISTERS:
            return self.registers
        if name == "person_id":
            return self.person_id
        if not datum:
            return self.values.get(name)
        others = self.related(via)
        return others[0].values.get(datum) if others else None


def may_be_shown(dossier: Dossier, form: Form, on: date, contracts: Contracts, step: str | None = None) -> bool:
    """Whether a form may show a person, who is found as ``step`` of another: one under 14 only if its basis names minors.

    Of whom neither day of birth nor number tells an age, only who is married, or is found as a spouse or a parent, is no child.
    """
    if MINORS in form.covers:
        return True
    born: date | None = dossier.values.get("birth_date")
    if born is None:
        born = _birth_told(dossier.values.get(contracts.catalogue.number.name))
    elif "birth_date" in dossier.imprecise:
        born = date(born.year, 12, 31)  # nobody is taken for older than is known
    if born is None:
        return step in GROWN or dossier.values.get(SPOUSE) is not None
    birthdays: int = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return birthdays >= MINOR_UNTIL


def _birth_told(number: str | None) -> date | None:
    """The day of birth that a number of 18 characters tells."""
    try:
        return date.fromisoformat(number[6:14]) if number and len(number) == NUMBER_WITH_BIRTH and number[6:14].isdigit() else None
    except ValueError:
        return None


def weakest(standings: Iterable[str]) -> str | None:
    """The least authoritative standing: what a citizen declared, then a fallback's word, then the owner's."""
    order = ("declared", "fallback", "owner")
    found = set(standings)
    return next((standing for standing in order if standing in found), None)
