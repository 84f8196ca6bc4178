-- One row per event of the days before that happened, though its record goes on to say otherwise: who moved out has come back. Nor is it
-- undone by what the same record tells of later: who moves out again, or has another job, of whom nobody could know when it was told.
INSERT INTO event_told
WITH now (kind, department, dataset, record_key, part, person_no, says_otherwise) AS (
    $now
), before AS (
    SELECT b.*, max({'event_id': event_id, 'known_on': known_on}) OVER of_record AS newest, list(occurred_on) OVER of_record AS days
    FROM event_before AS b SEMI JOIN event_kind AS k ON k.kind = b.kind AND k.is_staying
    WHERE b.is_current
    WINDOW of_record AS (PARTITION BY kind, department, dataset, record_key, part)
)
SELECT b.kind, person_id(now.person_no), b.occurred_on, b.department, b.dataset, b.record_key, b.part
FROM before AS b JOIN now USING (kind, department, dataset, record_key, part)
LEFT JOIN (SELECT * FROM event_record WHERE occurred_on <= DATE $day) AS t USING (kind, department, dataset, record_key, part)
WHERE b.known_on < DATE $day AND b.occurred_on IS DISTINCT FROM t.occurred_on
  AND (b.event_id <> b.newest.event_id
       OR CASE WHEN t.kind IS NULL THEN now.says_otherwise ELSE t.occurred_on > b.newest.known_on OR list_contains(b.days, t.occurred_on) END);

-- Of what happens once in a life the first stays.
DELETE FROM event_told AS t USING event_kind AS k
WHERE k.kind = t.kind AND k.is_once AND k.is_staying
  AND EXISTS (SELECT 1 FROM event_told AS o WHERE o.kind = t.kind AND o.person_id = t.person_id
              AND (o.occurred_on, o.department, o.dataset, o.record_key) < (t.occurred_on, t.department, t.dataset, t.record_key));
