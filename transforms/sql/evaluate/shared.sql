-- One row per true person and published person that share entries, with how many, and how many each has in all.
CREATE OR REPLACE TEMP TABLE evaluate_shared AS
WITH shared AS (
    SELECT true_id, person_id, count(*) AS entries FROM evaluate_entry GROUP BY true_id, person_id
)
SELECT *,
       sum(entries) OVER (PARTITION BY true_id) AS true_entries,
       sum(entries) OVER (PARTITION BY person_id) AS person_entries,
       row_number() OVER (PARTITION BY true_id ORDER BY entries DESC, person_id) = 1 AS is_home,
       row_number() OVER (PARTITION BY person_id ORDER BY entries DESC, true_id) = 1 AS is_owner
FROM shared;
