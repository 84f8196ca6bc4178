-- One row per change of identity, of this release and of all before.
CREATE OR REPLACE TABLE person_change AS
WITH now_of AS (
    SELECT p.person_no AS old_no, n.person_no AS new_no, count(*) AS records
    FROM prior_person_record AS p
    JOIN link_role AS n USING (department, dataset, role, record_key)
    GROUP BY ALL
), main AS (
    SELECT old_no, max_by(new_no, (records, -new_no)) AS new_no FROM now_of GROUP BY old_no
), came AS (
    SELECT new_no, min(old_no) AS old_no FROM now_of
    WHERE new_no <> old_no AND old_no IN (SELECT person_no FROM link_person) GROUP BY new_no
), change AS (
    SELECT p.person_no, CASE WHEN came.old_no IS NULL THEN 'created' ELSE 'split' END AS kind, came.old_no AS other_no
    FROM link_person AS p LEFT JOIN came ON came.new_no = p.person_no
    WHERE p.is_new
    UNION ALL
    SELECT old_no, 'merged', new_no FROM main WHERE old_no NOT IN (SELECT person_no FROM link_person)
    UNION ALL
    SELECT DISTINCT person_no, 'retired', NULL::BIGINT FROM prior_person_record
    WHERE person_no NOT IN (SELECT old_no FROM main) AND person_no NOT IN (SELECT person_no FROM link_person)
)
SELECT * FROM prior_person_change
UNION ALL
SELECT person_id(person_no), kind, person_id(other_no), $release FROM change;
