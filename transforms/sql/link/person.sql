-- One row per cluster with its person: the id that keeps most of its records survives, then the oldest. Where no id of today
-- survives, one that went under before and has most of its records here comes back: what rested on an error is undone as if
-- the error had never come. Everybody else is new, numbered in order of delivery, so that nothing of a person can be read from
-- an id; two sheets of a workbook have the same lines, there the record key decides.
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
), former_vote AS (
    SELECT c.cluster_id, f.person_no, count(*) AS records, min((r.position, r.record_key)) AS position
    FROM link_record AS r
    JOIN link_cluster AS c USING (record_id)
    JOIN prior_person_former AS f USING (department, dataset, role, record_key)
    WHERE f.person_no NOT IN (SELECT person_no FROM prior_person_record)
    GROUP BY ALL
), home_of_former AS (
    SELECT person_no, cluster_id, records FROM former_vote
    QUALIFY row_number() OVER (PARTITION BY person_no ORDER BY records DESC, position) = 1
), returned AS (
    SELECT cluster_id, person_no FROM home_of_former
    WHERE cluster_id NOT IN (SELECT cluster_id FROM survivor)
    QUALIFY row_number() OVER (PARTITION BY cluster_id ORDER BY records DESC, person_no) = 1
), known AS (
    SELECT * FROM survivor UNION ALL SELECT * FROM returned
), cluster AS (
    SELECT c.cluster_id, min((r.position, r.record_key)) AS position, count(*) AS records
    FROM link_record AS r JOIN link_cluster AS c USING (record_id) GROUP BY c.cluster_id
)
SELECT cluster.cluster_id, cluster.records, known.person_no IS NULL AS is_new,
       coalesce(known.person_no,
                $last_number + row_number() OVER (PARTITION BY known.person_no IS NULL ORDER BY cluster.position)) AS person_no
FROM cluster LEFT JOIN known USING (cluster_id);
