-- What a release without any before it begins with: nothing has changed yet, and nothing is past.
CREATE OR REPLACE TEMP TABLE history_then (
    person_id VARCHAR, datum VARCHAR, value VARCHAR, valid_from DATE, valid_to DATE, known_from DATE, known_to DATE,
    department VARCHAR, dataset VARCHAR, standing VARCHAR
);
CREATE OR REPLACE TEMP TABLE history_kept_past AS FROM history_then;
CREATE OR REPLACE TEMP TABLE history_kept_since (person_id VARCHAR, datum VARCHAR, valid_from DATE, known_from DATE);
CREATE OR REPLACE TEMP TABLE history_touched AS SELECT NULL::VARCHAR AS person_id WHERE false;
