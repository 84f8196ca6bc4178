-- Pairs of units that share this block's key, the seeking one first unless both seek. Keys that too many bear tell nothing.
INSERT INTO link_found
WITH sought AS (
    SELECT DISTINCT unit_id, key FROM (SELECT unit_id, $sought AS key FROM link_told SEMI JOIN link_seeker USING (unit_id)) WHERE key IS NOT NULL
), held AS (
    SELECT DISTINCT unit_id, key FROM (SELECT unit_id, $key AS key FROM link_told) WHERE key IN (SELECT key FROM sought)
), telling AS (
    SELECT key FROM held GROUP BY key HAVING count(*) <= $limit
)
SELECT least(sought.unit_id, held.unit_id), greatest(sought.unit_id, held.unit_id), $block
FROM sought JOIN held USING (key) SEMI JOIN telling USING (key)
WHERE sought.unit_id <> held.unit_id;
