-- One row per event that stands, as it was told last.
CREATE OR REPLACE VIEW event AS
SELECT person_id, kind, occurred_on, department, dataset, record_key, event_id, sequence FROM event_log WHERE is_current;
