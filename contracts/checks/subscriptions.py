"""Checks of what other departments receive: subscriptions and the purposes that cover them."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.checks.base import KEY, Agreement, Check, Finding, close, doubled, listed, person_columns
from contracts.checks.sql import SqlFaultError, read_expression
from contracts.divisions import begins_a_division
from contracts.model import Subscription

FOLDERS = "customProperties.partitionBy"
OPERATION = "op"
# types of data that lead to one person
TELLING = {"identity_number", "document_number", "name", "phone", "address", "person"}


def conditions(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """The SQL of a subscription, with its place."""
    if subscription.where:
        yield "customProperties.where", subscription.where
    for name, text in subscription.expressions.items():
        yield f"schema.properties.{name}.transformLogic", text
    for part in subscription.partition_by:
        name, _, expression = part.partition("=")
        if expression or name.strip() not in subscription.expressions:
            yield FOLDERS, (expression or name).strip()


def one_subscription_a_subscriber(agreed: Agreement) -> Iterator[Finding]:
    """An extract is asked for by its subscriber."""
    for name in doubled(s.subscriber for s in agreed.contracts.subscriptions):
        files = [agreed.shown(s.source) for s in agreed.contracts.subscriptions if s.subscriber == name]
        what = f"{name} has {len(files)} contracts: {listed(files)}"
        yield Finding("error", files[-1], "domain", what, "keep one a subscriber")


def subscriptions_have_purpose_and_basis(agreed: Agreement) -> Iterator[Finding]:
    """Data go to another department for a purpose that a law covers (政务数据共享条例 art. 25)."""
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        for place, word, text in (
            ("description.purpose", "purpose", subscription.purpose),
            ("description.usage", "basis", subscription.basis),
        ):
            if not text.strip():
                remedy = f"write the {word} that covers every column"
                yield Finding("error", file, place, f"no {word} is stated", remedy)


def subscriptions_name_published_columns(agreed: Agreement) -> Iterator[Finding]:
    """What is delivered are columns of the table person, each once, with the person's id."""
    known = person_columns(agreed)
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        if KEY not in subscription.columns:
            what = f"{KEY} is not delivered, and changes are told by it"
            yield Finding("error", file, "schema.properties", what, f"add {KEY}")
        # DuckDB and Spark tell no upper case from lower.
        for name in doubled(name.lower() for name in subscription.columns):
            yield Finding(
                "error", file, f"schema.properties.{name}", f"{name} is there twice", "name it once"
            )
        if OPERATION in (*subscription.columns, *(part.partition("=")[0].strip() for part in subscription.partition_by)):
            what = f"{OPERATION} tells in changes/ what became of a row"
            yield Finding("error", file, f"schema.properties.{OPERATION}", what, "call the column or folder otherwise")
        for name in subscription.columns:
            if name not in known and name not in subscription.expressions:
                what = f"{name} is no column of person"
                yield Finding("error", file, f"schema.properties.{name}", what, close(name, known))
        for name in subscription.expressions:
            if not subscription.descriptions.get(name):
                what = f"nothing says what {name} is"
                yield Finding("error", file, f"schema.properties.{name}", what, "write its description, and a businessName")


def subscribed_data(subscription: Subscription, agreed: Agreement) -> Iterator[tuple[str, str]]:
    """The data that a subscription makes use of, each with the place that does."""
    for name, text in subscription.reads:
        for datum in _safe_columns(text, agreed) - {KEY}:
            yield f"schema.properties.{name}", datum
    for where, text in conditions(subscription):
        for datum in _safe_columns(text, agreed) - {KEY}:
            yield where, datum
    if subscription.regions:
        yield "customProperties.regions", subscription.regions.datum


def _safe_columns(text: str, agreed: Agreement) -> frozenset[str]:
    try:
        return read_expression(text, person_columns(agreed))
    except SqlFaultError:
        return frozenset()


def subscribed_data_are_covered_by_a_purpose(agreed: Agreement) -> Iterator[Finding]:
    """Each datum that leaves, or that decides who is delivered, is covered by a purpose of the subscriber's."""
    purposes = {purpose.id: purpose for purpose in agreed.contracts.purposes}
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        covered: set[str] = set()
        for name in subscription.purposes:
            purpose = purposes.get(name)
            if purpose is None:
                what = f"{name} is no purpose"
                yield Finding("error", file, "customProperties.purposes", what, close(name, purposes))
            elif subscription.subscriber not in purpose.subscribers:
                what = f"purpose {name} is not {subscription.subscriber}'s"
                remedy = f"it is for {listed(purpose.subscribers)}; name a purpose of the subscriber's own"
                yield Finding("error", file, "customProperties.purposes", what, remedy)
            else:
                covered |= set(purpose.data)
        asked = {datum: where for where, datum in subscribed_data(subscription, agreed)}
        for datum, where in sorted(asked.items()):
            if datum in agreed.data and datum not in covered:
                what = f"asks for {datum}, which no purpose of the subscription covers"
                remedy = "name a purpose that covers it (purposes), or leave it out"
                yield Finding("error", file, where, what, remedy)


def purposes_name_data(agreed: Agreement) -> Iterator[Finding]:
    """A purpose covers data of the catalogue, by a rule that is named."""
    for purpose in agreed.contracts.purposes:
        file = agreed.file_of("purposes", purpose.id)
        if not purpose.basis.strip():
            yield Finding("error", file, "basis", "no basis is named", "name the rule that the purpose stands on")
        for name in purpose.data:
            if name not in agreed.data:
                yield Finding("error", file, "data", f"{name} is no datum", close(name, agreed.data))


def cells_and_regions_name_what_is_there(agreed: Agreement) -> Iterator[Finding]:
    """Small cells are told by delivered columns, regions by the beginning of a division's code."""
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        for name in subscription.small_cells.columns if subscription.small_cells else ():
            if name not in subscription.columns:
                what = f"small cells are told by {name}, which is not delivered"
                yield Finding("error", file, "customProperties.smallCells", what, close(name, subscription.columns))
        region = agreed.data.get(subscription.regions.datum) if subscription.regions else None
        if subscription.regions and (region is None or region.type != "code" or region.codes):
            what = f"regions are told by {subscription.regions.datum}, which is no division"
            divisions = [d.name for d in agreed.data.values() if d.type == "code" and not d.codes]
            yield Finding("error", file, "customProperties.regions", what, f"name one of {listed(divisions)}")
            continue
        for code in subscription.regions.codes if subscription.regions else ():
            if not begins_a_division(code, agreed.contracts.divisions):
                what = f"{code!r} begins no division"
                yield Finding("error", file, "customProperties.regions", what, "write the first digits of a code of codes/divisions.csv")


def persons_are_hidden_where_the_contract_says_so(agreed: Agreement) -> Iterator[Finding]:
    """A pseudonym stands for a person, nothing beside it tells whom, and no folder is named after somebody."""
    for subscription in agreed.contracts.subscriptions:
        file = agreed.shown(subscription.source)
        for name in subscription.pseudonyms:
            datum = agreed.data.get(name)
            if name != KEY and (datum is None or datum.type != "person"):
                what = f"{name} holds no person, and cannot be a pseudonym"
                yield Finding("error", file, f"schema.properties.{name}", what, f"mask {KEY}, or data of type person")
        for where, text in _shown(subscription):
            for name in sorted(_safe_columns(text, agreed)):
                if name != KEY and agreed.data[name].type not in TELLING:
                    continue
                if where == FOLDERS:
                    yield Finding("error", file, where, f"{name} would name folders after persons", "leave it out")
                elif KEY in subscription.pseudonyms:
                    what = f"shows {name}, which tells whom person_id hides"
                    yield Finding("error", file, where, what, "leave it out, or mask it where it is a person")


def _shown(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """The SQL of what a subscriber sees as it is, with its place."""
    yield from ((f"schema.properties.{name}", text) for name, text in subscription.reads if name not in subscription.pseudonyms)
    yield from ((where, text) for where, text in conditions(subscription) if where == FOLDERS)


def subscription_conditions_can_be_read(agreed: Agreement) -> Iterator[Finding]:
    """Which rows are delivered, and into which folders, is SQL over the published person."""
    for subscription in agreed.contracts.subscriptions:
        for where, text in conditions(subscription):
            try:
                read_expression(text, person_columns(agreed))
            except SqlFaultError as fault:
                remedy = "write an expression of DuckDB's SQL over the columns of person"
                yield Finding("error", agreed.shown(subscription.source), where, str(fault), remedy)


CHECKS: tuple[Check, ...] = (
    one_subscription_a_subscriber,
    subscriptions_have_purpose_and_basis,
    subscriptions_name_published_columns,
    subscription_conditions_can_be_read,
    purposes_name_data,
    subscribed_data_are_covered_by_a_purpose,
    cells_and_regions_name_what_is_there,
    persons_are_hidden_where_the_contract_says_so,
)
