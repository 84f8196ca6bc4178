"""What was agreed, as typed objects: catalogue, deliveries, code lists, forms, subscriptions, rules.

An inbound contract is an ODCS v3.2 file (Open Data Contract Standard, Bitol); what the standard has no word
for stands in its ``customProperties`` and is typed here. Names of columns in ``when``, ``data``, ``date`` ...
are property names of the contract, never the department's own headers.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from contracts.model.agreed import Agreed, custom
from contracts.model.catalogue import (
    SQL_TYPES,
    Area,
    Catalogue,
    Code,
    CodeList,
    Crosswalk,
    Datum,
    DatumType,
    Phase,
    Pick,
    Placeholders,
)
from contracts.model.delivered import (
    SHEET,
    AnswersOfRow,
    Bounds,
    BucketSource,
    Change,
    Column,
    Dataset,
    Delivery,
    Each,
    EventKind,
    EventOfRow,
    FileLayout,
    FileSource,
    HouseholdOfRow,
    Operation,
    PagesSource,
    PersonOfRow,
    RegisterKey,
    RelationOfRow,
    Source,
    Supply,
    ViewSource,
    When,
    is_called,
    with_small_ending,
)
from contracts.model.forms import Attachment, Derived, Form, FormField, Nothing, Relative, Wording
from contracts.model.kin import HOUSEHOLD_TELLS, PARENTS, SPOUSE, WEDLOCK
from contracts.model.linking import Block, Comparison, Context, Level, LinkDoubt, Linking, LinkModel, LinkRule
from contracts.model.rules import Answer, Calendar, OrderTerms, Rule, RuleView, Year
from contracts.model.subscriptions import AccessPolicy, Purpose, Regions, SmallCells, Subscription
from contracts.model.terms import RHYTHMS, Cadence, Span, period

__all__ = [
    "HOUSEHOLD_TELLS",
    "PARENTS",
    "RHYTHMS",
    "SHEET",
    "SPOUSE",
    "SQL_TYPES",
    "WEDLOCK",
    "AccessPolicy",
    "Agreed",
    "Answer",
    "AnswersOfRow",
    "Area",
    "Attachment",
    "Block",
    "Bounds",
    "BucketSource",
    "Cadence",
    "Calendar",
    "Catalogue",
    "Change",
    "Code",
    "CodeList",
    "Column",
    "Comparison",
    "Context",
    "Contracts",
    "Crosswalk",
    "Dataset",
    "Datum",
    "DatumType",
    "Delivery",
    "Derived",
    "Each",
    "EventKind",
    "EventOfRow",
    "FileLayout",
    "FileSource",
    "Form",
    "FormField",
    "HouseholdOfRow",
    "Level",
    "LinkDoubt",
    "LinkModel",
    "LinkRule",
    "Linking",
    "Nothing",
    "Operation",
    "OrderTerms",
    "PagesSource",
    "PersonOfRow",
    "Phase",
    "Pick",
    "Placeholders",
    "Purpose",
    "Regions",
    "RegisterKey",
    "RelationOfRow",
    "Relative",
    "Rule",
    "RuleView",
    "SmallCells",
    "Source",
    "Span",
    "Subscription",
    "Supply",
    "ViewSource",
    "When",
    "Wording",
    "Year",
    "custom",
    "is_called",
    "period",
    "with_small_ending",
]


class Contracts(Agreed):
    """Everything that was agreed, loaded from one folder or several laid over one another.

    ``folders`` are where they were read, in order. ``version`` covers every file, ``intake_version``
    those that decide how a delivered file is read and normalised. ``unread`` are files that cannot be read: nothing but a check
    is made by the rest.
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
    unread: frozenset[str] = frozenset()

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

    def owner_columns(self, datum: Datum) -> tuple[Column, ...]:
        """The columns in which the owner of a datum tells it."""
        owner = self.dataset(datum.owner)
        supplied = (person.data[datum.name].column for person in owner.persons if datum.name in person.data)
        return tuple(owner.column(column) for column in supplied if column)

    def relative(self, name: str) -> Relative | None:
        """The relative of that name; None for a datum of type person, which is one by itself."""
        return next((r for r in self.relatives if r.id == name), None)

    def crosswalk(self, crosswalk_id: str) -> Crosswalk:
        return next(c for c in self.crosswalks if c.id == crosswalk_id)
