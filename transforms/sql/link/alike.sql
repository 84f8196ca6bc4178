-- One row per seeker that tells a $context with which somebody settled is told too, under another name of one surname or with one character
-- other than its own: a brother or sister, whose name a slip turns into the seeker's.
CREATE OR REPLACE TEMP TABLE link_alike_$context AS
WITH sought AS (
    SELECT DISTINCT unit_id, name_key, value
    FROM (SELECT unit_id, name_key, unnest($context) AS value FROM link_told SEMI JOIN link_seeker USING (unit_id) WHERE name_key IS NOT NULL)
), borne AS (
    SELECT DISTINCT unit_id, name_key, value
    FROM (SELECT unit_id, name_key, unnest($context) AS value FROM link_told ANTI JOIN link_seeker USING (unit_id) WHERE name_key IS NOT NULL)
    WHERE value IN (SELECT value FROM sought)
), beside AS (
    SELECT sought.unit_id
    FROM sought JOIN borne USING (value)
    GROUP BY sought.unit_id, borne.unit_id
    HAVING NOT bool_or(borne.name_key = sought.name_key)
       AND bool_or(left(borne.name_key, 1) = left(sought.name_key, 1)
                    OR (length(borne.name_key) = length(sought.name_key) AND places_apart(borne.name_key, sought.name_key) = 1))
)
SELECT DISTINCT unit_id FROM beside;
