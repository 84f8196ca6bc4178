"""A county taken in and published in one run, held against the truth."""

from __future__ import annotations

from collections import Counter

from contracts.model import Contracts
from tests.support.county import DAYS, Travelled
from tests.support.release import rows
from tests.support.truth import Scored, merged_against_the_truth, wrong_pairs, wrong_values

# The words with which a reason begins that fits what was planted.
FITTING = {
    "birth_future": {"future"},
    "birth_impossible": {"impossible"},
    "birth_over_120": {"over_120"},
    "event_in_future": {"future"},
    "row_bad_byte": {"bad_bytes"},
    "row_open_quote": {"open_quote", "not_json"},
    "row_short": {"too_few_columns", "not_json"},
    "test_row": {"test_row"},
}
QUARANTINED = """
    SELECT DISTINCT department, dataset, strptime(batch_date, '%Y%m%d')::DATE AS batch_date, file, coalesce(sheet, '') AS sheet, line
    FROM true_link WHERE expected = 'quarantined'"""
HELD = "SELECT department, dataset, batch_date, file, coalesce(sheet, '') AS sheet, line FROM w.quarantine"


def test_every_day_is_published_in_order(travelled: Travelled) -> None:
    assert travelled.report.stops == []
    assert travelled.report.status == "published"
    assert [r["as_of"] for r in travelled.report.releases] == [day.isoformat() for day in DAYS]


def test_every_row_of_a_batch_is_accepted_or_quarantined(found: Scored) -> None:
    assert found.ask("FROM w.batch WHERE status <> 'accepted'") == []
    assert found.ask("FROM w.batch WHERE rows IS DISTINCT FROM accepted + quarantined") == []


def test_a_batch_counts_the_rows_that_the_truth_knows(found: Scored) -> None:
    """Rows that were damaged beyond reading are in the truth too, empty ones are not."""
    differ = found.ask("""
        WITH delivered AS (
            SELECT file, strptime(batch_date, '%Y%m%d')::DATE AS batch_date, expected = 'accepted' AS is_good,
                   count(DISTINCT (sheet, line)) AS rows
            FROM true_link GROUP BY ALL)
        SELECT b.file, b.batch_date FROM w.batch AS b JOIN delivered AS d USING (file, batch_date)
        WHERE d.rows <> CASE WHEN d.is_good THEN b.accepted ELSE b.quarantined END""")
    assert differ == []


def test_every_accepted_row_is_in_a_person(found: Scored) -> None:
    lost = found.ask("""
        SELECT dataset, role, count(*) FROM true_link ANTI JOIN w.person_record USING (department, dataset, record_key, role)
        WHERE expected = 'accepted' GROUP BY ALL""")
    assert lost == []


def test_no_role_is_made_up(found: Scored) -> None:
    made_up = found.ask("""
        SELECT dataset, role, count(*) FROM w.person_record ANTI JOIN true_link USING (department, dataset, record_key, role)
        GROUP BY ALL""")
    assert made_up == []


def test_the_quarantine_holds_the_planted_rows_and_no_other(found: Scored) -> None:
    assert found.ask(f"({QUARANTINED}) EXCEPT ({HELD})") == []
    assert found.ask(f"({HELD}) EXCEPT ({QUARANTINED})") == []
    assert found.number("SELECT count(*) FROM w.quarantine") == found.number(f"SELECT count(*) FROM ({HELD})")


def test_every_kind_of_row_not_to_take_in_is_quarantined_for_its_reason(found: Scored) -> None:
    reasons = found.ask("""
        SELECT DISTINCT p.kind, split_part(q.reason, ':', 1)
        FROM true_planted AS p
        LEFT JOIN w.quarantine AS q ON q.department = p.department AND q.dataset = p.dataset AND q.file = p.file
            AND q.line = p.line AND q.batch_date = strptime(p.batch_date, '%Y%m%d')::DATE
        WHERE p.expected = 'quarantined'""")
    assert {kind for kind, _ in reasons} == set(FITTING)
    assert [(kind, reason) for kind, reason in reasons if reason not in FITTING[kind]] == []


def test_a_quarantined_row_names_its_key_where_it_has_one(found: Scored) -> None:
    wrong = found.ask("""
        SELECT l.file, l.line FROM w.quarantine AS q
        JOIN true_link AS l ON l.file = q.file AND l.line = q.line AND coalesce(l.sheet, '') = coalesce(q.sheet, '')
            AND strptime(l.batch_date, '%Y%m%d')::DATE = q.batch_date
        WHERE q.record_key IS NOT NULL AND NOT starts_with(l.record_key, q.record_key)""")  # a row cut short has the first parts
    assert wrong == []


def test_no_two_persons_are_made_one(found: Scored) -> None:
    pairs, wrong = wrong_pairs(found)
    assert pairs > 10_000
    assert wrong / pairs <= 0.0001


def test_persons_to_keep_apart_stay_apart(found: Scored) -> None:
    merged = merged_against_the_truth(found)
    assert Counter(kind for kind, _, _ in merged) == Counter()


def wrongly_published(found: Scored, names: set[str]) -> dict[str, int]:
    """Of persons with sound numbers: how many values of each datum are neither true nor explained by the truth tables."""
    wrong = {d.name: len(wrong_values(found, d)) for d in found.contracts.catalogue.data if d.name in names}
    return {name: number for name, number in wrong.items() if number}


def test_data_of_persons_with_sound_numbers_are_true(found: Scored) -> None:
    """Save what a department reported wrongly, or never delivered in a row that can be read."""
    assert found.number("SELECT count(*) FROM sound") > 0.6 * found.number("SELECT count(*) FROM true_person")
    assert wrongly_published(found, {d.name for d in found.contracts.catalogue.data}) == {}


def test_every_datum_with_a_supplier_is_published_of_somebody(found: Scored) -> None:
    named = {name for dataset in found.contracts.datasets for role in dataset.persons for name in role.data}
    known = {datum for (datum,) in found.ask("SELECT DISTINCT datum FROM w.person_datum")}
    assert {d.name for d in found.contracts.catalogue.data if d.name in named} - known == set()


def test_nobody_is_married_to_whom_the_newest_event_divorced(found: Scored) -> None:
    assert found.number("SELECT count(*) FROM w.person WHERE marital_status = '40'") > 0
    assert (
        found.number("SELECT count(*) FROM w.person WHERE marital_status = '40' AND spouse IS NOT NULL") == 0
    )


def test_a_discrepancy_names_a_record_of_its_own_person(found: Scored) -> None:
    astray = found.ask("""
        SELECT kind, count(*) FROM w.discrepancy AS d
        WHERE NOT EXISTS (FROM w.person_record AS r WHERE r.person_id = d.person_id AND r.record_key = d.record_key)
        GROUP BY kind ORDER BY kind""")
    assert astray == []


def test_a_rule_is_told_with_the_precision_that_was_measured_of_it(travelled: Travelled, own_contracts: Contracts) -> None:
    measured = {rule.name: rule.precision for rule in own_contracts.linking.rules}
    told = "SELECT DISTINCT probability FROM person_record WHERE method = 'same_number'"
    assert rows(travelled.home.current, told) == [(measured["same_number"],)]
