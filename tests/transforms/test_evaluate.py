"""A release held against a truth that is small enough to count by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from transforms.evaluate import Evaluation, Kind, evaluate
from transforms.sql_files import sql
from warehouse.faults import NotFoundError

# Person 1: records a, b, c, of which c stands alone; person 2: d; person 3: e, put with d. 4 is a twin of 1, f.
RECORDS = {"a": (1, "P1"), "b": (1, "P1"), "c": (1, "P2"), "d": (2, "P3"), "e": (3, "P3"), "f": (4, "P4")}
PLANTED = [
    ("name_homophone", "linked", "b", [1], 2),
    ("id_typo", "linked", "c", [1], 3),
    ("id_of_relative", "not_merged", "e", [3, 2], 5),
    ("twins", "not_merged", "", [1, 4], None),
    ("birth_future", "quarantined", "x", [1], 9),
    ("row_short", "quarantined", "", [2], 10),
    ("pension_after_death", "discrepancy", "d", [2], 4),
    ("stale_education", "discrepancy", "f", [4], 6),
]


def rows(values: list[tuple[Any, ...]]) -> str:
    return "VALUES " + ", ".join(
        str(tuple(str(v) if v is None else v for v in row)).replace("'None'", "NULL") for row in values
    )


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """A release, and the truth folder beside it."""
    release, truth = tmp_path / "release.duckdb", tmp_path / "truth"
    truth.mkdir()
    with duckdb.connect(str(release)) as made:
        made.execute("CREATE TABLE release AS SELECT '20261120-01' AS release_id, DATE '2026-11-20' AS as_of")
        made.execute("CREATE TABLE person AS SELECT unnest(['P1', 'P2', 'P3', 'P4']) AS person_id")
        found = [("hr", "insured", key, "subject", person) for key, (_, person) in RECORDS.items()]
        made.execute(
            f"CREATE TABLE person_record AS FROM ({rows(found)}) t (department, dataset, record_key, role, person_id)"
        )
        made.execute(sql("link/pair"))
        made.execute(
            "INSERT INTO link_pair (left_department, left_dataset, left_record_key, left_role, right_department,"
            " right_dataset, right_record_key, right_role, outcome) VALUES"
            " ('hr', 'insured', 'a', 'subject', 'hr', 'insured', 'c', 'subject', 'doubtful')"
        )
        made.execute(
            "CREATE TABLE quarantine AS SELECT 'hr' AS department, 'insured' AS dataset, DATE '2026-11-20' AS batch_date,"
            " 'x.csv' AS file, NULL::VARCHAR AS sheet, unnest([9, 2]) AS line"
        )
        made.execute(
            "CREATE TABLE discrepancy AS SELECT 'P3' AS person_id, 'd' AS record_key, 'hr/insured' AS owner, NULL::VARCHAR AS reporter"
        )
    with duckdb.connect() as made:
        told = [
            ("hr", "insured", "20261120", "x.csv", line, key, "subject", who, "accepted")
            for line, (key, (who, _)) in enumerate(RECORDS.items(), start=1)
        ]
        told += [
            ("hr", "insured", "20261120", "x.csv", 9, "x", "subject", 1, "quarantined"),
            ("hr", "insured", "20261120", "x.csv", 10, "y", "subject", 2, "quarantined"),
            ("hr", "insured", "20261121", "later.csv", 2, "z", "subject", 2, "accepted"),
        ]
        made.execute(
            f"COPY (SELECT *, NULL::VARCHAR AS sheet FROM ({rows(told)}) t (department, dataset, batch_date, file, line,"
            f" record_key, role, true_id, expected)) TO '{truth}/link.parquet'"
        )
        planted = [
            (
                kind,
                expected,
                "hr" if key else "",
                "insured" if key else "",
                key,
                "subject" if key else "",
                ids,
                "20261120",
                "x.csv",
                line,
            )
            for kind, expected, key, ids, line in PLANTED
        ]
        planted[5] = ("row_short", "quarantined", "hr", "insured", "", "", [2], "20261120", "x.csv", 10)
        made.execute(
            f"COPY (FROM ({rows(planted)}) t (kind, expected, department, dataset, record_key, role, true_ids, batch_date,"
            f" file, line)) TO '{truth}/planted.parquet'"
        )
    return release, truth


@pytest.fixture
def answer(both: tuple[Path, Path]) -> Evaluation:
    return evaluate(*both, examples=3)


def test_pairs_and_b_cubed_are_what_a_hand_counts(answer: Evaluation) -> None:
    linking = answer.linking

    assert (linking.pairs_together, linking.pairs_true, linking.pairs_right) == (2, 3, 1)
    assert (linking.pairwise_precision, linking.pairwise_recall) == (1 / 2, 1 / 3)
    assert linking.b_cubed_precision == pytest.approx((1 + 1 + 1 + 0.5 + 0.5 + 1) / 6)
    assert linking.b_cubed_recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)


def test_what_was_compared_counts_for_blocking_and_waits_for_people(answer: Evaluation) -> None:
    linking = answer.linking

    assert linking.blocking_recall == 1
    assert (linking.doubtful, linking.doubtful_per_person) == (1, 1 / 4)
    assert linking.decided_automatically == pytest.approx(4 / 6)


def test_lines_kept_out_are_found_missed_and_too_many(answer: Evaluation) -> None:
    assert (answer.rows.expected_out, answer.rows.found, answer.rows.wrongly_out) == (2, 1, 1)


@pytest.mark.parametrize(
    ("kind", "as_expected"),
    [
        ("name_homophone", 1),
        ("id_typo", 0),
        ("id_of_relative", 0),
        ("twins", 1),
        ("birth_future", 1),
        ("row_short", 0),
        ("pension_after_death", 1),
        ("stale_education", 0),
    ],
)
def test_each_kind_is_a_row(answer: Evaluation, kind: str, as_expected: int) -> None:
    assert [k.as_expected for k in answer.kinds if k.kind == kind] == [as_expected]


def test_what_came_out_otherwise_is_named_by_its_reference(answer: Evaluation) -> None:
    by_kind: dict[str, Kind] = {k.kind: k for k in answer.kinds}

    assert by_kind["id_typo"].examples == ("hr/insured/c/subject",)
    assert by_kind["name_homophone"].examples == ()


def test_a_missing_truth_table_is_said(both: tuple[Path, Path]) -> None:
    release, truth = both
    (truth / "planted.parquet").unlink()

    with pytest.raises(NotFoundError, match=r"planted\.parquet"):
        evaluate(release, truth)
