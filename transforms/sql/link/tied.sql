-- One row per pair of units that stand in one row as two persons: bride and groom, mother and child.
WITH tie (department, dataset, from_role, to_role) AS (VALUES $ties),
named AS (
    SELECT m.unit_id, r.department, r.dataset, r.role, r.own_row
    FROM link_member AS m JOIN link_record AS r USING (record_id)
    WHERE r.own_row IS NOT NULL AND r.own_row IN (
        SELECT r.own_row FROM link_member AS m SEMI JOIN link_seeker USING (unit_id) JOIN link_record AS r USING (record_id)
        WHERE r.own_row IS NOT NULL)
)
SELECT DISTINCT one.unit_id, other.unit_id
FROM named AS one
JOIN tie ON tie.department = one.department AND tie.dataset = one.dataset AND tie.from_role = one.role
JOIN named AS other ON other.own_row = one.own_row AND other.role = tie.to_role
WHERE one.unit_id <> other.unit_id;
