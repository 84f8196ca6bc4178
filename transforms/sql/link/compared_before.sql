-- One row per pair of units of which the release before knows what the comparisons say: neither tells anything else today.
CREATE OR REPLACE TEMP TABLE link_known AS
SELECT b.join_key_l AS unit_l, b.join_key_r AS unit_r, p.levels, p.weight, p.probability
FROM link_blocked AS b
JOIN link_content AS l ON l.unit_id = b.join_key_l
JOIN link_content AS r ON r.unit_id = b.join_key_r
JOIN prior_compared AS p ON p.content_l = l.content AND p.content_r = r.content
WHERE p.basis = $basis;
