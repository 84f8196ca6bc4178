-- One row per number that the register itself states to have been the person's before, and that is not known yet. A minor's
-- is not kept: it may be from before an adoption.
INSERT INTO history_former
WITH stated AS (
    SELECT DISTINCT p.person_id, r.$former AS value, least(r.$dated::DATE, DATE $day) AS valid_to
    FROM record_$table AS r
    JOIN (SELECT record_no, person_no FROM link_role WHERE department = $department AND dataset = $dataset AND role = $role) AS who
        ON who.record_no = r.record_no
    JOIN released.unify_person AS p ON p.person_no = who.person_no
    WHERE r.is_current AND r.$former IS NOT NULL AND p.$column IS DISTINCT FROM r.$former
), known AS (
    SELECT person_id, value FROM history_then WHERE datum = $datum AND valid_to IS NOT NULL AND known_to IS NULL
    UNION ALL
    SELECT person_id, value FROM history_kept_past WHERE datum = $datum AND valid_to IS NOT NULL AND known_to IS NULL
    UNION ALL
    SELECT person_id, value_then AS value FROM history_change WHERE datum = $datum AND is_other
)
SELECT person_id, $datum AS datum, value, max(valid_to) AS valid_to, $department AS department, $dataset AS dataset, 'owner' AS standing
FROM stated ANTI JOIN known USING (person_id, value) ANTI JOIN history_minor USING (person_id)
GROUP BY person_id, value;
