"""Compare pairs of units and weigh what the comparisons say, with Splink (Fellegi and Sunter's model, parameters of the contract)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import duckdb

from contracts.model import Comparison, Linking, LinkModel
from transforms import code_version
from transforms.linking.names import NAME_VARIANTS
from transforms.sql_files import count, sql
from warehouse.quoting import literal

SCORED = "link_score"
PAIRS = 1_000_000
"""Pairs compared at a time: Splink keeps beside each pair all that was compared, a kilobyte and more."""
UNTRAINED = (0.5, 0.5)  # weighs nothing: a level that training has not seen yet


def levels_by_gamma(comparison: Comparison) -> dict[int, str]:
    """Splink's number of each level: -1 says that nothing can be said, the others fall to 0, the worst."""
    telling = [level.name for level in comparison.levels if not level.missing]
    found = {len(telling) - 1 - place: name for place, name in enumerate(telling)}
    return found | dict.fromkeys((-1,), next((level.name for level in comparison.levels if level.missing), "missing"))


def settings(linking: Linking, model: LinkModel | None) -> dict[str, Any]:
    """Splink's settings; without a model the levels have no parameters yet."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unit_id",
        "probability_two_random_records_match": model.prior if model else 0.001,
        "comparisons": [_comparison(comparison, model) for comparison in linking.comparisons],
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": True,
    }


def _comparison(comparison: Comparison, model: LinkModel | None) -> dict[str, Any]:
    levels = []
    for level in comparison.levels:
        told: dict[str, Any] = {"sql_condition": level.when or "ELSE", "label_for_charts": level.name}
        if level.missing:
            told["is_null_level"] = True
        elif model:
            learnt = model.parameters.get(comparison.name, {}).get(level.name, UNTRAINED)
            told["m_probability"], told["u_probability"] = learnt
        levels.append(told)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def linker_on(connection: duckdb.DuckDBPyConnection, linking: Linking, model: LinkModel | None) -> tuple[Any, Any]:
    """Splink's linker over ``link_unit``, and its interface to the database."""
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    interface = DuckDBAPI(connection=connection)
    units = interface.register("link_unit")
    return Linker(units, settings(linking, model), log_level=None), interface


def score(connection: duckdb.DuckDBPyConnection, linking: Linking) -> None:
    """Fill ``link_score``: one row per pair of ``link_blocked`` with the level of each comparison, weight and probability.

    What the comparisons say depends on what the two units tell (``link_unit``) and on the basis alone. So a pair that the
    release before compared with the same contents on the same basis (``prior_compared``) is taken over, and only the others
    are compared. ``link_compared`` keeps all of them for the next build.
    """
    basis = literal(_basis(linking))
    connection.execute(_contents(connection))
    connection.execute(sql("link/compared_before", basis=basis))
    connection.execute(sql("link/to_compare"))
    names = [comparison.name for comparison in linking.comparisons]
    levels = ", ".join(f"{_level(comparison)} AS {comparison.name}" for comparison in linking.comparisons)
    known = ", ".join(f"levels[{place}] AS {name}" for place, name in enumerate(names, start=1))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {SCORED} AS SELECT unit_l, unit_r, {known}, weight, probability FROM link_known")
    for first in range(0, count(connection, "SELECT count(*) FROM link_to_compare"), PAIRS):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE link_some AS FROM link_to_compare WHERE rowid BETWEEN {first} AND {first + PAIRS - 1}"
        )
        with _in_memory(connection):
            linker, interface = linker_on(connection, linking, linking.model)
            linker.table_management.register_blocked_pairs_for_predict(interface.register("link_some"))
            found = linker.inference.predict(warning_mode="never")
            connection.execute(
                f"INSERT INTO {SCORED} SELECT unit_id_l, unit_id_r, {levels}, match_weight, match_probability FROM {found.physical_name}"
            )
    connection.execute(sql("link/compared", basis=basis, says=", ".join(f"s.{name}" for name in names)))


@contextmanager
def _in_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is made here is read once and thrown away: it is neither compressed nor written into the build, unless it has to be spilled."""
    ((build,),) = connection.execute("SELECT current_database()").fetchall()
    connection.execute("ATTACH ':memory:' AS aside")
    connection.execute(f"SET search_path = 'aside,\"{build}\"'")
    yield
    connection.execute(f'USE "{build}"')
    connection.execute("DETACH aside")


def _basis(linking: Linking) -> str:
    """A digest of all that a comparison depends on besides the two units: comparisons, parameters, macros, engines."""
    told = settings(linking, linking.model) | {
        "macros": [sql("link/names"), sql("link/compare"), NAME_VARIANTS.read_text(encoding="utf-8")],
        "engines": [version("splink"), version("duckdb"), code_version()],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _contents(connection: duckdb.DuckDBPyConnection) -> str:
    """SQL for ``link_content``: one row per unit with a digest of all that it tells; its number is this build's own."""
    columns = [name for (name, *_) in connection.execute("DESCRIBE link_unit").fetchall() if name != "unit_id"]
    told = ", ".join(f"{literal(name)}: {name}" for name in columns)
    return f"CREATE OR REPLACE TEMP TABLE link_content AS SELECT unit_id, sha256(to_json({{{told}}})::VARCHAR) AS content FROM link_unit"


def _level(comparison: Comparison) -> str:
    cases = " ".join(f"WHEN {gamma} THEN '{name}'" for gamma, name in levels_by_gamma(comparison).items())
    return f"CASE gamma_{comparison.name} {cases} END"
