-- One row per cluster with its person: the id that keeps most of its records survives, then the oldest. A record speaks for the
-- person that it is in and for the one that it was first in, so that what rested on an error is undone as if the error had
-- never come: an id that went under comes back. Everybody else is new, numbered in order of delivery, so that nothing of a
-- person can be read from an id.
CREATE OR REPLACE TABLE link_person AS
WITH voice AS (
    SELECT department, dataset, role, record_key, person_no, true AS is_today FROM prior_person_record
    UNION ALL
    SELECT department, dataset, role, record_key, coalesce(origin.person_no, was.person_no), false
    FROM prior_person_record AS was
    LEFT JOIN prior_person_origin AS origin USING (department, dataset, role, record_key)
), vote AS (
    SELECT c.cluster_id, voice.person_no, count(*) AS voices, count(*) FILTER (voice.is_today) AS today,
           min(r.record_id) AS first_record
    FROM link_record AS r
    JOIN link_cluster AS c USING (record_id)
    JOIN voice USING (department, dataset, role, record_key)
    GROUP BY ALL
), home_of_id AS (
    -- of equals the cluster that fewest others speak for: a record that goes over to another person does not take the id along
    SELECT person_no, cluster_id, voices, today
    FROM (SELECT *, sum(voices) OVER (PARTITION BY cluster_id) - voices AS others FROM vote)
    QUALIFY row_number() OVER (PARTITION BY person_no ORDER BY voices DESC, today DESC, others, first_record) = 1
), survivor AS (
    SELECT cluster_id, person_no FROM home_of_id
    QUALIFY row_number() OVER (PARTITION BY cluster_id ORDER BY voices DESC, today DESC, person_no) = 1
), cluster AS (
    SELECT c.cluster_id, min(r.record_id) AS first_record, count(*) AS records
    FROM link_record AS r JOIN link_cluster AS c USING (record_id) GROUP BY c.cluster_id
)
SELECT cluster.cluster_id, cluster.records, survivor.person_no IS NULL AS is_new,
       coalesce(survivor.person_no,
                $last_number + row_number() OVER (PARTITION BY survivor.person_no IS NULL ORDER BY cluster.first_record)) AS person_no
FROM cluster LEFT JOIN survivor USING (cluster_id);
