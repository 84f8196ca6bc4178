-- One row per change of identity, of this release and of all before. created: a person of whom no record was known. merged: the id
-- went under in the other one. split: the person has records that were the other's. retired: no record is left. A record that names
-- another person than before tells of neither.
CREATE OR REPLACE TABLE person_change AS
WITH now_of AS (
    SELECT p.person_no AS old_no, n.person_no AS new_no, count(*) AS records
    FROM prior_person_record AS p
    JOIN link_role AS n USING (department, dataset, role, record_key)
    ANTI JOIN link_reissued USING (department, dataset, role, record_key)
    ANTI JOIN link_another AS a
        ON a.department = p.department AND a.dataset = p.dataset AND a.role = p.role AND a.record_key = p.record_key
       AND a.person_no = p.person_no AND a.person_no <> n.person_no
    GROUP BY ALL
), living AS (
    SELECT person_no FROM link_person
), merged AS (
    SELECT old_no, max_by(new_no, (records, -new_no)) AS new_no
    FROM now_of WHERE old_no NOT IN (FROM living) GROUP BY old_no
), change AS (
    SELECT person_no, 'created' AS kind, NULL::BIGINT AS other_no
    FROM link_person WHERE is_new AND person_no NOT IN (SELECT new_no FROM now_of)
    UNION ALL
    SELECT old_no, 'merged', new_no FROM merged
    UNION ALL
    SELECT new_no, 'split', old_no FROM now_of
    WHERE new_no <> old_no AND (old_no, new_no) NOT IN (SELECT (old_no, new_no) FROM merged)
    UNION ALL
    SELECT DISTINCT person_no, 'retired', NULL::BIGINT FROM prior_person_record
    WHERE person_no NOT IN (SELECT old_no FROM now_of) AND person_no NOT IN (FROM living)
)
SELECT * FROM prior_person_change
UNION ALL
SELECT person_id(person_no), kind, person_id(other_no), $release FROM change;
