-- Pairs with their records: of a unit the first record speaks.
INSERT INTO link_pair
WITH named AS (
    SELECT unit_l AS unit_id FROM link_verdict UNION SELECT unit_r FROM link_verdict
), speaks AS (
    SELECT m.unit_id, min({'department': r.department, 'dataset': r.dataset, 'record_key': r.record_key, 'role': r.role}) AS r
    FROM link_member AS m SEMI JOIN named USING (unit_id) JOIN link_record AS r USING (record_id)
    GROUP BY m.unit_id
)
SELECT l.r.department, l.r.dataset, l.r.record_key, l.r.role, o.r.department, o.r.dataset, o.r.record_key, o.r.role,
       v.rule, s.weight, s.probability, to_json({$levels})::VARCHAR, v.outcome, v.why
FROM link_verdict AS v
JOIN link_score AS s USING (unit_l, unit_r)
JOIN speaks AS l ON l.unit_id = v.unit_l
JOIN speaks AS o ON o.unit_id = v.unit_r;
