"""Try what contracts say in SQL on a build without persons: what reads well can still be nothing that the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from contracts.check import check, in_order, sound_part, unreadable, with_lines
from contracts.checks.base import Agreement, Finding
from contracts.checks.sql import Comparison, comparisons
from contracts.checks.subscriptions import conditions
from contracts.model import Contracts, Relative, Subscription
from contracts.parsing import ContractError
from transforms import release, road
from transforms.link import prepare_comparisons
from transforms.reconcile import faults_of_rules
from warehouse.connection import open_database, open_read_only
from warehouse.faults import RenkouError
from warehouse.form_plan import OF_APPLICANT, columns_read, expressions_of
from warehouse.home import Home
from warehouse.published import Calculator
from warehouse.quoting import identifier
from warehouse.selection import try_selection

DAY = date(2000, 1, 1)  # any
TEXT = "VARCHAR"
REMEDY = "mend it, then check again"


def examined(read: Callable[[], Contracts]) -> list[Finding]:
    """All that can be told together: what cannot be read, what does not hold among the rest, and what of that cannot be run."""
    found: list[Finding] = []
    contracts: Contracts | None
    try:
        contracts = read()
    except ContractError as error:
        found, contracts = unreadable(error), error.rest
    if contracts:
        found += check(contracts)
        part = sound_part(contracts)
        found += tried(part) if part else []
    return with_lines(in_order(found))


def tried(contracts: Contracts) -> list[Finding]:
    """What cannot be run; what ``contracts`` name is there. What reads the release is tried once the rest can be run."""
    agreed = Agreement(contracts)
    with TemporaryDirectory(prefix="renkou-trial-") as folder:
        home = Home(Path(folder))
        try:
            for stage in (road.prepare, road.link, road.unify):
                stage(home, _without_rules(contracts), DAY)
        except duckdb.Error as error:
            what = f"no build can be made by these contracts: {_words(error)}"
            return [Finding("error", "inbound", "(all)", what, "look for the name that it tells, mend it, then check again")]
        found = [*_expressions(agreed), *_rules_and_relatives(home, contracts, agreed)]
        if not found:
            road.reconcile(home, contracts, DAY)
            found = list(_extracts(home, agreed))
    return found


def _without_rules(contracts: Contracts) -> Contracts:
    """What withholds would run before all rules are tried, and end the trial at the first that cannot be."""
    return contracts.model_copy(update={"rules": ()})


def _expressions(agreed: Agreement) -> Iterator[Finding]:
    calculator = Calculator(agreed.contracts)
    derived = {each.expression for each in agreed.contracts.derived}
    told = [("derived", each.id, each.expression) for each in agreed.contracts.derived]
    told += [("forms", form.id, text) for form in agreed.contracts.forms for text in expressions_of(form) if text not in derived]
    for folder, name, text in told:
        try:
            calculator.computed((text,), dict.fromkeys(columns_read(text)))
        except duckdb.Error as error:
            yield _finding(agreed.file_of(folder, name), "expression", f"{text.strip()[:60]}: {_words(error)}")


def _rules_and_relatives(home: Home, contracts: Contracts, agreed: Agreement) -> Iterator[Finding]:
    file = road.release_file_of(home, DAY)
    with open_database(home.build_file(DAY)) as connection, release.release_beside(connection, file):
        prepare_comparisons(connection)
        faults = [_of_rule(agreed, fault) for fault in faults_of_rules(connection, contracts, DAY)]
        yield from faults or _literals(connection, agreed)
        for relative in contracts.relatives:
            for where, tried in _tried(relative).items():
                try:
                    connection.execute(f"SELECT 1 FROM {tried} LIMIT 1")
                except duckdb.Error as error:
                    yield _finding(agreed.file_of("relatives", relative.id), where, f"cannot be run: {_words(error)}")


def _of_rule(agreed: Agreement, fault: RenkouError) -> Finding:
    name, where, words = str(fault).removesuffix("; mend it, then run again").split(": ", 2)
    folder, _, rule = name.removesuffix(".yaml").rpartition("/")
    return _finding(agreed.file_of(folder, rule), where, words)


def _literals(connection: duckdb.DuckDBPyConnection, agreed: Agreement) -> Iterator[Finding]:
    """What rules and their views hold against a literal of another type. Needs the tables of rules."""
    told = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE table_name LIKE 'rule\\_%' ESCAPE '\\'"
    types = {(table, column): kind for table, column, kind in connection.execute(told).fetchall()}
    read = [("rules", rule.id, reading) for rule, reading in agreed.readings]
    read += [("rules/views", view.id, reading) for view, reading in agreed.view_readings]
    connection.execute("PRAGMA disable_optimizer")
    for folder, name, reading in read:
        for held in comparisons(reading):
            if words := _does_not_fit(connection, held, [types[column] for column in held.columns]):
                yield _finding(agreed.file_of(folder, name), "sql", words)


def _does_not_fit(connection: duckdb.DuckDBPyConnection, held: Comparison, kinds: list[str]) -> str | None:
    names = " and ".join(name for _, name in held.columns)
    if TEXT in kinds and set(kinds) != {TEXT}:
        return f"compares {names}, which are {' and '.join(kinds)}; cast one to the type of the other"
    if kinds[0] == TEXT:
        numbers = [literal.this for literal in held.literals if not literal.is_string]
        return f"compares {names}, a text, with the number {numbers[0]}; quote it" if numbers else None
    if len(kinds) > 1:
        return None
    try:
        connection.execute(f"SELECT {held.over(f'NULL::{kinds[0]}')}").fetchall()
    except duckdb.Error as error:
        return f"compares {names}, which is {kinds[0]}, with what is none: {_words(error)}"
    return None


def _tried(relative: Relative) -> dict[str, str]:
    """The SQL of a relative over the persons of a release, by its place."""
    persons = _blank("released.unify_person")
    tried = {"where": f"{persons} WHERE {relative.where or 'true'}", "order": f"{persons} ORDER BY {relative.order or '1'}"}
    if relative.between:
        read = [name for name in columns_read(relative.between) if name.startswith(OF_APPLICANT)]
        ours = ", ".join(f"{identifier(name.removeprefix(OF_APPLICANT))} AS {name}" for name in read) or "1"
        tried["between"] = f"{persons}, (SELECT {ours} FROM {persons}) WHERE {relative.between}"
    return tried


def _blank(table: str) -> str:
    """SQL for one row of a table, with nothing in it: over no row at all the engine looks at no literal."""
    return f"(SELECT blank.* FROM (SELECT 1) LEFT JOIN {table} AS blank ON false)"


def _extracts(home: Home, agreed: Agreement) -> Iterator[Finding]:
    with open_read_only(road.release_file_of(home, DAY)) as connection:
        connection.execute(f"CREATE TEMP TABLE blank_person AS FROM {_blank('person')}")
        connection.execute("PRAGMA disable_optimizer")  # it would find out that what is compared with nothing need not be looked at
        for subscription in agreed.contracts.subscriptions:
            found = list(_conditions(connection, agreed, subscription))
            yield from found
            if found:
                continue
            try:
                try_selection(connection, subscription)
            except RenkouError as fault:
                _, where, words = str(fault).split(": ", 2)
                yield _finding(agreed.shown(Path(subscription.source)), where, f"cannot be run: {words}")


def _conditions(connection: duckdb.DuckDBPyConnection, agreed: Agreement, subscription: Subscription) -> Iterator[Finding]:
    for where, text in conditions(subscription):
        try:
            connection.execute(f"SELECT ({text}) FROM blank_person").fetchall()
        except duckdb.Error as error:
            yield _finding(agreed.shown(subscription.source), where, f"cannot be run: {_words(error)}")


def _finding(file: str, where: str, what: str) -> Finding:
    return Finding("error", file, where, what, REMEDY)


def _words(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
