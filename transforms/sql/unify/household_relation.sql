SELECT CASE WHEN way.is_back THEN tie.other_no ELSE k.person_no END, CASE WHEN way.is_back THEN tie.inverse ELSE tie.kind END,
       CASE WHEN way.is_back THEN k.person_no ELSE tie.other_no END, $department, $dataset, r.record_key,
       tie.datum, k.person_no, tie.other_no
FROM unify_household__$table AS k
JOIN record_$table AS r ON r.record_no = k.record_no,
LATERAL (VALUES ('head_of_household', 'household_member', NULL, k.head), ('mother', 'child', 'mother', k.mother),
                ('father', 'child', 'father', k.father), ('spouse', 'spouse', 'spouse', k.spouse)) AS tie (kind, inverse, datum, other_no),
(VALUES (false), (true)) AS way (is_back)
WHERE tie.other_no IS NOT NULL AND tie.other_no <> k.person_no
