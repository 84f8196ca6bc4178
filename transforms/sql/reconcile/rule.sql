INSERT INTO reconcile_found
WITH contradiction AS ($query)
SELECT c.person_no, $rule, $datum, $owner, c.owner_value::VARCHAR, c.reporter, c.reported_value::VARCHAR, s.record_key, '', $severity
FROM contradiction AS c
LEFT JOIN source_record AS s
    ON s.record_no = c.record_no AND s.department || '/' || s.dataset = $sources[c.source + 1];
