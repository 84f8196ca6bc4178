SELECT who.person_no, 'value', $datum, $owner, p.$published::VARCHAR, $reporter, r.$column::VARCHAR, r.record_key, $role, 'note'
FROM record_$table AS r
JOIN (SELECT record_no, person_no FROM link_role WHERE department = $department AND dataset = $dataset AND role = $role) AS who
    ON who.record_no = r.record_no
JOIN unify_person AS p ON p.person_no = who.person_no
WHERE r.is_current AND r.$column IS NOT NULL AND $when AND p.${published}__source <> $place AND NOT ($agreement)
