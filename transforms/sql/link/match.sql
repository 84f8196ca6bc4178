-- One row per candidate pair that does not contradict itself in name and birth date, the better the agreement the lower the rank.
-- A number alone is no proof: with neither name nor birth date to compare, nothing is linked. Names that a brother or sister
-- may bear are not decided here; nor is another surname where the number may be two persons': the former one of the one and today's of the
-- other, or that of two rows of the register that owns the numbers; nor a name that resembles the anchor's and is, to the letter, that of
-- another person of the same birth in that register: a twin with the other's number.
CREATE OR REPLACE TEMP TABLE link_match AS
WITH registered AS (
    SELECT DISTINCT name_key, birth_date, number FROM link_signature WHERE is_owner AND name_key IS NOT NULL AND birth_date IS NOT NULL
), anothers AS (
    SELECT DISTINCT c.signature_id, c.anchor_id
    FROM link_candidate AS c
    JOIN link_signature AS s ON s.signature_id = c.signature_id AND NOT s.is_owner
    JOIN link_signature AS a ON a.signature_id = c.anchor_id AND a.name_key <> s.name_key
    JOIN registered AS r ON r.name_key = s.name_key AND r.birth_date = coalesce(s.birth_date, a.birth_date) AND r.number <> s.number
), pair AS (
    SELECT c.signature_id, c.anchor_id, c.by_former,
           s.name_key AS name, a.name_key AS anchor_name,
           s.name_key = a.former_name_key OR a.name_key = s.former_name_key AS is_former_name,
           s.is_lossy, a.is_lossy AS anchor_is_lossy,
           s.birth_date AS birth, a.birth_date AS anchor_birth,
           c.by_former OR (s.is_owner AND a.is_owner) AS may_be_two,
           ps.sound, ps.looks, pa.sound AS anchor_sound
    FROM link_candidate AS c
    JOIN link_signature AS s ON s.signature_id = c.signature_id
    JOIN link_signature AS a ON a.signature_id = c.anchor_id
    LEFT JOIN link_sound AS ps ON ps.name_key = s.name_key
    LEFT JOIN link_sound AS pa ON pa.name_key = a.name_key
), compared AS MATERIALIZED (
    SELECT signature_id, anchor_id, by_former,
           CASE WHEN is_former_name THEN 'same'
                ELSE coalesce(name_says(name, anchor_name, sound, anchor_sound, is_lossy, anchor_is_lossy, looks), 'missing') END AS name_says,
           coalesce(birth_says(birth, anchor_birth), 'missing') AS birth_says, may_be_two
    FROM pair
)
SELECT signature_id, anchor_id,
       CASE WHEN by_former THEN 'former_number' ELSE 'same_number' END AS method,
       CASE WHEN name_says = 'same' AND birth_says = 'same' THEN 1
            WHEN name_says = 'same' AND birth_says = 'missing' THEN 2
            WHEN name_says = 'same' AND birth_says IN ('slip', 'part') THEN 3
            WHEN name_says IN ('similar', 'lookalike', 'slip') AND birth_says = 'same' THEN 4
            WHEN name_says = 'missing' AND birth_says = 'same' THEN 5
            WHEN name_says IN ('similar', 'lookalike', 'slip') AND birth_says = 'missing' AND NOT by_former THEN 6
            WHEN name_says IN ('similar', 'lookalike', 'slip') AND birth_says = 'slip' AND NOT by_former THEN 7 END AS rank
FROM compared
ANTI JOIN anothers USING (signature_id, anchor_id)
WHERE rank IS NOT NULL AND NOT (may_be_two AND name_says = 'slip');
