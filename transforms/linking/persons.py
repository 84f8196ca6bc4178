"""From scored pairs to persons: rules name what they join, the model weighs the rest, and what stands against it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from contracts.model import Contracts, LinkDoubt, Linking, LinkRule
from transforms.linking.join import Conflict, Joining, Pair, Unit, Verdict
from transforms.sql_files import sql
from warehouse.quoting import literal, literals

MODEL = "model"
# The level of the number at which both bear one of their own.
TWO_PERSONS = "two_persons"
# Levels of the number that do not say that both bear different ones.
FITTING_NUMBER = frozenset({"same", "stated", "fifteen", "rounded", "same_text", "one_edit", "two_edits", "other_card", "area", "missing"})


def join_units(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Fill ``link_joined`` (the person of each unit that was compared) and ``link_verdict``. Needs ``link_score``."""
    linking = contracts.linking
    connection.execute(judged(linking))
    units = _units(connection)
    joining = Joining(units, linking.model.margin)
    decided = _decided(connection)
    for one, other in [*_tied_rows(connection, contracts), *decided["not_linked"]]:
        if one in units and other in units and one != other:
            joining.keep_apart(one, other)
    for one, other in decided["linked"]:
        joining.decide(one, other)
    verdicts = joining.join_all(_pairs(connection, linking))
    _write_joined(connection, joining, units, linking)
    _write_verdicts(connection, verdicts)


def judged(linking: Linking) -> str:
    """One row per pair that a rule or the model speaks for."""
    rule = _first({rule.name: _holds(rule) for rule in linking.rules})
    asking = {rule.name: _in_words(rule) for rule in linking.rules if rule.asks}
    doubt = _first({_in_words(doubt): _leaves_open(doubt) for doubt in linking.doubts})
    asked = _first({label: f"rule = {literal(name)}" for name, label in asking.items()})
    model = linking.model
    return (
        "CREATE OR REPLACE TEMP TABLE link_judged AS"
        f" SELECT * EXCLUDE (asked, left_open), coalesce(asked, left_open) AS doubt,"
        f" asked IS NULL AND (rule IS NOT NULL OR (weight >= {model.link_at} AND left_open IS NULL)) AS is_certain"
        f" FROM (SELECT *, {asked} AS asked FROM (SELECT *, {rule} AS rule, {doubt} AS left_open FROM link_score))"
        f" WHERE rule IS NOT NULL OR weight >= {model.doubt_at}"
    )


def _in_words(why: LinkRule | LinkDoubt) -> str:
    return f"{why.label} {why.label_en}"


def _first(conditions: dict[str, str]) -> str:
    cases = " ".join(f"WHEN {condition} THEN {literal(name)}" for name, condition in conditions.items())
    return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def _holds(rule: LinkRule) -> str:
    held = [_has(name, levels) for name, levels in rule.when.items()]
    if rule.any:
        held.append(f"({' OR '.join(_has(name, levels) for name, levels in rule.any.items())})")
    return " AND ".join(held)


def _leaves_open(doubt: LinkDoubt) -> str:
    held = [_has(name, levels) for name, levels in doubt.when.items()]
    return " AND ".join(held + [f"NOT {_has(name, levels)}" for name, levels in doubt.unless.items()])


def _has(comparison: str, levels: tuple[str, ...]) -> str:
    return f"{comparison} IN ({literals(levels)})"


def _units(connection: duckdb.DuckDBPyConnection) -> dict[int, Unit]:
    units = {}
    facts = connection.execute(sql("link/facts")).fetchall()
    for unit_id, numbers, tells_number, is_seeking, is_unvouched, birth, sexes, stands_in, unnamed_in, orders in facts:
        kinds: dict[str, set[str]] = defaultdict(set)
        for told in numbers or ():
            kinds[told["kind"]].add(told["number"])
        vouched = unit_id > 0 and not is_unvouched
        units[unit_id] = Unit(
            numbers={kind: frozenset(found) for kind, found in kinds.items()} if vouched else {},
            tells_number=tells_number,
            unvouched=is_unvouched,
            birth=birth,
            sex=sexes[0] if sexes and len(sexes) == 1 else None,
            stands_in=frozenset(stands_in or ()),
            unnamed_in=frozenset(unnamed_in or ()),
            orders=frozenset(orders or ()),
            seeking=is_seeking,
        )
    return units


def _pairs(connection: duckdb.DuckDBPyConnection, linking: Linking) -> list[Pair]:
    overlooked = {rule.name: frozenset(map(Conflict, rule.overlooks)) for rule in linking.rules}
    identifying = {rule.name for rule in linking.rules if rule.identifies}
    rows = connection.execute("SELECT unit_l, unit_r, weight, probability, rule, is_certain, number, doubt FROM link_judged").fetchall()
    return [
        Pair(
            one,
            other,
            weight,
            probability,
            rule,
            certain,
            overlooked.get(rule, frozenset()),
            number_fits=number in FITTING_NUMBER,
            two_numbers=number == TWO_PERSONS,
            doubt=doubt,
            identifies=rule in identifying,
        )
        for one, other, weight, probability, rule, certain, number, doubt in rows
    ]


def _decided(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {"linked": [], "not_linked": []}
    for decision, one, other in connection.execute(sql("link/decided")).fetchall():
        found[decision].append((one, other))
    return found


def _tied_rows(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> Iterable[tuple[int, int]]:
    """Units that a row names in two roles which one person cannot have at once."""
    ties = [
        (dataset.department, dataset.name, tie.from_, tie.to)
        for dataset in contracts.datasets
        for tie in dataset.relations
        if not tie.may_be_self
    ]
    if not ties:
        return []
    values = ", ".join(f"({literals(tie)})" for tie in ties)
    return connection.execute(sql("link/tied", ties=values)).fetchall()


def _write_joined(connection: duckdb.DuckDBPyConnection, joining: Joining, units: dict[int, Unit], linking: Linking) -> None:
    """What a rule links is as probable as the rule was measured to be; of one that never was, as the model says."""
    measured = {rule.name for rule in linking.rules if rule.precision is not None}
    rows = []
    for unit in units:
        pair = joining.joined_by.get(unit)
        method = None if pair is None else pair.rule or MODEL
        rows.append((unit, joining.person_of(unit), method, None if pair is None or method in measured else pair.probability))
    names = {"unit_id": pa.int64(), "cluster_id": pa.int64(), "method": pa.string(), "probability": pa.float64()}
    _table(connection, "link_joined", names, rows)


def _write_verdicts(connection: duckdb.DuckDBPyConnection, verdicts: list[Verdict]) -> None:
    rows = [(v.pair.one, v.pair.other, v.pair.rule or MODEL, v.outcome, v.why) for v in verdicts if v.why != "already one person"]
    names = {"unit_l": pa.int64(), "unit_r": pa.int64(), "rule": pa.string(), "outcome": pa.string(), "why": pa.string()}
    _table(connection, "link_verdict", names, rows)


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> None:
    held = pa.table({c: pa.array([row[i] for row in rows], kind) for i, (c, kind) in enumerate(columns.items())})
    connection.register("held", held)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM held")
    connection.unregister("held")
