"""What the checks know of SQL: the tables of a build, what a statement reads of them, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from contracts.model import Contracts

DIALECT = "duckdb"
Tables = dict[str, dict[str, str]]

# What DuckDB does not take for the name of a column without quotes.
RESERVED = frozenset(
    """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check collate collation column
    columns concurrently constraint create cross default deferrable desc describe distinct do else end except false fetch for foreign
    freeze from full generated glob group having ilike in initially inner intersect into is isnull join lambda lateral leading left like
    limit map natural not notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary
    qualify references returning right select semi show similar some struct summarize symmetric table tablesample then to trailing true
    try_cast union unique unpack unpivot using variadic verbose when where window with
    """.split()  # noqa: SIM905 - a list of words is read as one
)

RECORD_COLUMNS = (
    "record_no",
    "source_no",
    "batch_date",
    "record_key",
    "operation",
    "part",
    "sheet",
    "line",
    "is_current",
)
RECORD = ("person_no", "dataset", "role", "record_no", "record_key")
RULE_TABLES: dict[str, tuple[str, ...]] = {
    "rule_day": ("as_of",),
    "rule_record": (*RECORD, "batch_date", "is_current"),
    "rule_event": (*RECORD, "kind", "occurred_on"),
    "rule_tie": (*RECORD, "kind", "other_no"),
    "rule_household": (*RECORD, "household", "relation", "kin"),
    "rule_lesser": ("person_no", "datum", "dataset", "record_no", "less", "value"),
    "rule_number_before": (*RECORD, "told", "number"),
    "rule_quarantine": ("dataset", "batch_date", "record_key", "reason", "raw", "cells", "owns"),
    "rule_division": ("code", "is_in_use", "valid_from", "valid_to"),
}
"""What rules may read, beside ``rule_person``, ``rule_said_<datum>`` and the views of ``rules/views``."""
SAID = (*RECORD, "value", "note", "voice")
COMPARED_BY = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
OF_A_DATUM = ("", "__from", "__no", "__standing")


class SqlFaultError(Exception):
    """SQL that cannot be understood; ``str()`` says why."""


@dataclass(frozen=True)
class Reading:
    """A statement with every column's table known; ``columns`` are pairs (table, column) that it reads."""

    root: Scope
    columns: frozenset[tuple[str, str]]
    tables: frozenset[str]

    @property
    def query(self) -> Any:
        return self.root.expression

    def answers(self, name: str) -> list[Any]:
        """What may stand in an answered column: literals, and columns of tables as (table, column)."""
        return list(_answered(self.root, self.query.named_selects.index(name)))


def said_table(datum: str) -> str:
    """What every dataset says of a datum."""
    return f"rule_said_{datum}"


def rule_tables(contracts: Contracts) -> Tables:
    """The tables that a rule may read, with their columns; a view that cannot be read has none."""
    data = [datum.name for datum in contracts.catalogue.data]
    person = ("person_no", *(f"{name}{part}" for name in data for part in OF_A_DATUM))
    tables = {"rule_person": _typed(person)}
    tables |= {name: _typed(columns) for name, columns in RULE_TABLES.items()}
    tables |= {said_table(name): _typed(SAID) for name in data}
    views = {view.table: view for view in contracts.rule_views}
    for name in in_order({name: tables_named(view.sql) for name, view in views.items()}):
        try:
            tables[name] = _typed(read(views[name].sql, tables).query.named_selects)
        except SqlFaultError:
            tables[name] = {}
    return tables


def tables_named(text: str) -> frozenset[str]:
    """The rule tables that a statement names."""
    return frozenset(re.findall(r"\brule_\w+", text))


def in_order(needs: dict[str, frozenset[str]]) -> list[str]:
    """Views by name, each after those that it reads. Raises CycleError."""
    own = {name: sorted(read & set(needs)) for name, read in sorted(needs.items())}
    return list(TopologicalSorter(own).static_order())


def _typed(names: Any) -> dict[str, str]:
    return dict.fromkeys(names, "VARCHAR")


def read(text: str, tables: Tables) -> Reading:
    """A single query over ``tables``. Raises SqlFaultError."""
    named = _tables_named(text)
    if unknown := sorted(named - set(tables)):
        raise SqlFaultError(f"reads {f'table {unknown[0]}' if unknown[0] else 'a file'}, which is not there to be read")
    return _reading(text, tuple((name, tuple(tables[name])) for name in sorted(named)))


@lru_cache(maxsize=1024)
def _reading(text: str, tables: tuple[tuple[str, tuple[str, ...]], ...]) -> Reading:
    schema: Any = {name: _typed(columns) for name, columns in tables}
    try:
        query = qualify(_told_from_columns(_one_query(text)), schema=schema, dialect=DIALECT, quote_identifiers=False)
    except SqlglotError as error:
        raise SqlFaultError(str(error).splitlines()[0]) from None
    root = build_scope(query)
    if root is None:
        raise SqlFaultError("it is no SELECT")
    return Reading(root, frozenset(_columns(root)), frozenset(schema))


@lru_cache(maxsize=1024)
def _tables_named(text: str) -> frozenset[str]:
    query = _one_query(text)
    return frozenset(
        {table.name for table in query.find_all(exp.Table)} - {c.alias for c in query.find_all(exp.CTE)}
    )


def _one_query(text: str) -> Any:
    try:
        statements = parse(text, read=DIALECT)
    except SqlglotError as error:
        raise SqlFaultError(f"does not parse: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query) or text.rstrip().endswith(";"):
        raise SqlFaultError("is not one SELECT without a semicolon")
    if operator := next(_cut_short(statements[0]), None):
        raise SqlFaultError(f"does not parse: nothing follows {operator}")
    return statements[0]


def _told_from_columns(query: Any) -> Any:
    """The query with what a SEMI or ANTI JOIN calls its table made the name of no datum: sqlglot takes it for a column of that name."""
    for join in query.find_all(exp.Join):
        if join.is_semi_or_anti_join and join.alias_or_name:
            called = exp.to_identifier(f"_{join.alias_or_name}_")
            for column in join.args["on"].find_all(exp.Column) if join.args.get("on") else ():
                if column.table.lower() == join.alias_or_name.lower():
                    column.set("table", called.copy())
            join.this.set("alias", exp.TableAlias(this=called))
    return query


def _cut_short(query: Any) -> Iterator[str]:
    """Operators without their other side that parse all the same: `death_date IS` as a name for what stands before it."""
    for named in query.find_all(exp.Alias):
        if isinstance(named.parent, exp.Paren):
            yield named.alias
    for one_of in query.find_all(exp.In):
        if not any(one_of.args.get(among) for among in ("expressions", "query", "unnest", "field")):
            yield "IN"


def _columns(root: Scope) -> Iterator[tuple[str, str]]:
    for scope in root.traverse():
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                yield source.name, column.name


def _answered(scope: Scope, place: int) -> Iterator[Any]:
    """What may stand at a place of the answer, in each branch of a union."""
    if scope.set_operation_scopes:
        for branch in scope.set_operation_scopes:
            yield from _answered(branch, place)
        return
    query: Any = scope.expression
    yield from _leaves(query.selects[place], scope)


def _leaves(part: Any, scope: Scope) -> Iterator[Any]:
    """What an expression may answer: through aliases, casts, cases, coalesce and inner queries."""
    if isinstance(part, exp.Alias | exp.Cast | exp.Paren):
        yield from _leaves(part.this, scope)
    elif isinstance(part, exp.Case):
        for branch in (*(test.args["true"] for test in part.args["ifs"]), part.args.get("default")):
            if branch is not None:
                yield from _leaves(branch, scope)
    elif isinstance(part, exp.Coalesce):
        for branch in (part.this, *part.expressions):
            yield from _leaves(branch, scope)
    elif isinstance(part, exp.Column):
        yield from _origin(part, scope)
    elif isinstance(part, exp.Literal):
        yield part.this if part.is_string else int(part.this)


def _origin(column: Any, scope: Scope) -> Iterator[Any]:
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table):
        yield source.name, column.name
    elif isinstance(source, Scope):
        inner: Any = source.expression
        if column.name in inner.named_selects:
            yield from _answered(source, inner.named_selects.index(column.name))


def literals(reading: Reading) -> Iterator[str]:
    """Every text that stands in a statement."""
    yield from (literal.this for literal in reading.query.find_all(exp.Literal) if literal.is_string)


@dataclass(frozen=True)
class Comparison:
    """Columns of tables, as (table, column), held against one another or against what stands written; ``sql`` is all of it."""

    columns: tuple[tuple[str, str], ...]
    literals: tuple[Any, ...]
    sql: Any

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(literal.this for literal in self.literals if literal.is_string)

    def over(self, value: str) -> str:
        """The comparison, with other SQL in the place of its column."""
        (column,) = (part for part in self.sql.iter_expressions() if isinstance(part, exp.Column))
        return str(self.sql.sql(dialect=DIALECT)).replace(str(column.sql(dialect=DIALECT)), value, 1)


def comparisons(reading: Reading) -> Iterator[Comparison]:
    """Where a statement holds a column itself, as its table has it, against a literal or another such column."""
    for scope in reading.root.traverse():
        for found in scope.find_all(*COMPARED_BY):
            operands: list[Any] = list(found.iter_expressions())
            columns = [part for part in operands if isinstance(part, exp.Column)]
            sources: list[Any] = [scope.sources.get(column.table) for column in columns]
            written = tuple(part for part in operands if isinstance(part, exp.Literal))
            if columns and all(isinstance(source, exp.Table) for source in sources) and len(columns) + len(written) > 1:
                named = zip(sources, columns, strict=True)
                yield Comparison(tuple((source.name, column.name) for source, column in named), written, found)


def data_read(reading: Reading, contracts: Contracts) -> frozenset[str]:
    """The data of the catalogue that a statement reads, as published or as each dataset says them."""
    own = {f"{d.name}{part}": d.name for d in contracts.catalogue.data for part in OF_A_DATUM}
    published = {own[c] for table, c in reading.columns if table == "rule_person" and c in own}
    return frozenset(published | data_said(reading, contracts))


def data_said(reading: Reading, contracts: Contracts) -> frozenset[str]:
    """The data of which a statement reads what each dataset says."""
    return frozenset(d.name for d in contracts.catalogue.data if said_table(d.name) in reading.tables)


def read_expression(text: str, columns: tuple[str, ...]) -> frozenset[str]:
    """The columns of one person that an expression reads. Raises SqlFaultError."""
    return frozenset(column for _, column in reading_of(text, columns).columns)


@lru_cache(maxsize=1024)
def reading_of(text: str, columns: tuple[str, ...]) -> Reading:
    """An expression over the columns of one person, as a statement. Raises SqlFaultError."""
    return read(f"SELECT ({text}) AS answer FROM person", {"person": _typed(columns)})
