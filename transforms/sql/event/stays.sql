-- One row per event of the days before that happened, though its record goes on to say otherwise: who moved out has come back.
INSERT INTO event_told
WITH otherwise (kind, department, dataset, record_key, part, person_no) AS (
    $otherwise
)
SELECT b.kind, person_id(o.person_no), b.occurred_on, b.department, b.dataset, b.record_key, b.part
FROM event_before AS b JOIN otherwise AS o USING (kind, department, dataset, record_key, part)
WHERE b.is_current AND b.known_on < DATE $day
  AND (b.kind, b.department, b.dataset, b.record_key, b.part) NOT IN (SELECT (kind, department, dataset, record_key, part) FROM event_told);
