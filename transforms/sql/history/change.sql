-- One row per datum of a person whose values were looked at: what was held, what is said now, and from which day that holds.
-- A correction was so from the day from which the wrong value had been held. Who was split or merged on the day was so in every
-- release of it.
CREATE OR REPLACE TEMP TABLE history_change AS
WITH held AS (
    SELECT * FROM history_then WHERE valid_to IS NULL AND known_to IS NULL
), today AS (
    SELECT * FROM person_change
    WHERE release_id = $release OR release_id IN (SELECT release_id FROM prior_release WHERE as_of = $day)
), moved AS (
    SELECT person_id FROM today WHERE kind IN ('split', 'merged')
    UNION
    SELECT other_person_id FROM today WHERE kind IN ('split', 'merged')
), renamed AS (
    -- who went under in another person, or is told apart from one, goes by another id and is still the same
    SELECT person_id AS value_then, other_person_id AS value_now FROM today WHERE kind = 'merged'
    UNION
    SELECT other_person_id, person_id FROM today WHERE kind = 'split'
), compared AS (
    SELECT coalesce(n.person_id, h.person_id) AS person_id, coalesce(n.datum, h.datum) AS datum,
           h.value AS value_then, h.valid_from AS valid_then, h.known_from AS known_then,
           h.department AS department_then, h.dataset AS dataset_then, h.standing AS standing_then,
           n.value AS value_now, n.valid_on, n.dated_on, n.record_no, n.department, n.dataset, n.standing
    FROM history_now AS n FULL JOIN held AS h ON h.person_id = n.person_id AND h.datum = n.datum
), judged AS (
    SELECT c.*, value_now IS DISTINCT FROM value_then AS is_other,
           coalesce(d.is_lasting, false) OR c.person_id IN (SELECT person_id FROM moved) OR c.person_id NOT IN (SELECT person_id FROM released.unify_person)
           OR c.is_renamed AS is_correction,
           (c.department, c.dataset, c.standing) IS DISTINCT FROM (c.department_then, c.dataset_then, c.standing_then) AS is_of_another,
           c.person_id IN (SELECT person_id FROM history_then) AS is_known_person
    FROM (SELECT *, coalesce((value_then, value_now) IN (SELECT (value_then, value_now) FROM renamed), false) AS is_renamed FROM compared) AS c
    LEFT JOIN history_datum AS d ON d.datum = c.datum
)
SELECT *,
       CASE WHEN value_now IS NULL THEN CASE WHEN NOT is_correction THEN DATE $day END
            WHEN NOT is_other THEN CASE WHEN valid_on < valid_then THEN valid_on ELSE valid_then END
            WHEN is_correction AND value_then IS NOT NULL THEN valid_then
            WHEN valid_on IS NOT NULL THEN valid_on
            WHEN is_known_person AND NOT is_correction THEN dated_on END AS holds_from
FROM judged;
