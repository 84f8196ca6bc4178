-- One row per disagreement, open since the build that found it first.
CREATE OR REPLACE TABLE discrepancy AS
WITH named AS (
    SELECT DISTINCT md5(concat_ws('|', kind, datum, reporter, record_key, role, CASE WHEN kind <> 'value' THEN person_no END)) AS discrepancy_id,
           person_id(person_no) AS person_id, kind, datum, owner, owner_value, reporter, reported_value, record_key, severity
    FROM reconcile_found
)
SELECT named.*, coalesce(prior.opened_on, DATE $day) AS opened_on, coalesce(prior.due_on, DATE $due) AS due_on, 'open' AS status
FROM named LEFT JOIN prior_discrepancy AS prior USING (discrepancy_id);
