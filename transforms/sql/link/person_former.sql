-- One row per role of a record and person that it was in before and is not in now, with the last release in which it was.
CREATE OR REPLACE TABLE person_former AS
WITH was AS (
    SELECT department, dataset, role, record_key, person_no, release_id FROM prior_person_former
    UNION ALL
    SELECT department, dataset, role, record_key, person_no, (SELECT max_by(release_id, (as_of, release_id)) FROM prior_release)
    FROM prior_person_record
)
SELECT was.department, was.dataset, was.record_key, was.role, person_id(was.person_no) AS person_id,
       max(was.release_id) AS release_id
FROM was
JOIN link_role AS now USING (department, dataset, role, record_key)
WHERE was.person_no <> now.person_no
GROUP BY ALL;
