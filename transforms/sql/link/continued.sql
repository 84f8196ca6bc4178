-- One row per record of whose number a spreadsheet left a part, and whose register told it whole before, in the newest earlier batch that did:
-- under the same key, in the same role, under the name that it has had ever since, and with no other birth. A key that was given to another
-- person in between tells nothing; nor do fewer than six digits.
CREATE OR REPLACE TABLE link_continued AS
WITH version AS (
    SELECT r.record_id, department, dataset, role, r.record_no, r.told, r.name_key, r.birth_date, b.place, b.number, name_key(b.name) AS name_then, b.birth_date AS birth_then
    FROM number_before AS b JOIN link_record AS r USING (department, dataset, role, record_key)
    WHERE r.number IS NULL AND r.told IS NOT NULL AND r.name_key IS NOT NULL
), told AS (
    SELECT record_id, min(place) FILTER (number IS NOT NULL) AS place,
           coalesce(min(place) FILTER (name_then <> name_key), 9223372036854775807) AS other_at
    FROM version GROUP BY record_id
)
SELECT v.record_id, v.department, v.dataset, v.role, v.record_no, v.told, v.number
FROM version AS v JOIN told USING (record_id, place)
WHERE v.name_then = v.name_key AND v.place < told.other_at AND (v.birth_then = v.birth_date) IS DISTINCT FROM false
  AND ((length(digits_left(v.told)) >= 6 AND starts_with(v.number, digits_left(v.told))) OR is_rounded([v.number], [v.told]));
