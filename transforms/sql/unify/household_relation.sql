SELECT person_id(k.person_no), tie.kind, person_id(tie.other_no), $department, $dataset, r.record_key
FROM unify_household__$table AS k
JOIN record_$table AS r ON r.record_no = k.record_no,
LATERAL (VALUES ('head_of_household', k.head), ('mother', k.mother), ('father', k.father), ('spouse', k.spouse)) AS tie (kind, other_no)
WHERE tie.other_no IS NOT NULL AND tie.other_no <> k.person_no
