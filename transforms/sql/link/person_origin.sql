-- One row per role of a record that is no longer in the person it was first in, with that person. Not of one that names another person now,
-- unless the first is gone: should the record name that one again, it was an error.
CREATE OR REPLACE TABLE person_origin AS
WITH moved AS (
    SELECT now.department, now.dataset, now.record_key, now.role, coalesce(origin.person_no, was.person_no) AS person_no
    FROM prior_person_record AS was
    LEFT JOIN prior_person_origin AS origin USING (department, dataset, role, record_key)
    JOIN link_role AS now USING (department, dataset, role, record_key)
    ANTI JOIN link_reissued USING (department, dataset, role, record_key)
    WHERE coalesce(origin.person_no, was.person_no) <> now.person_no
), of_another AS (
    FROM link_another SEMI JOIN link_person USING (person_no)
)
SELECT department, dataset, record_key, role, person_id(person_no) AS person_id
FROM moved ANTI JOIN of_another USING (department, dataset, role, record_key, person_no);
