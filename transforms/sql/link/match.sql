-- One row per candidate pair that does not contradict itself in name and birth date, the better the agreement the lower the rank.
-- A number alone is no proof: with neither name nor birth date to compare, nothing is linked.
CREATE OR REPLACE TABLE link_match AS
WITH pair AS (
    SELECT c.signature_id, c.anchor_id, c.by_former,
           s.name_key AS name, a.name_key AS anchor_name, a.former_name_key AS anchor_former_name,
           s.former_name_key AS former_name,
           s.is_lossy, a.is_lossy AS anchor_is_lossy,
           s.birth_date AS birth, a.birth_date AS anchor_birth,
           ps.pinyin, pa.pinyin AS anchor_pinyin
    FROM link_candidate AS c
    JOIN link_signature AS s ON s.signature_id = c.signature_id
    JOIN link_signature AS a ON a.signature_id = c.anchor_id
    LEFT JOIN link_pinyin AS ps ON ps.name_key = s.name_key
    LEFT JOIN link_pinyin AS pa ON pa.name_key = a.name_key
), compared AS (
    SELECT *,
        CASE WHEN name IS NULL OR anchor_name IS NULL THEN 'missing'
             WHEN name = anchor_name OR name = anchor_former_name OR anchor_name = former_name THEN 'same'
             WHEN pinyin = anchor_pinyin
               OR (length(name) >= 2 AND starts_with(anchor_name, name) AND length(anchor_name) - length(name) <= 2)
               OR (length(anchor_name) >= 2 AND starts_with(name, anchor_name) AND length(name) - length(anchor_name) <= 2)
               OR (is_lossy AND anchor_name LIKE lossy_pattern(name))
               OR (anchor_is_lossy AND name LIKE lossy_pattern(anchor_name)) THEN 'similar'
             ELSE 'other' END AS name_says,
        CASE WHEN birth IS NULL OR anchor_birth IS NULL THEN 'missing'
             WHEN birth = anchor_birth THEN 'same'
             WHEN (month(birth) = month(anchor_birth) AND day(birth) = day(anchor_birth))
               OR (year(birth) = year(anchor_birth) AND month(birth) = day(anchor_birth) AND day(birth) = month(anchor_birth))
               OR (year(birth) = year(anchor_birth) AND month(birth) = 1 AND day(birth) = 1)
               OR (year(birth) = year(anchor_birth) AND month(birth) = month(anchor_birth))
               OR (year(birth) = year(anchor_birth) AND day(birth) = day(anchor_birth)) THEN 'near'
             ELSE 'other' END AS birth_says
    FROM pair
)
SELECT signature_id, anchor_id,
       CASE WHEN by_former THEN 'former_number' ELSE 'same_number' END AS method,
       CASE WHEN name_says = 'same' AND birth_says = 'same' THEN 1
            WHEN name_says = 'same' AND birth_says = 'missing' THEN 2
            WHEN name_says = 'same' AND birth_says = 'near' THEN 3
            WHEN name_says = 'similar' AND birth_says = 'same' THEN 4
            WHEN name_says = 'missing' AND birth_says = 'same' THEN 5
            WHEN name_says = 'similar' AND birth_says = 'missing' AND NOT by_former THEN 6 END AS rank
FROM compared
WHERE rank IS NOT NULL;
