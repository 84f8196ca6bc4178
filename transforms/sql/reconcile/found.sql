-- One row per disagreement found in this build. What is reported of a record by number (record_of, record_no) gets its key later.
CREATE OR REPLACE TEMP TABLE reconcile_found (
    person_no BIGINT, kind VARCHAR, datum VARCHAR, owner VARCHAR, owner_value VARCHAR,
    reporter VARCHAR, reported_value VARCHAR, record_key VARCHAR, role VARCHAR, severity VARCHAR,
    cause VARCHAR, answer_within INTEGER, record_of VARCHAR, record_no BIGINT
);
