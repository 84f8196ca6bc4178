-- One row per thing that subscribers are told of an event: that it happened (new), that it was otherwise (corrected), that it was
-- not (withdrawn). Only what differs from what they were told last is added; the number of the first row names the event.
CREATE OR REPLACE TABLE released.event_log AS
WITH standing AS (
    SELECT b.*, CASE WHEN k.is_once THEN b.person_id ELSE concat_ws('|', b.department, b.dataset, b.record_key, b.part) END AS identity
    FROM event_before AS b LEFT JOIN event_kind AS k ON k.kind = b.kind
    WHERE b.is_current
), told AS (
    SELECT t.*, CASE WHEN k.is_once THEN t.person_id ELSE concat_ws('|', t.department, t.dataset, t.record_key, t.part) END AS identity
    FROM event_told AS t LEFT JOIN event_kind AS k ON k.kind = t.kind
), compared AS (
    SELECT s.sequence AS told_before, s.event_id,
           CASE WHEN s.sequence IS NULL THEN 'new' WHEN t.kind IS NULL THEN 'withdrawn' ELSE 'corrected' END AS change,
           coalesce(t.kind, s.kind) AS kind, coalesce(t.person_id, s.person_id) AS person_id,
           coalesce(t.occurred_on, s.occurred_on) AS occurred_on, coalesce(t.department, s.department) AS department,
           coalesce(t.dataset, s.dataset) AS dataset, coalesce(t.record_key, s.record_key) AS record_key,
           coalesce(t.part, s.part) AS part
    FROM told AS t FULL JOIN standing AS s ON s.kind = t.kind AND s.identity = t.identity
    WHERE s.sequence IS NULL OR t.kind IS NULL
       OR (s.person_id, s.occurred_on, s.department, s.dataset, s.record_key)
          IS DISTINCT FROM (t.person_id, t.occurred_on, t.department, t.dataset, t.record_key)
), numbered AS (
    SELECT *, (SELECT coalesce(max(sequence), 0) FROM event_before)
              + row_number() OVER (ORDER BY occurred_on, kind, person_id, department, dataset, record_key, part, change) AS sequence
    FROM compared
)
SELECT sequence, event_id, change, kind, person_id, occurred_on, department, dataset, record_key, part, known_on, release_id,
       is_current AND sequence NOT IN (SELECT told_before FROM numbered WHERE told_before IS NOT NULL) AS is_current
FROM event_before
UNION ALL
SELECT sequence, coalesce(event_id, sequence), change, kind, person_id, occurred_on, department, dataset, record_key, part,
       DATE $day, $release, change <> 'withdrawn'
FROM numbered
ORDER BY sequence;
