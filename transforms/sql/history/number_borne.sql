-- One row per number that nobody bears as the published one, the person who has it all the same, and the record that says so: a number
-- told by that record, or stated by its register to have been before (is_stated where the register answers for numbers). A minor's is
-- not kept beside another number, as it may be from before an adoption; a foreigner's permit of the other kind tells of none.
CREATE OR REPLACE TABLE released.number_borne AS
WITH told AS (
    SELECT department, dataset, role, record_no, number, false AS is_stated FROM link_record WHERE number IS NOT NULL
    UNION ALL
    SELECT department, dataset, role, record_no, former_number, is_owner AND is_current FROM link_record WHERE former_number IS NOT NULL
    UNION ALL
    SELECT r.department, r.dataset, r.role, r.record_no, s.former_number, r.is_owner AND r.is_current
    FROM link_record AS r JOIN stated_number AS s USING (number) WHERE r.former_number IS NOT NULL
), unpublished AS (
    SELECT told.* FROM told ANTI JOIN released.unify_person AS p ON p.id_number = told.number
)
SELECT u.number, p.person_id, u.department, u.dataset, r.record_key, u.role, bool_or(u.is_stated) AS is_stated
FROM unpublished AS u
JOIN link_role AS r ON r.record_no = u.record_no AND r.role = u.role
JOIN released.unify_person AS p ON p.person_no = r.person_no
WHERE p.id_number IS NULL OR p.person_id NOT IN (SELECT person_id FROM history_minor)
   OR are_two_cards([u.number], [p.id_number]) OR are_two_cards([p.id_number], [u.number])
GROUP BY u.number, p.person_id, u.department, u.dataset, r.record_key, u.role
ORDER BY u.number, p.person_id, u.department, u.dataset, r.record_key, u.role;
