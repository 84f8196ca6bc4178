-- One row per cluster with its person: of the clusters whose records were the person's, the one that bears number and name as they were
-- published keeps the id, by the register that owns the numbers before others, then the one with most of its records; of several
-- persons in a cluster one whose number and name it bears, then the one with most records, then the oldest. A record speaks for the
-- person that it is in and for the one that it was first in, so that what rested on an error is undone as if the error had
-- never come: an id that went under comes back; it is silent where it names another person now (link_another). Where no record speaks for a
-- person any more, as all were delivered under new keys, number and name alone do. Everybody else is new, numbered in order of
-- delivery, so that nothing of a person can be read from an id.
CREATE OR REPLACE TABLE link_person AS
WITH spoken AS (
    SELECT department, dataset, role, record_key, person_no, true AS is_today FROM prior_person_record
    UNION ALL
    SELECT department, dataset, role, record_key, coalesce(origin.person_no, was.person_no), false
    FROM prior_person_record AS was
    LEFT JOIN prior_person_origin AS origin USING (department, dataset, role, record_key)
), voice AS (
    FROM spoken ANTI JOIN link_another USING (department, dataset, role, record_key, person_no)
), vote AS (
    SELECT c.cluster_id, voice.person_no, count(*) AS voices, count(*) FILTER (voice.is_today) AS today,
           min(r.record_id) AS first_record
    FROM link_record AS r
    JOIN link_cluster AS c USING (record_id)
    JOIN voice USING (department, dataset, role, record_key)
    GROUP BY ALL
), bearer AS (
    SELECT person_no, number, name_key(name) AS name_key, true AS is_published FROM prior_person WHERE is_living AND number IS NOT NULL
    UNION ALL
    SELECT b.person_no, b.number, name_key(p.name), false FROM prior_number_borne AS b JOIN prior_person AS p USING (person_no)
), borne AS (
    SELECT c.cluster_id, b.person_no, max(CASE WHEN NOT b.is_published THEN 1 WHEN r.is_owner THEN 3 ELSE 2 END) AS bears,
           min(r.record_id) AS first_record
    FROM link_record AS r
    JOIN bearer AS b ON b.number = r.number AND b.name_key = r.name_key
    JOIN link_cluster AS c USING (record_id)
    GROUP BY ALL
), candidate AS (
    -- who came into the person by an error, with all its records, bears what is published of both: not by that it takes the id along
    SELECT cluster_id, person_no, coalesce(voices, 0) AS voices, coalesce(today, 0) AS today, coalesce(bears, 0) AS bears,
           CASE WHEN voices > today THEN coalesce(bears, 0) ELSE 0 END AS stays,
           least(vote.first_record, borne.first_record) AS first_record
    FROM vote FULL JOIN borne USING (cluster_id, person_no)
), home_of_id AS (
    -- of equals the cluster that fewest others speak for: a record that goes over to another person does not take the id along
    SELECT person_no, cluster_id, voices, today, stays
    FROM (SELECT *, sum(voices) OVER (PARTITION BY cluster_id) - voices AS others FROM candidate)
    QUALIFY row_number() OVER (PARTITION BY person_no ORDER BY stays DESC, voices DESC, today DESC, others, bears DESC, first_record) = 1
), survivor AS (
    SELECT cluster_id, person_no FROM home_of_id
    QUALIFY row_number() OVER (PARTITION BY cluster_id ORDER BY stays > 0 DESC, voices DESC, today DESC, person_no) = 1
), cluster AS (
    SELECT c.cluster_id, min(r.record_id) AS first_record, count(*) AS records
    FROM link_record AS r JOIN link_cluster AS c USING (record_id) GROUP BY c.cluster_id
)
SELECT cluster.cluster_id, cluster.records, survivor.person_no IS NULL AS is_new,
       coalesce(survivor.person_no,
                $last_number + row_number() OVER (PARTITION BY survivor.person_no IS NULL ORDER BY cluster.first_record)) AS person_no
FROM cluster LEFT JOIN survivor USING (cluster_id);
