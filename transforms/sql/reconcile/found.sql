-- One row per disagreement found in this build.
CREATE OR REPLACE TABLE reconcile_found (
    person_no BIGINT, kind VARCHAR, datum VARCHAR, owner VARCHAR, owner_value VARCHAR,
    reporter VARCHAR, reported_value VARCHAR, record_key VARCHAR, role VARCHAR, severity VARCHAR
);
