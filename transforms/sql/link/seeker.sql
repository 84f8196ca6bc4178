-- One row per unit that seeks its person: without an anchor; with a number that one source alone tells and no register vouches
-- for; or with a permit, of which one person may have two kinds.
-- is_unvouched: whether one source alone tells the number.
CREATE OR REPLACE TEMP TABLE link_seeker AS
SELECT DISTINCT unit_id, false AS is_unvouched FROM link_member WHERE unit_id < 0
UNION ALL
SELECT unit_id, is_unvouched
FROM (
    SELECT m.unit_id,
           min(coalesce(r.register_key, r.department || '/' || r.dataset || '/' || r.record_key))
           = max(coalesce(r.register_key, r.department || '/' || r.dataset || '/' || r.record_key)) AS is_unvouched,
           bool_or(kind_of_number(r.number) <> 'number') AS has_permit
    FROM link_member AS m JOIN link_record AS r USING (record_id)
    WHERE m.unit_id > 0
    GROUP BY m.unit_id
    HAVING NOT bool_or(r.is_owner)
)
WHERE is_unvouched OR has_permit;
