-- One row per record and role with its unit: records that a number joins, that say the same of one wrong number, or that a register
-- calls by one key and names alike. Units that no anchor leads (below zero) seek their person; one without company is a record alone.
CREATE OR REPLACE TEMP TABLE link_member AS
WITH settled AS (
    SELECT s.number, s.name_key, s.birth_date,
           coalesce(leader.leader_id, choice.leader_id) AS core_id,
           CASE WHEN leader.leader_id <> s.signature_id THEN 'agreeing_entries'
                WHEN leader.leader_id IS NULL THEN choice.method
                ELSE 'same_number' END AS method
    FROM link_signature AS s
    LEFT JOIN link_leader AS leader ON leader.anchor_id = s.signature_id
    LEFT JOIN link_choice AS choice USING (signature_id)
), placed AS (
    -- Of a decided record the number is left out here: asked in the join, that would hold every record against every signature.
    SELECT r.record_id, s.core_id, s.method
    FROM (SELECT record_id, CASE WHEN NOT is_decided THEN number END AS number, name_key, birth_date FROM link_record) AS r
    LEFT JOIN settled AS s
        ON s.number = r.number AND s.name_key IS NOT DISTINCT FROM r.name_key AND s.birth_date IS NOT DISTINCT FROM r.birth_date
       AND s.core_id IS NOT NULL
), claimed AS (
    -- The register's own key of a person that a record tells less well: another person's records bear it, with number and birth.
    SELECT r.register_key, min(p.core_id) AS core_id
    FROM placed AS p JOIN link_record AS r USING (record_id)
    WHERE r.register_key IS NOT NULL AND r.birth_date IS NOT NULL AND p.core_id IS NOT NULL
    GROUP BY r.register_key HAVING min(p.core_id) = max(p.core_id)
), kept AS (
    SELECT p.record_id, CASE WHEN r.birth_date IS NOT NULL OR c.core_id IS NULL OR c.core_id = p.core_id THEN p.core_id END AS core_id, p.method
    FROM placed AS p JOIN link_record AS r USING (record_id) LEFT JOIN claimed AS c ON c.register_key = r.register_key
), seeking AS (
    SELECT r.record_id,
           CASE WHEN r.is_decided THEN NULL
                WHEN r.number IS NOT NULL AND r.name_key IS NOT NULL AND r.birth_date IS NOT NULL
                    THEN concat_ws('/', 'number', r.number, r.name_key, r.birth_date)
                WHEN r.register_key IS NOT NULL AND r.name_key IS NOT NULL
                    THEN concat_ws('/', 'key', r.register_key, r.name_key, coalesce(r.number, r.told, ''), coalesce(r.birth_date::VARCHAR, '')) END AS company,
           concat_ws('/', r.department, r.dataset, r.record_key, r.role) AS name
    FROM link_record AS r JOIN kept USING (record_id)
    WHERE kept.core_id IS NULL
), numbered AS (
    SELECT record_id, -dense_rank() OVER (ORDER BY first_name) AS unit_id, company
    FROM (SELECT record_id, company, min(name) OVER (PARTITION BY coalesce(company, 'record/' || name)) AS first_name FROM seeking)
)
SELECT record_id, core_id AS unit_id, method FROM kept WHERE core_id IS NOT NULL
UNION ALL
SELECT record_id, unit_id,
       CASE WHEN starts_with(company, 'number/') THEN 'same_number' WHEN company IS NOT NULL THEN 'register_key' END
FROM numbered;
