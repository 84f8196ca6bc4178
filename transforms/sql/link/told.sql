-- One row per unit and way of telling who it is; a former name is one of its own.
CREATE OR REPLACE TEMP TABLE link_told AS
WITH said AS (
    SELECT m.unit_id, r.number, coalesce(s.former_number, r.former_number) AS former_number, r.told, r.name_key, r.former_name_key, r.birth_date, r.register_key$contexts
    FROM link_member AS m JOIN link_record AS r USING (record_id) LEFT JOIN stated_number AS s USING (number)
), told AS (
    SELECT * EXCLUDE (former_name_key) FROM said
    UNION
    SELECT * EXCLUDE (former_name_key) REPLACE (former_name_key AS name_key) FROM said WHERE former_name_key IS NOT NULL
)
SELECT told.*, sound FROM told LEFT JOIN link_sound USING (name_key);
