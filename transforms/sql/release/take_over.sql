CREATE OR REPLACE TABLE prior_person_record AS
SELECT department, dataset, role, record_key, substr(person_id, 2)::BIGINT AS person_no, batch_date FROM before.person_record WHERE method <> 'work_order';
CREATE OR REPLACE TABLE prior_person_origin AS
SELECT department, dataset, role, record_key, substr(person_id, 2)::BIGINT AS person_no FROM before.person_origin;
CREATE OR REPLACE TABLE prior_person_change AS FROM before.person_change;
CREATE OR REPLACE TABLE prior_number AS SELECT max(substr(person_id, 2)::BIGINT) AS number FROM before.person_change;
CREATE OR REPLACE TABLE prior_compared AS FROM before.link_compared;
CREATE OR REPLACE TABLE prior_discrepancy AS SELECT discrepancy_id, opened_on, due_on FROM before.discrepancy;
CREATE OR REPLACE TABLE prior_quality AS FROM before.quality;
CREATE OR REPLACE TABLE prior_release AS FROM before.release;
