-- One row per thing that subscribers are told of an event: that it happened (new), that it was otherwise (corrected), that it was
-- not (withdrawn). Only what differs from what they were told last is added; the number of the first row names the event.
CREATE OR REPLACE TABLE released.event_log AS
WITH standing AS (
    SELECT b.*, CASE WHEN k.is_once THEN b.person_id
                     ELSE concat_ws('|', b.department, b.dataset, b.record_key, b.part, CASE WHEN k.is_staying THEN b.occurred_on END) END AS identity
    FROM event_before AS b LEFT JOIN event_kind AS k ON k.kind = b.kind
    WHERE b.is_current
), newest AS (
    -- of a kind that stays a record may have told several: what is told now corrects the newest, if that was told no earlier than it happened
    SELECT kind, department, dataset, record_key, part, list(occurred_on) AS days,
           max({'event_id': event_id, 'occurred_on': occurred_on, 'known_on': known_on}) AS event
    FROM standing SEMI JOIN (SELECT * FROM event_kind WHERE is_staying) AS k USING (kind)
    GROUP BY kind, department, dataset, record_key, part
), told AS (
    SELECT t.*, CASE WHEN k.is_once THEN t.person_id
                     ELSE concat_ws('|', t.department, t.dataset, t.record_key, t.part, CASE WHEN k.is_staying THEN
                         CASE WHEN n.event.known_on >= t.occurred_on AND NOT list_contains(n.days, t.occurred_on)
                              THEN n.event.occurred_on ELSE t.occurred_on END END) END AS identity
    FROM event_told AS t LEFT JOIN event_kind AS k ON k.kind = t.kind
    LEFT JOIN newest AS n ON n.kind = t.kind AND n.department = t.department AND n.dataset = t.dataset
        AND n.record_key = t.record_key AND n.part = t.part
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
