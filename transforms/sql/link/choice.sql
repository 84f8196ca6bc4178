-- One row per signature with the one person that it agrees with best; two that it agrees with equally are a doubt: no link.
CREATE OR REPLACE TEMP TABLE link_choice AS
SELECT signature_id, min(leader_id) AS leader_id, min(method) AS method
FROM (SELECT *, min(rank) OVER (PARTITION BY signature_id) AS best FROM link_match JOIN link_leader USING (anchor_id))
WHERE rank = best
GROUP BY signature_id
HAVING count(DISTINCT leader_id) = 1;
