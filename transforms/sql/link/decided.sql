-- One row per decision that holds, over the units of its two records; the order of their making does not matter.
SELECT DISTINCT d.decision, one.unit_id, other.unit_id
FROM link_decision AS d
JOIN link_record AS l ON l.department = d.left_department AND l.dataset = d.left_dataset AND l.record_key = d.left_record_key AND l.role = d.left_role
JOIN link_record AS r ON r.department = d.right_department AND r.dataset = d.right_dataset AND r.record_key = d.right_record_key AND r.role = d.right_role
JOIN link_member AS one ON one.record_id = l.record_id
JOIN link_member AS other ON other.record_id = r.record_id
WHERE d.withdrawn_at IS NULL AND d.decision IN ('linked', 'not_linked')
ORDER BY ALL;
