-- One row per unit that seeks its person: without an anchor; with a number that one source alone tells and no register vouches
-- for; or with a permit, of which one person may have two kinds.
CREATE OR REPLACE TEMP TABLE link_seeker AS
SELECT unit_id FROM link_member WHERE unit_id < 0
UNION
SELECT m.unit_id
FROM link_member AS m JOIN link_record AS r USING (record_id)
WHERE m.unit_id > 0
GROUP BY m.unit_id
HAVING NOT bool_or(r.is_owner)
   AND (min(coalesce(r.register_key, r.department || '/' || r.dataset || '/' || r.record_key))
        = max(coalesce(r.register_key, r.department || '/' || r.dataset || '/' || r.record_key))
        OR bool_or(r.number SIMILAR TO '[A-Z9].*'));
