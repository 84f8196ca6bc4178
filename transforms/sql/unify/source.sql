-- One row per person that the dataset speaks of, each datum in the record that speaks for it. is_about: one of its rows is about the person,
-- who is not only named beside another one. is_yielding: the record, however new, tells only what no other of the person does.
CREATE OR REPLACE TABLE unify_source__$table AS
WITH said AS NOT MATERIALIZED (
    $rows
), several AS (
    SELECT person_no FROM link_role
    WHERE department = $department AND dataset = $dataset AND is_current
    GROUP BY person_no HAVING count(*) > 1
), ordered AS (
    SELECT said.*,
           row_number() OVER (ORDER BY NOT is_yielding, newest NULLS FIRST, updated NULLS FIRST, batch_date, record_key, role) AS recency
    FROM said SEMI JOIN several USING (person_no)
)
SELECT person_no, $only FROM said ANTI JOIN several USING (person_no)
UNION ALL
SELECT person_no, $picked FROM ordered GROUP BY person_no;
