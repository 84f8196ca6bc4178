-- One row per value that a datum of a person had or has, with both times; an end that is not known is empty.
CREATE OR REPLACE VIEW person_history AS
SELECT person_id, datum, value, valid_from, valid_to, known_from, known_to, department, dataset, standing FROM history_past
UNION ALL
SELECT p.person_id, p.datum, p.value,
       CASE WHEN s.known_from IS NOT NULL THEN s.valid_from WHEN p.valid_on > began.as_of THEN began.as_of ELSE p.valid_on END AS valid_from,
       NULL::DATE AS valid_to, coalesce(s.known_from, began.as_of) AS known_from, NULL::DATE AS known_to, p.department, p.dataset, p.standing
FROM published_value AS p
CROSS JOIN (SELECT min(as_of) AS as_of FROM release) AS began
LEFT JOIN history_since AS s ON s.person_id = p.person_id AND s.datum = p.datum;
