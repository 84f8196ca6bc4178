-- One row per unit that is compared, with all that its records tell. texts: its numbers, or what came in their place; stems: their
-- first 15 digits; is_anothers: whether it tells to the letter the name and birth of a person who has another number in the register that
-- owns the numbers; is_registered: whether that register has one of its numbers; x_alike: whether somebody of nearly its name is told with
-- its x too; x_borne: whether somebody else who is told with its x bears its number; bearers: how many units bear its commonest name; kin:
-- its relatives, each by its first record, as numbers of units are a build's own. Some of them at a time: lists that are being gathered lie
-- in memory and cannot be spilled.
$into
WITH wanted AS (
    SELECT unit_id FROM link_wanted WHERE abs(unit_id) % $parts = $part
), said AS (
    SELECT m.unit_id, r.*, s.sound, s.looks, f.sound AS former_sound, f.looks AS former_looks
    FROM link_member AS m SEMI JOIN wanted USING (unit_id)
    JOIN link_record AS r USING (record_id)
    LEFT JOIN link_sound AS s ON s.name_key = r.name_key
    LEFT JOIN link_sound AS f ON f.name_key = r.former_name_key
), told AS (
    SELECT unit_id,
           list_sort(list(DISTINCT {'name_key': name_key, 'sound': sound, 'looks': looks, 'is_lossy': is_lossy}) FILTER (name_key IS NOT NULL)) AS names,
           list_sort(list(DISTINCT {'name_key': former_name_key, 'sound': former_sound, 'looks': former_looks, 'is_lossy': false})
                     FILTER (former_name_key IS NOT NULL)) AS former_names,
           list_sort(list(DISTINCT {'register': department || '/' || dataset || '/' || role, 'name_key': name_key})
                     FILTER (is_current AND name_key IS NOT NULL)) AS names_in,
           list_sort(list(DISTINCT birth_date) FILTER (birth_date IS NOT NULL)) AS births,
           mode(birth_date ORDER BY birth_date) AS birth_date,
           list_sort(list(DISTINCT number) FILTER (number IS NOT NULL)) AS numbers,
           list_sort(list(DISTINCT former_number) FILTER (former_number IS NOT NULL)) AS former_numbers,
           list_sort(list(DISTINCT told) FILTER (length(told) BETWEEN 16 AND 19 AND NOT contains(told, 'E'))) AS told,
           list_sort(list(DISTINCT digits_left(told)) FILTER (told IS NOT NULL)) AS stems,
           list_sort(list(DISTINCT sex) FILTER (sex IS NOT NULL)) AS sexes,
           list_sort(list(DISTINCT register_key) FILTER (register_key IS NOT NULL)) AS register_keys,
           list_sort(list(DISTINCT stands_in || '/' || record_key) FILTER (stands_in IS NOT NULL)) AS stands_in,
           count(*) AS records$contexts
    FROM said GROUP BY unit_id
), stated AS (
    SELECT unit_id, list_distinct(list(s.former_number)) AS former_numbers FROM said JOIN stated_number AS s USING (number) GROUP BY unit_id
), bearers AS (
    SELECT name_key, count(DISTINCT unit_id) AS bearers FROM link_told
    WHERE unit_id > 0 AND name_key IN (SELECT unnest(names).name_key FROM told)
    GROUP BY name_key
), rarity AS (
    SELECT unit_id, max(coalesce(bearers, 0)) AS bearers
    FROM (SELECT unit_id, unnest(names).name_key AS name_key FROM told) LEFT JOIN bearers USING (name_key)
    GROUP BY unit_id
), registered AS (
    SELECT DISTINCT name_key, birth_date, number FROM link_record WHERE is_owner AND number IS NOT NULL AND birth_date IS NOT NULL
), borne AS (
    SELECT DISTINCT number FROM link_record WHERE is_owner AND number IS NOT NULL
), anothers AS (
    SELECT DISTINCT s.unit_id
    FROM said AS s SEMI JOIN link_seeker USING (unit_id)
    JOIN registered AS bearer USING (number)
    JOIN registered AS other ON other.name_key = s.name_key AND other.birth_date = coalesce(s.birth_date, bearer.birth_date)
    WHERE NOT s.is_owner AND other.number <> s.number
), named AS (
    SELECT m.unit_id AS kin_id, min(concat_ws('/', r.department, r.dataset, r.record_key, r.role)) AS name
    FROM link_member AS m SEMI JOIN link_kin ON link_kin.kin_id = m.unit_id JOIN link_record AS r USING (record_id)
    GROUP BY m.unit_id
), kin AS (
    SELECT unit_id, list_sort(list(DISTINCT name)) AS kin
    FROM link_kin SEMI JOIN wanted USING (unit_id) JOIN named USING (kin_id) GROUP BY unit_id
)
SELECT told.* EXCLUDE (former_names) REPLACE (
           coalesce(names, []) || coalesce(former_names, []) AS names,
           list_sort(list_distinct(coalesce(told.former_numbers, []) || coalesce(stated.former_numbers, []))) AS former_numbers),
       list_concat(coalesce(numbers, []), coalesce(told.told, [])) AS texts,
       unit_id IN (SELECT unit_id FROM link_seeker) AS is_seeking,
       unit_id IN (SELECT unit_id FROM anothers) AS is_anothers$flags,
       unit_id IN (SELECT unit_id FROM said SEMI JOIN borne USING (number)) AS is_registered,
       list_sort(list_distinct(list_transform(coalesce(numbers, []), lambda n: left(n, 15)))) AS number_stems,
       rarity.bearers, kin.kin
FROM told LEFT JOIN rarity USING (unit_id) LEFT JOIN kin USING (unit_id) LEFT JOIN stated USING (unit_id);
