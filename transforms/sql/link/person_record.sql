-- One row per role of a delivered record: the person that it speaks of, and what joined it, with the model's probability or the rule's
-- measured precision. A record that was withdrawn stays.
CREATE OR REPLACE VIEW linked_record AS
SELECT department, dataset, record_key, role, person_id(person_no) AS person_id, method,
       CASE WHEN method <> 'alone' THEN coalesce(probability, $precision, 1.0)::DOUBLE END AS probability, batch_date, is_current
FROM link_role;
CREATE OR REPLACE VIEW person_record AS FROM linked_record;
