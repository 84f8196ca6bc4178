-- One row per signature and anchor that may be the same person: one bears the other's number, today's or one stated to have been before it.
CREATE OR REPLACE TEMP TABLE link_candidate AS
WITH claimed AS (
    SELECT signature_id AS anchor_id, number AS claimed_number, false AS by_former FROM link_anchor
    UNION ALL
    SELECT signature_id, former_number, true FROM link_anchor WHERE former_number IS NOT NULL AND former_number <> number
    UNION ALL
    SELECT a.signature_id, s.former_number, true FROM link_anchor AS a JOIN stated_number AS s USING (number) WHERE a.is_owner
)
SELECT s.signature_id, claimed.anchor_id, bool_and(claimed.by_former) AS by_former
FROM link_signature AS s
JOIN claimed ON claimed.claimed_number = s.number
WHERE s.signature_id <> claimed.anchor_id
GROUP BY s.signature_id, claimed.anchor_id;
