-- One row per anchor with the anchor that leads its person; anchors that agree with one another are one person.
CREATE OR REPLACE TEMP TABLE link_leader AS
WITH RECURSIVE edge AS (
    SELECT anchor_id AS a, signature_id AS b FROM link_match WHERE signature_id IN (SELECT signature_id FROM link_anchor)
    UNION
    SELECT signature_id, anchor_id FROM link_match WHERE signature_id IN (SELECT signature_id FROM link_anchor)
), reached (anchor_id, other) AS (
    SELECT signature_id, signature_id FROM link_anchor
    UNION
    SELECT reached.anchor_id, edge.b FROM reached JOIN edge ON edge.a = reached.other
)
SELECT anchor_id, min(other) AS leader_id FROM reached GROUP BY anchor_id;
