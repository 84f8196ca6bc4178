-- Pairs of a seeker and any other unit beside which the same relative stands.
INSERT INTO link_found
WITH telling AS (
    SELECT kin_id FROM link_kin GROUP BY kin_id HAVING count(*) <= $limit
)
SELECT least(s.unit_id, o.unit_id), greatest(s.unit_id, o.unit_id), $block
FROM link_kin AS s SEMI JOIN link_seeker USING (unit_id) SEMI JOIN telling USING (kin_id)
JOIN link_kin AS o ON o.kin_id = s.kin_id
WHERE s.unit_id <> o.unit_id;
