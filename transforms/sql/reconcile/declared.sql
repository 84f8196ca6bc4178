INSERT INTO reconcile_found BY NAME
SELECT d.person_no, 'declared' AS kind, $datum AS datum, $owner AS owner, p.$published::VARCHAR AS owner_value,
       $reporter AS reporter, d.value AS reported_value, d.submission_id AS record_key, '' AS role, 'note' AS severity, $datum AS cause
FROM declared AS d
JOIN unify_person AS p USING (person_no)
WHERE d.datum = $datum AND p.${published}__source IS NOT NULL AND p.${published}__source <> $place
  AND $value IS NOT NULL AND NOT ($agreement);
