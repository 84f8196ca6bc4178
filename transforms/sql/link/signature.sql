-- One row per number and way of bearing it: the same number, name and birth date, however many records say so. Records that a person
-- has decided about are placed one by one, later.
CREATE OR REPLACE TEMP TABLE link_signature AS
SELECT row_number() OVER (ORDER BY number, name_key NULLS LAST, birth_date NULLS LAST) AS signature_id, *
FROM (
    SELECT number, name_key, birth_date,
           bool_or(is_lossy) AS is_lossy,
           bool_or(is_owner) AS is_owner,
           count(*) AS records,
           min(former_name_key) AS former_name_key,
           min(former_number) AS former_number
    FROM link_record
    WHERE number IS NOT NULL AND NOT is_decided
    GROUP BY number, name_key, birth_date
);
