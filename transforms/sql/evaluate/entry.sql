-- One row per role of an accepted source record: who it truly is by its newest row, and the person that the release made of it.
CREATE OR REPLACE TEMP TABLE evaluate_entry AS
WITH told AS (
    SELECT department, dataset, record_key, role, max_by(true_id, (batch_date, line)) AS true_id
    FROM truth_link
    WHERE expected = 'accepted' AND true_id IS NOT NULL
    GROUP BY department, dataset, record_key, role
)
SELECT row_number() OVER (ORDER BY department, dataset, record_key, role) AS entry_no, told.*,
       found.person_id IS NULL AS is_lost,
       coalesce(found.person_id, concat_ws('/', department, dataset, record_key, role)) AS person_id
FROM told
LEFT JOIN published.person_record AS found USING (department, dataset, record_key, role);
