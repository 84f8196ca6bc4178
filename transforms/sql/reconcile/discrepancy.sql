-- One row per disagreement, open since the build that found it first.
CREATE OR REPLACE TABLE discrepancy AS
WITH keyed AS (
    SELECT f.* EXCLUDE (record_key, record_of, record_no), coalesce(f.record_key, s.record_key) AS record_key
    FROM reconcile_found AS f
    LEFT JOIN source_record AS s
        ON s.department = split_part(f.record_of, '/', 1) AND s.dataset = split_part(f.record_of, '/', 2) AND s.record_no = f.record_no
), named AS (
    SELECT md5(concat_ws('|', kind, datum, reporter, record_key, role, CASE WHEN kind <> 'value' THEN person_no END)) AS discrepancy_id, *
    FROM keyed
    QUALIFY row_number() OVER (PARTITION BY discrepancy_id ORDER BY owner_value, reported_value) = 1
)
SELECT discrepancy_id, person_id(person_no) AS person_id, kind, datum, owner, owner_value, reporter, reported_value, record_key, severity,
       coalesce(prior.opened_on, DATE $day) AS opened_on, coalesce(prior.due_on, DATE $due) AS due_on, 'open' AS status
FROM named LEFT JOIN prior_discrepancy AS prior USING (discrepancy_id);
