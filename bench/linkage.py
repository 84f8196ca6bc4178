"""Linking on ten harsh counties, beside plain Splink with connected components and identity numbers alone.

All three get the same records of the same build in the same process, one after the other. What comes out is held against the
truth by what ``renkou evaluate`` counts with. Pairs that wait for a person count as not linked.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from bench.stages import processor_seconds
from contracts.load import load_all
from contracts.model import Contracts
from generate.county import generate
from generate.rates import Rates
from transforms import road
from transforms.evaluate import Evaluation, Kind, evaluate
from transforms.link import link_build
from transforms.prepare import prepare_build
from transforms.sql_files import sql
from warehouse.connection import open_database
from warehouse.home import Home
from warehouse.quoting import literal

SIZES = (3_000,)
SEEDS = tuple(range(101, 111))
RATES = Rates.harsh()
THRESHOLD = 0.95
OF_LINKING = ("linked", "not_merged", "accepted")


@dataclass(frozen=True)
class Outcome:
    """One way of linking on one county; seconds of the processors and of the clock."""

    found: Evaluation
    processors: float
    clock: float


def measure(console: Console, persons: int) -> None:
    """Link ten counties of this size in three ways, print a table of seeds, one of ways and one of planted kinds."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in WAYS}
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="renkou-bench-") as folder:
            for name, outcome in _county(Path(folder), persons, seed):
                outcomes[name].append(outcome)
    console.width = 140
    console.print(_by_way(outcomes, persons))
    console.print(_by_seed(outcomes["renkou"]))
    console.print(_by_kind(outcomes["renkou"]))


def _county(folder: Path, persons: int, seed: int) -> Iterator[tuple[str, Outcome]]:
    generate(persons, seed, folder, rates=RATES)
    home, contracts = Home(folder / "home"), load_all()
    for reference in road.waiting_batches(home, contracts, folder / "landing"):
        road.take_in(home, contracts, folder / "landing", reference)
    batches = road.batches_known(home, contracts)
    day = max(batch.batch_date for batch in batches)
    with open_database(home.build_file(day)) as connection:
        connection.execute(sql("release/nothing_before"))
        prepare_build(connection, contracts, batches, day)
        for name, way in WAYS.items():
            used, began = processor_seconds(), time.perf_counter()
            way(connection, contracts)
            spent = processor_seconds() - used, time.perf_counter() - began
            yield name, Outcome(_scored(connection, folder, name, day), *spent)


# --- three ways --------------------------------------------------------------------------------------------------


def _renkou(connection: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    link_build(connection, contracts, "bench")
    connection.execute(
        "CREATE OR REPLACE TABLE linked AS SELECT department, dataset, record_key, role, person_id FROM person_record"
    )


def _numbers_alone(connection: duckdb.DuckDBPyConnection, _contracts: Contracts) -> None:
    """Records that bear the same valid number are one person, all others a person each."""
    connection.execute(
        "CREATE OR REPLACE TABLE linked AS SELECT department, dataset, record_key, role,"
        " coalesce(number, 'record ' || record_id) AS person_id FROM link_record"
    )


def _plain_splink(connection: duckdb.DuckDBPyConnection, _contracts: Contracts) -> None:
    """Splink as its tutorial has it: library comparisons, parameters by expectation maximisation, connected components."""
    import splink.comparison_library as compare  # noqa: PLC0415
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415

    connection.execute(
        "CREATE OR REPLACE TABLE plain AS SELECT record_id AS unique_id, number, name_key, sex, birth_date::VARCHAR AS birth_date"
        " FROM link_record"
    )
    interface = DuckDBAPI(connection=connection)
    rules = [
        block_on("number"),
        block_on("name_key", "birth_date"),
        block_on("name_key", "substr(number, 1, 6)"),
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            compare.LevenshteinAtThresholds("number", [1, 2]),
            compare.JaroWinklerAtThresholds("name_key", [0.9, 0.7]).configure(
                term_frequency_adjustments=True
            ),
            compare.DateOfBirthComparison("birth_date", input_is_string=True),
            compare.ExactMatch("sex"),
        ],
    )
    linker = Linker(interface.register("plain"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("number")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("number"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name_key", "birth_date"))
    predicted = linker.inference.predict(threshold_match_probability=THRESHOLD, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, THRESHOLD)
    connection.execute(
        "CREATE OR REPLACE TABLE linked AS SELECT department, dataset, record_key, role, c.cluster_id::VARCHAR AS person_id"
        f" FROM link_record AS r JOIN {clusters.physical_name} AS c ON c.unique_id = r.record_id"
    )
    linker.table_management.delete_tables_created_by_splink_from_db()


WAYS: dict[str, Callable[[duckdb.DuckDBPyConnection, Contracts], None]] = {
    "renkou": _renkou,
    "plain Splink, connected components": _plain_splink,
    "identity numbers alone": _numbers_alone,
}


# --- scoring -----------------------------------------------------------------------------------------------------


def _scored(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, day: date) -> Evaluation:
    """The groups as a release that holds nothing else, measured like any release."""
    release = folder / f"{name}.duckdb"
    connection.execute(f"ATTACH {literal(release)} AS bench")
    pairs = "FROM link_pair" + ("" if name == "renkou" else " WHERE false")
    for table, query in {
        "release": f"SELECT {literal(name)} AS release_id, DATE '{day}' AS as_of",
        "person_record": "FROM linked",
        "person": "SELECT DISTINCT person_id FROM linked",
        "link_pair": pairs,
        "quarantine": "FROM quarantine",
        "discrepancy": "SELECT '' AS person_id, '' AS record_key, '' AS owner, '' AS reporter WHERE false",
    }.items():
        connection.execute(f"CREATE TABLE bench.{table} AS {query}")
    connection.execute("DETACH bench")
    return evaluate(release, folder / "truth")


# --- tables ------------------------------------------------------------------------------------------------------


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.MARKDOWN)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _by_way(outcomes: dict[str, list[Outcome]], persons: int) -> Table:
    title = f"{len(SEEDS)} counties of {persons:,} persons, harsh rates, seeds {SEEDS[0]} to {SEEDS[-1]}"
    table = _table(title, "way", "precision", "recall", "kept apart", "cpu s", "clock s")
    for name, found in outcomes.items():
        linking = [outcome.found.linking for outcome in found]
        right = sum(one.pairs_right for one in linking)
        apart = [kind for outcome in found for kind in outcome.found.kinds if kind.expected == "not_merged"]
        table.add_row(
            name,
            _percent(right, sum(one.pairs_together for one in linking)),
            _percent(right, sum(one.pairs_true for one in linking)),
            f"{sum(kind.as_expected or 0 for kind in apart):,} of {sum(kind.planted for kind in apart):,}",
            f"{sum(outcome.processors for outcome in found):.1f}",
            f"{sum(outcome.clock for outcome in found):.1f}",
        )
    return table


def _by_seed(outcomes: list[Outcome]) -> Table:
    table = _table(
        "each county",
        "seed",
        "entries",
        "precision",
        "recall",
        "blocking",
        "automatic",
        "doubtful",
        "of persons",
        "merged",
    )
    for seed, outcome in zip(SEEDS, outcomes, strict=True):
        one = outcome.found.linking
        merged = sum(
            kind.planted - (kind.as_expected or 0)
            for kind in outcome.found.kinds
            if kind.expected == "not_merged"
        )
        table.add_row(
            str(seed),
            f"{one.entries:,}",
            _percent(one.pairs_right, one.pairs_together),
            _percent(one.pairs_right, one.pairs_true),
            _share(one.blocking_recall),
            _share(one.decided_automatically),
            str(one.doubtful),
            _share(one.doubtful_per_person),
            str(merged),
        )
    return table


def _by_kind(outcomes: list[Outcome]) -> Table:
    table = _table(
        "each planted kind, all counties",
        "kind",
        "expected",
        "planted",
        "as expected",
        "doubtful",
        "with another",
        "pair recall",
    )
    kinds: dict[tuple[str, str], list[Kind]] = {}
    for kind in (kind for outcome in outcomes for kind in outcome.found.kinds):
        if kind.expected in OF_LINKING and (kind.expected != "accepted" or kind.pairs_true):
            kinds.setdefault((kind.kind, kind.expected), []).append(kind)
    for (name, expected), found in sorted(kinds.items()):
        table.add_row(
            name,
            expected,
            f"{sum(kind.planted for kind in found):,}",
            f"{sum(kind.as_expected or 0 for kind in found):,}",
            f"{sum(kind.doubtful for kind in found):,}",
            f"{sum(kind.with_another for kind in found):,}",
            _percent(sum(kind.pairs_right for kind in found), sum(kind.pairs_true for kind in found)),
        )
    return table


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.4%}" if whole else ""


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3%}"
