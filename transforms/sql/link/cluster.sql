-- One row per record and role with its cluster: records of one group are one person, every other record is a person of its own.
CREATE OR REPLACE TABLE link_cluster AS
WITH grouped AS (
    SELECT s.number, s.name_key, s.birth_date,
           coalesce(leader.leader_id, choice.leader_id,
                    CASE WHEN s.name_key IS NOT NULL AND s.birth_date IS NOT NULL THEN s.signature_id END) AS group_id,
           CASE WHEN leader.leader_id <> s.signature_id THEN 'agreeing_entries'
                WHEN leader.leader_id IS NULL THEN coalesce(choice.method, 'same_number')
                ELSE 'same_number' END AS method
    FROM link_signature AS s
    LEFT JOIN link_leader AS leader ON leader.anchor_id = s.signature_id
    LEFT JOIN link_choice AS choice USING (signature_id)
)
SELECT r.record_id, coalesce(g.group_id, -r.record_id) AS cluster_id, g.method
FROM link_record AS r
LEFT JOIN grouped AS g
    ON g.number = r.number AND g.name_key IS NOT DISTINCT FROM r.name_key AND g.birth_date IS NOT DISTINCT FROM r.birth_date
   AND g.group_id IS NOT NULL;
