-- One row per value that is no longer the published one, that another source said, or that is known to have held until another day than was
-- thought.
CREATE OR REPLACE TABLE released.history_past AS
WITH touched AS (
    SELECT *, is_other OR holds_from IS DISTINCT FROM valid_then AS is_moved FROM history_change
    WHERE is_other OR holds_from IS DISTINCT FROM valid_then OR is_of_another
), earlier AS (
    -- values before the held one; a new one may reach into their time
    SELECT p.*, t.holds_from,
           coalesce(t.is_moved AND t.value_now IS NOT NULL AND p.known_to IS NULL AND (t.holds_from IS NULL OR p.valid_to > t.holds_from), false) AS is_reached
    FROM history_then AS p LEFT JOIN touched AS t ON t.person_id = p.person_id AND t.datum = p.datum
    WHERE p.valid_to IS NOT NULL OR p.known_to IS NOT NULL
), rows AS (
    SELECT * FROM history_kept_past
    UNION ALL
    SELECT person_id, datum, value, valid_from, valid_to, known_from, CASE WHEN is_reached THEN DATE $day ELSE known_to END,
           department, dataset, standing
    FROM earlier
    UNION ALL
    SELECT person_id, datum, value, valid_from, holds_from, DATE $day, NULL, department, dataset, standing
    FROM earlier WHERE is_reached AND holds_from IS NOT NULL AND (valid_from IS NULL OR valid_from < holds_from)
    UNION ALL
    SELECT person_id, datum, value_then, valid_then, NULL, known_then, DATE $day, department_then, dataset_then, standing_then
    FROM touched WHERE value_then IS NOT NULL
    UNION ALL
    SELECT person_id, datum, value_then, valid_then, holds_from, DATE $day, NULL, department_then, dataset_then, standing_then
    FROM touched
    WHERE is_other AND value_then IS NOT NULL AND NOT is_correction AND holds_from IS NOT NULL
      AND (valid_then IS NULL OR valid_then < holds_from)
    UNION ALL
    SELECT f.person_id, f.datum, f.value, NULL, f.valid_to, DATE $day, NULL, f.department, f.dataset, f.standing
    FROM history_former AS f
), exchanged AS (
    SELECT c.person_id, c.value_then, c.value_now, d.is_parent, d.is_number, d.is_name,
           c.value_then IS NOT NULL AND c.value_now IS NOT NULL AS is_for_another
    FROM history_change AS c JOIN history_minor USING (person_id) JOIN history_datum AS d USING (datum)
    WHERE c.is_other AND NOT c.is_renamed AND d.is_sealed
), sealed AS (
    -- adoption: who as a minor gets other parents, or another number together with another household or surname, leaves no trace of what
    -- was (民法典 art. 1110; domain rule on old and new ids). Another number alone is a correction.
    SELECT person_id FROM exchanged GROUP BY person_id
    HAVING bool_or(is_parent AND is_for_another)
        OR bool_or(is_number AND is_for_another)
           AND bool_or(CASE WHEN is_name THEN left(value_then, 1) <> left(value_now, 1) ELSE NOT is_number END)
)
SELECT rows.* FROM rows
WHERE NOT (person_id IN (SELECT person_id FROM sealed) AND datum IN (SELECT datum FROM history_datum WHERE is_sealed))
ORDER BY person_id, datum, known_from, valid_from, valid_to;
