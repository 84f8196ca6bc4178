-- One row per role of a record with the person that it speaks of. number_before: by the number that the register told of the record before
-- a spreadsheet left a part of it.
CREATE OR REPLACE TABLE link_role AS
SELECT r.department, r.dataset, r.role, r.record_no, r.record_key, r.batch_date, r.is_current, p.person_no,
       CASE WHEN p.records = 1 THEN 'alone'
            WHEN k.record_id IS NOT NULL AND c.method IN ('same_number', 'agreeing_entries') THEN 'number_before'
            ELSE coalesce(c.method, 'alone') END AS method, c.probability
FROM link_record AS r
JOIN link_cluster AS c USING (record_id)
JOIN link_person AS p USING (cluster_id)
LEFT JOIN link_continued AS k USING (record_id);
