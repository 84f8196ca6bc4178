-- One row per role of a source record, those of answers to work orders among them.
CREATE OR REPLACE VIEW person_record AS
SELECT department, dataset, record_key, role, person_id(person_no) AS person_id, method,
       CASE WHEN method <> 'alone' THEN coalesce(probability, 1.0)::DOUBLE END AS probability, batch_date, is_current
FROM link_role
UNION ALL
SELECT department, dataset, record_key, role, person_id, method, probability, batch_date, is_current FROM order_record;
