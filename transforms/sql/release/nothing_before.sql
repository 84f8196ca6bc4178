CREATE OR REPLACE TABLE prior_person_record (department VARCHAR, dataset VARCHAR, role VARCHAR, record_key VARCHAR, person_no BIGINT, batch_date DATE);
CREATE OR REPLACE TABLE prior_person_origin (department VARCHAR, dataset VARCHAR, role VARCHAR, record_key VARCHAR, person_no BIGINT);
CREATE OR REPLACE TABLE prior_person_change (person_id VARCHAR, kind VARCHAR, other_person_id VARCHAR, release_id VARCHAR);
CREATE OR REPLACE TABLE prior_person (
    person_no BIGINT, number VARCHAR, name VARCHAR, former_name VARCHAR, birth_date DATE, is_living BOOLEAN
);
CREATE OR REPLACE TABLE prior_number_borne (number VARCHAR, person_no BIGINT);
CREATE OR REPLACE TABLE prior_number AS SELECT 0::BIGINT AS number;
CREATE OR REPLACE TABLE prior_compared (
    basis VARCHAR, content_l VARCHAR, content_r VARCHAR, levels VARCHAR[], weight DOUBLE, probability DOUBLE
);
CREATE OR REPLACE TABLE prior_discrepancy (discrepancy_id VARCHAR, opened_on DATE, due_on DATE);
CREATE OR REPLACE TABLE prior_quality (
    release_id VARCHAR, as_of DATE, measure VARCHAR, department VARCHAR, dataset VARCHAR, township VARCHAR, datum VARCHAR,
    class VARCHAR, part BIGINT, whole BIGINT
);
CREATE OR REPLACE TABLE prior_release (
    release_id VARCHAR, as_of DATE, built_at TIMESTAMPTZ, code_version VARCHAR, contract_version VARCHAR, inputs VARCHAR,
    persons BIGINT, records BIGINT, quarantined BIGINT, discrepancies BIGINT
);
