"""Hold a published release against the truth of a made-up county.

Pairwise precision and recall are counted over pairs of entries (one a role of an accepted record), B-cubed over entries
(Bagga and Baldwin, 1998), so that large and small persons weigh alike. Blocking recall is the share of true pairs that were
either put together or at least compared: what blocking lost, no comparison can find again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from transforms.sql_files import sql
from warehouse.connection import scratch
from warehouse.faults import NotFoundError
from warehouse.quoting import literal

TRUTH = ("link", "planted")
STEPS = ("entry", "shared", "touched", "measure", "quarantined", "line", "planted")


@dataclass(frozen=True)
class Linking:
    """How well records were put together; shares from 0 to 1, None where there was nothing to measure."""

    persons: int
    true_persons: int
    entries: int
    lost: int
    """Accepted entries that the release does not have at all."""
    pairs_together: int
    pairs_true: int
    pairs_right: int
    pairwise_precision: float | None
    pairwise_recall: float | None
    b_cubed_precision: float | None
    b_cubed_recall: float | None
    blocking_recall: float | None
    decided_automatically: float | None
    """Share of entries about which no doubtful pair waits for a person."""
    doubtful: int
    """Pairs of persons that wait in the review queue."""
    doubtful_per_person: float | None


@dataclass(frozen=True)
class Rows:
    """Lines of files that cannot be so, and what became of them."""

    expected_out: int
    found: int
    wrongly_out: int


@dataclass(frozen=True)
class Kind:
    """What became of one planted kind. ``expected``: linked, not_merged, quarantined, discrepancy or accepted."""

    kind: str
    expected: str
    planted: int
    as_expected: int | None
    """None where nothing is asked that a release could show."""
    doubtful: int
    with_another: int
    """Entries put with a person who is somebody else."""
    pairs_right: int
    """Pairs that these entries make with others of their person, and rightly so; of ``pairs_together``, and of ``pairs_true``."""
    pairs_together: int
    pairs_true: int
    examples: tuple[str, ...]
    """Record references (or true ids) of some that did not come out as expected."""

    @property
    def pairwise_precision(self) -> float | None:
        return _share(self.pairs_right, self.pairs_together)

    @property
    def pairwise_recall(self) -> float | None:
        return _share(self.pairs_right, self.pairs_true)


@dataclass(frozen=True)
class Evaluation:
    """A release beside the truth; nothing personal in it."""

    release_id: str
    linking: Linking
    rows: Rows
    kinds: tuple[Kind, ...]


def evaluate(database: Path, truth: Path, examples: int = 0) -> Evaluation:
    """Compare the release ``database`` with the truth tables in ``truth``, up to the release's day.

    ``examples`` bounds how many references each kind names of what came out otherwise. Raises NotFoundError when a
    truth table is missing.
    """
    with scratch() as connection:
        connection.execute(f"ATTACH {literal(database)} AS published (READ_ONLY)")
        release_id, day = _release(connection)
        for table in TRUTH:
            file = truth / f"{table}.parquet"
            if not file.exists():
                raise NotFoundError(
                    f"{file}: no such truth table; give the truth folder that `renkou generate` wrote"
                )
            connection.execute(
                f"CREATE VIEW truth_{table} AS SELECT * FROM read_parquet({literal(file)})"
                f" WHERE batch_date <= {literal(day)}"
            )
        for step in STEPS:
            connection.execute(sql(f"evaluate/{step}"))
        return Evaluation(release_id, _linking(connection), _rows(connection), _kinds(connection, examples))


def _release(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    query = "SELECT release_id, strftime(as_of, '%Y%m%d') FROM published.release ORDER BY as_of DESC, release_id DESC LIMIT 1"
    row = connection.execute(query).fetchone()
    if row is None:
        raise NotFoundError("the release says nothing of itself; publish it again")
    return str(row[0]), str(row[1])


def _linking(connection: duckdb.DuckDBPyConnection) -> Linking:
    answer = connection.execute("FROM evaluate_measure")
    names = [column[0] for column in answer.description or []]
    m = dict(zip(names, answer.fetchone() or (), strict=True))
    return Linking(
        **{
            n: m[n] or 0
            for n in (
                "persons",
                "true_persons",
                "entries",
                "lost",
                "pairs_together",
                "pairs_true",
                "pairs_right",
            )
        },
        pairwise_precision=_share(m["pairs_right"], m["pairs_together"]),
        pairwise_recall=_share(m["pairs_right"], m["pairs_true"]),
        b_cubed_precision=_share(m["precision_sum"], m["entries"]),
        b_cubed_recall=_share(m["recall_sum"], m["entries"]),
        blocking_recall=_share((m["pairs_right"] or 0) + m["pairs_compared_apart"], m["pairs_true"]),
        decided_automatically=_share(m["entries"] - m["left_to_people"], m["entries"]),
        doubtful=m["doubtful"],
        doubtful_per_person=_share(m["doubtful"], m["persons"]),
    )


def _rows(connection: duckdb.DuckDBPyConnection) -> Rows:
    query = (
        "SELECT count(*) FILTER (is_expected_out), count(*) FILTER (is_expected_out AND is_out),"
        " count(*) FILTER (is_out AND NOT is_expected_out) FROM evaluate_line"
    )
    return Rows(*(connection.execute(query).fetchone() or (0, 0, 0)))


def _kinds(connection: duckdb.DuckDBPyConnection, examples: int) -> tuple[Kind, ...]:
    query = f"""
        SELECT kind, expected, count(*) AS planted,
               CASE WHEN count(is_as_expected) > 0 THEN count(*) FILTER (is_as_expected) END AS as_expected,
               count(*) FILTER (is_doubtful) AS doubtful, count(*) FILTER (is_with_another) AS with_another,
               coalesce(sum(pairs_right), 0)::BIGINT AS pairs_right,
               coalesce(sum(pairs_together), 0)::BIGINT AS pairs_together, coalesce(sum(pairs_true), 0)::BIGINT AS pairs_true,
               list_slice(list(CASE WHEN record_key = '' THEN array_to_string(true_ids, ' ')
                                    ELSE concat_ws('/', department, dataset, record_key, role) END ORDER BY planted_no)
                          FILTER (NOT is_as_expected), 1, {examples}) AS examples
        FROM evaluate_planted GROUP BY kind, expected ORDER BY kind, expected"""
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or []]
    found = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    return tuple(Kind(**kind | {"examples": tuple(kind["examples"] or ())}) for kind in found)


def _share(part: float | None, whole: float | None) -> float | None:
    return float(part or 0) / float(whole) if whole else None
