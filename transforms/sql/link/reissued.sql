-- One row per role of a parent in a record that was delivered again since the release before and speaks of another person now: a
-- certificate of birth that was issued anew after an adoption. Nothing may tie the parent before to the one of today (民法典 art. 1110).
CREATE OR REPLACE TABLE link_reissued AS
SELECT now.department, now.dataset, now.role, now.record_key
FROM prior_person_record AS was
JOIN link_role AS now USING (department, dataset, role, record_key)
JOIN $parents AS parent (department, dataset, role) USING (department, dataset, role)
WHERE was.person_no <> now.person_no AND was.batch_date IS DISTINCT FROM now.batch_date;
