CREATE OR REPLACE TABLE prior_person_record AS
SELECT department, dataset, role, record_key, substr(person_id, 2)::BIGINT AS person_no, batch_date FROM before.person_record WHERE method <> 'work_order';
CREATE OR REPLACE TABLE prior_person_origin AS
SELECT department, dataset, role, record_key, substr(person_id, 2)::BIGINT AS person_no FROM before.person_origin;
CREATE OR REPLACE TABLE prior_person_change AS FROM before.person_change;
-- Who bore which number and name; of persons whom only the memory of records has (person_origin), what they bore last.
CREATE OR REPLACE TABLE prior_person AS
SELECT person_no, ($number)::VARCHAR AS number, ($called)::VARCHAR AS name, ($former)::VARCHAR AS former_name, ($born)::DATE AS birth_date,
       true AS is_living
FROM before.unify_person
UNION ALL
SELECT substr(person_id, 2)::BIGINT, max_by(value, (known_to, value)) FILTER (datum = 'id_number'),
       max_by(value, (known_to, value)) FILTER (datum = 'name'), max_by(value, (known_to, value)) FILTER (datum = 'former_name'),
       TRY_CAST(max_by(value, (known_to, value)) FILTER (datum = 'birth_date') AS DATE), false
FROM before.history_past SEMI JOIN before.person_origin USING (person_id) ANTI JOIN before.unify_person USING (person_id)
WHERE known_to IS NOT NULL
GROUP BY person_id;
CREATE OR REPLACE TABLE prior_number_borne AS
SELECT DISTINCT number, substr(person_id, 2)::BIGINT AS person_no FROM before.number_borne;
CREATE OR REPLACE TABLE prior_number AS SELECT max(substr(person_id, 2)::BIGINT) AS number FROM before.person_change;
CREATE OR REPLACE TABLE prior_compared AS FROM before.link_compared;
CREATE OR REPLACE TABLE prior_discrepancy AS SELECT discrepancy_id, opened_on, due_on FROM before.discrepancy;
CREATE OR REPLACE TABLE prior_quality AS FROM before.quality;
CREATE OR REPLACE TABLE prior_release AS FROM before.release;
