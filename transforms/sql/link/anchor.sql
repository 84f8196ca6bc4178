-- One row per signature that others are measured against: all of the register that owns the number, else the best told.
CREATE OR REPLACE TEMP TABLE link_anchor AS
WITH ranked AS (
    SELECT *,
           bool_or(is_owner) OVER (PARTITION BY number) AS number_has_owner,
           row_number() OVER (
               PARTITION BY number
               ORDER BY (name_key IS NULL OR is_lossy)::INT, (birth_date IS NULL)::INT, records DESC, signature_id
           ) AS place
    FROM link_signature
)
SELECT * EXCLUDE (number_has_owner, place) FROM ranked
WHERE CASE WHEN number_has_owner THEN is_owner ELSE place = 1 END;
