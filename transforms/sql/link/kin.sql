-- One row per unit and unit that stands beside it: in a row of two persons, in a household. Only about those beside a seeker.
CREATE OR REPLACE TABLE link_kin AS
WITH placed AS (
    SELECT m.unit_id, r.own_row, r.household FROM link_member AS m JOIN link_record AS r USING (record_id)
    WHERE r.own_row IS NOT NULL OR r.household IS NOT NULL
), beside AS (
    SELECT DISTINCT other.unit_id
    FROM placed AS seeking SEMI JOIN link_seeker USING (unit_id)
    JOIN placed AS other ON other.own_row = seeking.own_row OR other.household = seeking.household
)
SELECT DISTINCT mine.unit_id, other.unit_id AS kin_id
FROM placed AS other SEMI JOIN beside USING (unit_id)
JOIN placed AS mine ON mine.own_row = other.own_row OR mine.household = other.household
WHERE mine.unit_id <> other.unit_id;
