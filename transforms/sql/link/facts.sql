-- What may stand against joining the units that pairs or decisions speak of.
WITH wanted AS (
    SELECT unit_l AS unit_id FROM link_judged UNION SELECT unit_r FROM link_judged
    UNION SELECT m.unit_id FROM link_member AS m JOIN link_record AS r USING (record_id) WHERE r.is_decided
), said AS (
    SELECT m.unit_id, r.number, r.number IS NOT NULL OR length(r.told) BETWEEN 17 AND 18 AS tells_number, r.birth_date, r.sex, r.stands_in || ':' || r.record_key AS stands_in,
           CASE WHEN r.called IS NOT NULL AND r.is_current THEN r.department || '/' || r.dataset || '/' || r.role END AS unnamed_in,
           order_called(r.called) AS born_as
    FROM link_member AS m SEMI JOIN wanted USING (unit_id) JOIN link_record AS r USING (record_id)
)
SELECT unit_id, list(DISTINCT {'kind': kind_of_number(number), 'number': number}) FILTER (number IS NOT NULL) AS numbers, coalesce(bool_or(tells_number), false) AS tells_number,
       unit_id IN (SELECT unit_id FROM link_seeker) AS is_seeking,
       unit_id IN (SELECT unit_id FROM link_seeker WHERE is_unvouched) AS is_unvouched,
       mode(birth_date ORDER BY birth_date) AS birth_date,
       list(DISTINCT sex) FILTER (sex IS NOT NULL) AS sexes,
       list(DISTINCT stands_in) FILTER (stands_in IS NOT NULL) AS stands_in,
       list(DISTINCT unnamed_in) FILTER (unnamed_in IS NOT NULL) AS unnamed_in,
       list(DISTINCT born_as) FILTER (born_as IS NOT NULL) AS orders
FROM said GROUP BY unit_id;
