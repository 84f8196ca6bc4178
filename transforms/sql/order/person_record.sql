-- One row per role of a source record, those of answers to work orders among them.
CREATE OR REPLACE VIEW person_record AS
FROM linked_record
UNION ALL
SELECT department, dataset, record_key, role, person_id, method, probability, batch_date, is_current FROM order_record;
