-- What a release without any before it begins with: nobody has been told anything.
CREATE OR REPLACE TEMP TABLE event_before (
    sequence BIGINT, event_id BIGINT, change VARCHAR, kind VARCHAR, person_id VARCHAR, occurred_on DATE, department VARCHAR,
    dataset VARCHAR, record_key VARCHAR, part VARCHAR, known_on DATE, release_id VARCHAR, is_current BOOLEAN
);
