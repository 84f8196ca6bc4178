-- One row per entry that linking has a pair to tell of, with the entry at the other end.
CREATE OR REPLACE TEMP TABLE evaluate_touched AS
SELECT a.entry_no, b.entry_no AS other_no, a.person_id, b.person_id AS other_person_id, pair.outcome
FROM published.link_pair AS pair
JOIN evaluate_entry AS a
    ON (a.department, a.dataset, a.record_key, a.role)
     = (pair.left_department, pair.left_dataset, pair.left_record_key, pair.left_role)
JOIN evaluate_entry AS b
    ON (b.department, b.dataset, b.record_key, b.role)
     = (pair.right_department, pair.right_dataset, pair.right_record_key, pair.right_role);
