-- One row per cluster with its person: the id that keeps most of its records survives, then the oldest. New persons are
-- numbered in order of delivery, so that nothing of a person can be read from an id; two sheets of a workbook have the
-- same lines, there the record key decides.
CREATE OR REPLACE TABLE link_person AS
WITH vote AS (
    SELECT c.cluster_id, p.person_no, count(*) AS records, min((r.position, r.record_key)) AS position
    FROM link_record AS r
    JOIN link_cluster AS c USING (record_id)
    JOIN prior_person_record AS p USING (department, dataset, role, record_key)
    GROUP BY ALL
), home_of_id AS (
    SELECT person_no, cluster_id, records FROM vote
    QUALIFY row_number() OVER (PARTITION BY person_no ORDER BY records DESC, position) = 1
), survivor AS (
    SELECT cluster_id, person_no FROM home_of_id
    QUALIFY row_number() OVER (PARTITION BY cluster_id ORDER BY records DESC, person_no) = 1
), cluster AS (
    SELECT c.cluster_id, min((r.position, r.record_key)) AS position, count(*) AS records
    FROM link_record AS r JOIN link_cluster AS c USING (record_id) GROUP BY c.cluster_id
)
SELECT cluster.cluster_id, cluster.records, survivor.person_no IS NULL AS is_new,
       coalesce(survivor.person_no,
                $last_number + row_number() OVER (PARTITION BY survivor.person_no IS NULL ORDER BY cluster.position)) AS person_no
FROM cluster LEFT JOIN survivor USING (cluster_id);
