-- One row per record and role with the unit that stands for its person, and what joined it.
CREATE OR REPLACE TEMP TABLE link_cluster AS
SELECT m.record_id, coalesce(j.cluster_id, m.unit_id) AS cluster_id, coalesce(j.method, m.method) AS method, j.probability
FROM link_member AS m LEFT JOIN link_joined AS j USING (unit_id);
