-- One row per role of a record and person whom it spoke of, in the release before or first of all, and who it says now is somebody else:
-- by another whole number and another name, or, of a namesake, by the number, name and birth of somebody else who was known. Another
-- number or name alone is a correction, or a child that got a name. A register's one row of a person, and what people have decided over,
-- is that person's whatever becomes of it. Of a person in whom another's records lie nobody can tell by name and number whose they
-- were: there only who was known as somebody else is one. Nor does it speak for a first person of whom nothing is remembered.
CREATE OR REPLACE TABLE link_another AS
WITH spoken AS (
    SELECT department, dataset, role, record_key, person_no FROM prior_person_record
    UNION
    SELECT department, dataset, role, record_key, person_no FROM prior_person_origin
), shared AS (
    SELECT DISTINCT was.person_no FROM prior_person_record AS was JOIN prior_person_origin USING (department, dataset, role, record_key)
), borne AS (
    SELECT person_no, min(number) AS number FROM prior_number_borne GROUP BY person_no
), known AS (
    SELECT p.person_no, coalesce(p.number, b.number) AS number, name_key(name) AS name_key, name_key(former_name) AS former_name_key,
           coalesce(p.birth_date, birth_told(coalesce(p.number, b.number))) AS birth_date
    FROM prior_person AS p LEFT JOIN borne AS b USING (person_no)
), unlike AS (
    SELECT s.*, r.number, r.name_key, k.number AS number_then, k.name_key AS name_then, k.birth_date AS birth_then,
           coalesce(r.birth_date, birth_told(r.number)) AS birth_date,
           r.name_key = k.former_name_key OR r.former_name_key = k.name_key AS is_former_name
    FROM spoken AS s
    JOIN link_record AS r USING (department, dataset, role, record_key)
    JOIN known AS k ON k.person_no = s.person_no
    WHERE r.stands_in IS NULL AND NOT r.is_decided
      AND CASE WHEN r.number IS NULL THEN r.name_key <> k.name_key
               ELSE r.number IS DISTINCT FROM k.number AND r.former_number IS DISTINCT FROM k.number END
), compared AS (
    SELECT u.*, other.person_no IS NOT NULL AS is_known_otherwise,
           coalesce(birth_says(u.birth_date, u.birth_then), 'missing') AS birth_says,
           CASE WHEN is_former_name THEN 'same'
                ELSE coalesce(name_says(u.name_key, name_then, now.sound, was.sound, false, false, now.looks), 'missing') END AS name_says
    FROM unlike AS u
    ANTI JOIN prior_number_borne AS b ON b.person_no = u.person_no AND b.number = u.number
    ANTI JOIN stated_number AS s ON s.number = u.number AND s.former_number = u.number_then
    LEFT JOIN (SELECT number, name_key, min(person_no) AS person_no FROM known WHERE number IS NOT NULL GROUP BY ALL) AS other
        ON other.number = u.number AND other.name_key = u.name_key AND other.person_no <> u.person_no
    LEFT JOIN link_sound AS now ON now.name_key = u.name_key
    LEFT JOIN link_sound AS was ON was.name_key = u.name_then
), judged AS (
    SELECT *,
           CASE WHEN number IS NULL AND name_says IN ('given', 'other') THEN birth_says <> 'same'
                WHEN number IS NULL THEN birth_says = 'other'
                WHEN name_says = 'missing' THEN birth_says IN ('part', 'other')
                WHEN name_says IN ('same', 'similar', 'lookalike') THEN is_known_otherwise AND birth_says IN ('part', 'other')
                ELSE number_then IS NOT NULL OR birth_says <> 'same' END AS is_another
    FROM compared
), told AS (
    SELECT j.* FROM judged AS j
    LEFT JOIN prior_person_origin AS first USING (department, dataset, role, record_key)
    WHERE is_another AND (is_known_otherwise OR first.person_no IS NOT NULL OR j.person_no NOT IN (FROM shared))
)
SELECT department, dataset, role, record_key, person_no FROM told
UNION
SELECT department, dataset, role, record_key, first.person_no
FROM told JOIN prior_person_origin AS first USING (department, dataset, role, record_key)
WHERE first.person_no NOT IN (SELECT person_no FROM known);
