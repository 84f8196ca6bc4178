-- One row per role of a record that is no longer in the person it was first in, with that person.
CREATE OR REPLACE TABLE person_origin AS
SELECT now.department, now.dataset, now.record_key, now.role, person_id(coalesce(origin.person_no, was.person_no)) AS person_id
FROM prior_person_record AS was
LEFT JOIN prior_person_origin AS origin USING (department, dataset, role, record_key)
JOIN link_role AS now USING (department, dataset, role, record_key)
ANTI JOIN link_reissued USING (department, dataset, role, record_key)
WHERE coalesce(origin.person_no, was.person_no) <> now.person_no;
