-- One row per event that records tell now: of a kind that is once in a life one a person, on the day that is published where a record
-- tells it so, else one a role of a record. What a register has ahead, as the month from which a pension will be paid, is told when its day
-- has come; what a rule withholds is not told.
CREATE OR REPLACE TEMP TABLE event_told AS
WITH published (kind, person_no, day) AS (
    $days
), told AS (
    SELECT t.*, k.is_once, coalesce(o.place, 1000000) AS place, t.occurred_on IS NOT DISTINCT FROM p.day AS is_published
    FROM event_record AS t
    JOIN event_kind AS k USING (kind)
    ANTI JOIN event_withheld AS w ON w.person_no = t.person_no AND w.kind = t.kind
    LEFT JOIN event_order AS o ON o.kind = t.kind AND o.department = t.department AND o.dataset = t.dataset
    LEFT JOIN published AS p ON p.kind = t.kind AND p.person_no = t.person_no
    WHERE t.occurred_on <= DATE $day
), first_told AS (
    SELECT kind, person_no,
           min({'is_other': NOT is_published, 'place': place, 'occurred_on': occurred_on, 'department': department, 'dataset': dataset, 'record_key': record_key, 'part': part}) AS e
    FROM told WHERE is_once GROUP BY kind, person_no
)
SELECT kind, person_id(person_no) AS person_id, e.occurred_on, e.department, e.dataset, e.record_key, e.part
FROM first_told
UNION ALL
SELECT DISTINCT kind, person_id(person_no), occurred_on, department, dataset, record_key, part FROM told WHERE NOT is_once;
