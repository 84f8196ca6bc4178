INSERT INTO reconcile_found BY NAME
SELECT who.person_no, 'value' AS kind, $datum AS datum, $owner AS owner, p.$published::VARCHAR AS owner_value, $reporter AS reporter,
       r.$column::VARCHAR AS reported_value, r.record_key, $role AS role, 'note' AS severity, $datum AS cause
FROM record_$table AS r
JOIN (SELECT record_no, person_no FROM link_role WHERE department = $department AND dataset = $dataset AND role = $role) AS who
    ON who.record_no = r.record_no
JOIN unify_person AS p ON p.person_no = who.person_no
WHERE r.is_current AND r.$column IS NOT NULL AND $when AND p.${published}__source <> $place AND NOT ($agreement)
  -- a copy from before a change may say for a while what was
  AND NOT EXISTS (SELECT 1 FROM history_since AS s
                  WHERE s.person_id = p.person_id AND s.datum = $datum AND s.known_from > r.batch_date AND s.known_from > DATE $fresh_from)
