-- One row per change of published data that is an event, of this day and of the days before; whoever was merged goes on under
-- the other id. The day of the change stands in the place of a role.
INSERT INTO event_told
WITH fresh AS (
    SELECT k.kind, k.is_once, c.person_id, c.department, c.dataset, s.record_key,
           min(coalesce(c.holds_from, c.dated_on, DATE $day)) AS occurred_on
    FROM history_change AS c
    JOIN event_change AS k ON k.datum = c.datum
    JOIN source_record AS s ON s.department = c.department AND s.dataset = c.dataset AND s.record_no = c.record_no
    WHERE c.is_other AND NOT c.is_correction AND c.value_now IS NOT NULL
      AND k.is_from_nothing = (c.value_then IS NULL)
      AND (k.value_before IS NULL OR k.value_before = c.value_then)
      AND (k.value IS NULL OR k.value = c.value_now)
      AND NOT (k.is_from_nothing AND EXISTS (
          SELECT 1 FROM record_before AS r
          WHERE r.department = s.department AND r.dataset = s.dataset AND r.record_key = s.record_key))
    GROUP BY ALL
), told AS (
    SELECT b.kind, coalesce(m.other_person_id, b.person_id) AS person_id, b.occurred_on, b.department, b.dataset, b.record_key, b.part
    FROM event_before AS b
    SEMI JOIN event_change AS k ON k.kind = b.kind
    LEFT JOIN (SELECT person_id, other_person_id FROM person_change WHERE kind = 'merged' AND release_id = $release) AS m
        ON m.person_id = b.person_id
    WHERE b.is_current AND b.part <> $day AND TRY_CAST(b.part AS DATE) IS NOT NULL
), standing AS (
    SELECT told.* FROM told SEMI JOIN released.unify_person AS p ON p.person_id = told.person_id
), one_a_person AS (
    SELECT * FROM fresh
    WHERE NOT is_once OR (kind, person_id) NOT IN (SELECT (kind, person_id) FROM standing)
    QUALIFY row_number() OVER (PARTITION BY kind, person_id ORDER BY occurred_on, department, dataset, record_key) = 1
)
SELECT * FROM standing
UNION ALL
SELECT kind, person_id, occurred_on, department, dataset, record_key, $day FROM one_a_person
WHERE (kind, department, dataset, record_key) NOT IN (
    SELECT (kind, department, dataset, record_key) FROM one_a_person GROUP BY kind, department, dataset, record_key HAVING count(*) > 1);
