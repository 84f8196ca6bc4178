"""What a form asks, of whom, and in which words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contracts.model.agreed import Agreed


class Relative(Agreed):
    """Somebody who belongs to an applicant, told from the published persons.

    One of ``of``, data of type person of the relative that may be the applicant (mother, father: then the relative is a
    child); ``same``, a datum that both have (household_no: then a member of the household; with ``includes_self`` the
    applicant too); ``first_of``, data of type person and other relatives, of which the first that leads to anybody counts.
    ``between`` narrows ``same`` to pairs: SQL over the relative's data and the applicant's (``applicant__sex``), which
    holds for two of whom neither could have another. ``where`` is SQL over the relative's data; ``order`` is SQL over
    them that says who comes first. A datum of type person is a relative by itself, and needs no file.
    """

    id: str
    label: str
    label_en: str
    of: tuple[str, ...] = ()
    same: str | None = None
    first_of: tuple[str, ...] = ()
    between: str | None = None
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
    ``applies_when`` is SQL over the applicant, or the name of one of ``derived/``: where it is false, the field stays empty
    and nobody is asked. ``otherwise`` names the one of ``derived/`` that stands where the datum has no value or the person
    has not been asked yet: a conclusion or a proposal, a fallback in each case and to be confirmed; it takes the
    place of the name as SQL, with its law as ``otherwise_law``.
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
    otherwise: str | None = None
    otherwise_law: str | None = None
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
