-- One row per unit and unit that stands beside it: in a row of two persons, in a household. Only about those beside a seeker.
CREATE OR REPLACE TEMP TABLE link_kin AS
WITH placed AS (
    SELECT m.unit_id, r.own_row, r.household FROM link_member AS m JOIN link_record AS r USING (record_id)
    WHERE r.own_row IS NOT NULL OR r.household IS NOT NULL
), place AS (
    SELECT DISTINCT unit_id, own_row::VARCHAR AS place FROM placed WHERE own_row IS NOT NULL
    UNION ALL
    SELECT DISTINCT unit_id, household FROM placed WHERE household IS NOT NULL
), beside AS (
    SELECT unit_id FROM place WHERE place IN (SELECT place FROM place SEMI JOIN link_seeker USING (unit_id))
)
SELECT DISTINCT mine.unit_id, other.unit_id AS kin_id
FROM place AS other SEMI JOIN beside USING (unit_id)
JOIN place AS mine USING (place)
WHERE mine.unit_id <> other.unit_id;
