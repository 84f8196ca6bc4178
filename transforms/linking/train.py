"""Find the model's parameters and the measured precision of rules and recall of blocks, on counties whose truth is known.

Never part of a run: what is found is written into the contract (``contracts/linking/``) and reviewed like any change of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import yaml

from contracts.model import Contracts, Linking
from transforms.link import link_build
from transforms.linking.score import levels_by_gamma, linker_on
from transforms.prepare import prepare_build
from transforms.road import batches_known, take_in, waiting_batches
from transforms.sql_files import sql
from warehouse.connection import scratch
from warehouse.durable import write_text
from warehouse.home import Home
from warehouse.quoting import literal

SEEN = 0.5
RANDOM_PAIRS = 300_000

Level = tuple[str, str]


@dataclass
class Counts:
    """How often each level of each comparison was seen, over pairs of one person and over others; added up over counties."""

    matching: Counter[Level] = field(default_factory=Counter)
    random: Counter[Level] = field(default_factory=Counter)
    rules: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Records that each rule put with a person, and whether it is theirs."""
    blocks: Counter[str] = field(default_factory=Counter)
    pairs: int = 0

    def precision(self, rule: str) -> float:
        """Share of the records that the rule put with their own person, as if half a record more had been seen on either side."""
        right, wrong = self.rules[(rule, True)], self.rules[(rule, False)]
        return round((right + SEEN) / (right + wrong + 2 * SEEN), 6)

    def parameters(self, linking: Linking) -> dict[str, dict[str, tuple[float, float]]]:
        """For each comparison and level the shares m and u, of the pairs where something can be said."""
        found = {}
        for comparison in linking.comparisons:
            names = [level.name for level in comparison.levels if not level.missing]
            m, u = (_shares([seen[(comparison.name, name)] for name in names]) for seen in (self.matching, self.random))
            if comparison.floor is not None:
                m = [max(match, other * 2**comparison.floor) for match, other in zip(m, u, strict=True)]
            found[comparison.name] = dict(zip(names, zip(m, u, strict=True), strict=True))
        return found


def train(counties: Iterable[tuple[Path, Path]], contracts: Contracts) -> Counts:
    """Link each county (its landing folder and its truth) by itself and count what the truth says of the comparisons."""
    counts = Counts()
    for landing, truth in counties:
        with TemporaryDirectory(prefix="renkou-train-") as folder, scratch() as connection:
            home = Home(Path(folder))
            for reference in waiting_batches(home, contracts, landing):
                take_in(home, contracts, landing, reference)
            batches = batches_known(home, contracts)
            connection.execute(sql("release/nothing_before"))
            prepare_build(connection, contracts, batches, max(batch.batch_date for batch in batches))
            link_build(connection, contracts, "train")
            learn(connection, contracts, truth, counts)
    return counts


def write_model(counts: Counts, linking: Linking, trained_on: str, out: Path) -> None:
    """Write the model with these parameters; thresholds stay as they were agreed."""
    parameters = {name: {level: list(shares) for level, shares in found.items()} for name, found in counts.parameters(linking).items()}
    model = linking.model.model_dump() | {"trained_on": trained_on, "parameters": parameters}
    write_text(out, yaml.safe_dump(model, sort_keys=False, allow_unicode=True, default_flow_style=None))


def write_precision(counts: Counts, rules: Path) -> None:
    """Write into the rules' file what each rule was measured to be; rules that joined nothing stay as they are."""
    lines: list[str] = []
    measured = False
    for line in rules.read_text(encoding="utf-8").splitlines():
        if line.startswith("- name: "):
            name = line.removeprefix("- name: ")
            seen = counts.rules[(name, True)] + counts.rules[(name, False)]
            measured = seen > 0
            lines += [line, f"  precision: {counts.precision(name)}", f"  records: {seen}"] if measured else [line]
        elif not (measured and line.startswith(("  precision: ", "  records: "))):
            lines.append(line)
    write_text(rules, "\n".join(lines) + "\n")


def _shares(counts: list[int]) -> list[float]:
    """Shares, as if each level had been seen half a time more: what was not seen is not impossible."""
    total = sum(counts) + SEEN * len(counts)
    return [round((count + SEEN) / total, 8) for count in counts]


def learn(connection: duckdb.DuckDBPyConnection, contracts: Contracts, truth: Path, counts: Counts) -> None:
    """Add what one linked build (``link_unit``, ``link_found``, ``link_score``) shows beside its truth."""
    linking = contracts.linking
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE train_record AS"
        " SELECT department, dataset, record_key, role, max_by(true_id, (batch_date, line)) AS true_id"
        f" FROM read_parquet({literal(truth / 'link.parquet')}) WHERE expected = 'accepted' AND true_id IS NOT NULL GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE train_truth AS SELECT unit_id, true_id FROM ("
        " SELECT m.unit_id, t.true_id, count(*) AS records FROM link_member AS m JOIN link_record AS r USING (record_id)"
        " JOIN train_record AS t USING (department, dataset, record_key, role) GROUP BY ALL)"
        " QUALIFY row_number() OVER (PARTITION BY unit_id ORDER BY records DESC, true_id) = 1"
    )
    matching = (
        "SELECT DISTINCT a.unit_id AS l, b.unit_id AS r FROM train_truth AS a JOIN train_truth AS b USING (true_id)"
        " WHERE a.unit_id < b.unit_id AND a.unit_id IN (SELECT unit_id FROM link_unit) AND b.unit_id IN (SELECT unit_id FROM link_unit)"
    )
    some = (
        "SELECT a.unit_id AS l, b.unit_id AS r FROM (SELECT *, row_number() OVER (ORDER BY hash(unit_id)) AS n FROM train_truth"
        " SEMI JOIN link_unit USING (unit_id)) AS a, (SELECT *, row_number() OVER (ORDER BY hash(-unit_id)) AS n FROM train_truth"
        f" SEMI JOIN link_unit USING (unit_id)) AS b WHERE a.true_id <> b.true_id AND a.n * b.n % 7 = 0 LIMIT {RANDOM_PAIRS}"
    )
    counts.matching.update(_levels(connection, linking, matching))
    counts.random.update(_levels(connection, linking, some))
    _measure(connection, counts, matching)


def _levels(connection: duckdb.DuckDBPyConnection, linking: Linking, pairs: str) -> Counter[Level]:
    """How often Splink finds each level on these pairs."""
    connection.execute(f"CREATE OR REPLACE TABLE train_pairs AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r FROM ({pairs})")
    linker, interface = linker_on(connection, linking, linking.model)
    linker.table_management.register_blocked_pairs_for_predict(interface.register("train_pairs"))
    compared = linker.inference.predict(warning_mode="never").physical_name
    found: Counter[Level] = Counter()
    for comparison in linking.comparisons:
        names = levels_by_gamma(comparison)
        query = f"SELECT gamma_{comparison.name}, count(*) FROM {compared} GROUP BY ALL"
        rows: Iterable[tuple[int, int]] = connection.execute(query).fetchall()
        found.update({(comparison.name, names[gamma]): n for gamma, n in rows})
    linker.table_management.delete_tables_created_by_splink_from_db()
    return found


def _measure(connection: duckdb.DuckDBPyConnection, counts: Counts, matching: str) -> None:
    for rule, right, n in connection.execute(
        "SELECT method, true_id = person_true_id, count(*) FROM ("
        " SELECT m.method, t.true_id, mode(t.true_id ORDER BY t.true_id) OVER (PARTITION BY m.person_no) AS person_true_id"
        " FROM link_role AS m JOIN train_record AS t USING (department, dataset, record_key, role))"
        " WHERE method <> 'alone' GROUP BY ALL"
    ).fetchall():
        counts.rules[(rule, right)] += n
    connection.execute(f"CREATE OR REPLACE TEMP TABLE train_matching AS {matching}")
    (total,) = connection.execute("SELECT count(*) FROM train_matching").fetchone() or (0,)
    counts.pairs += total
    for block, n in connection.execute(
        "SELECT block, count(DISTINCT (unit_l, unit_r)) FROM link_found JOIN train_matching ON l = unit_l AND r = unit_r GROUP BY block"
    ).fetchall():
        counts.blocks[block] += n
