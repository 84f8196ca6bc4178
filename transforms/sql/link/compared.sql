-- One row per pair of contents with what the comparisons say of them, for the next build. basis: of what they were made.
CREATE OR REPLACE TABLE link_compared AS
SELECT $basis AS basis, l.content AS content_l, r.content AS content_r,
       min([$says]) AS levels, min(s.weight) AS weight, min(s.probability) AS probability
FROM link_score AS s
JOIN link_content AS l ON l.unit_id = s.unit_l
JOIN link_content AS r ON r.unit_id = s.unit_r
GROUP BY l.content, r.content;
