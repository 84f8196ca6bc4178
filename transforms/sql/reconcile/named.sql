-- One row per disagreement, with the key of its record, the id that it bears in every build, and since when it is open.
CREATE OR REPLACE TEMP TABLE reconcile_named AS
WITH keyed AS (
    SELECT f.* EXCLUDE (record_key, record_of, record_no, cause), coalesce(f.cause, f.datum) AS cause, coalesce(f.record_key, s.record_key) AS record_key
    FROM reconcile_found AS f
    LEFT JOIN source_record AS s
        ON s.department = split_part(f.record_of, '/', 1) AND s.dataset = split_part(f.record_of, '/', 2) AND s.record_no = f.record_no
), named AS (
    SELECT md5(concat_ws('|', kind, datum, reporter, record_key, role, CASE WHEN kind <> 'value' THEN person_no END)) AS discrepancy_id, *
    FROM keyed
    QUALIFY row_number() OVER (PARTITION BY discrepancy_id ORDER BY owner_value, reported_value) = 1
)
SELECT named.* EXCLUDE (person_no), person_id(person_no) AS person_id, coalesce(prior.opened_on, DATE $day) AS opened_on, prior.due_on
FROM named LEFT JOIN prior_discrepancy AS prior USING (discrepancy_id);
