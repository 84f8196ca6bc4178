-- What so many names are told with is nobody's own (the telephone of a village's cadre). One row per record with such a value, and what is
-- left to it.
CREATE OR REPLACE TEMP TABLE link_own AS
WITH told AS (
    SELECT record_id, name_key, unnest($context) AS value FROM link_record WHERE $context IS NOT NULL
), shared AS (
    SELECT value FROM told GROUP BY value HAVING count(*) >= $shared_by AND count(DISTINCT name_key) >= $shared_by
)
SELECT record_id, list(value ORDER BY value) FILTER (shared.value IS NULL) AS left_over
FROM told LEFT JOIN shared USING (value) GROUP BY record_id HAVING count(shared.value) > 0;
UPDATE link_record SET $context = link_own.left_over FROM link_own WHERE link_record.record_id = link_own.record_id;
DROP TABLE link_own;
