SELECT CASE WHEN way.is_back THEN value_no ELSE holder_no END, CASE WHEN way.is_back THEN inverse ELSE kind END,
       CASE WHEN way.is_back THEN holder_no ELSE value_no END, $department, $dataset, record_key, datum, holder_no, value_no
FROM (
    SELECT r.record_key, k.person_no AS holder_no,
           unnest(['head_of_household', 'mother', 'father', 'spouse']) AS kind, unnest(['household_member', 'child', 'child', 'spouse']) AS inverse,
           unnest([NULL, 'mother', 'father', 'spouse']) AS datum, unnest([k.head, k.mother, k.father, k.spouse]) AS value_no
    FROM unify_household__$table AS k JOIN record_$table AS r ON r.record_no = k.record_no
) AS tie, (VALUES (false), (true)) AS way (is_back)
WHERE value_no IS NOT NULL AND value_no <> holder_no
