-- One row per seeker that tells a $context with which somebody settled is told too who bears its number under another name: in a list whose
-- names slipped by a row, the number is right and not the name.
CREATE OR REPLACE TEMP TABLE link_borne_$context AS
WITH sought AS (
    SELECT unit_id, number, name_key, unnest($context) AS value FROM link_told SEMI JOIN link_seeker USING (unit_id)
), settled AS (
    SELECT number, name_key, unnest($context) AS value FROM link_told ANTI JOIN link_seeker USING (unit_id)
    WHERE number IN (SELECT number FROM sought)
)
SELECT DISTINCT sought.unit_id FROM sought JOIN settled USING (number, value) WHERE sought.name_key <> settled.name_key;
