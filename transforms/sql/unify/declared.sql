-- One row per person and datum that the person declared in a form, the newest, of the persons as they are now.
CREATE OR REPLACE TABLE declared AS
WITH RECURSIVE heir (person_id, now_id) AS (
    SELECT DISTINCT person_id, person_id FROM declaration
    UNION
    SELECT heir.person_id, change.other_person_id
    FROM heir JOIN person_change AS change ON change.person_id = heir.now_id AND change.kind = 'merged'
), living AS (
    SELECT heir.person_id, link_person.person_no
    FROM heir JOIN link_person ON person_id(link_person.person_no) = heir.now_id
)
SELECT living.person_no, declaration.datum, declaration.value, declaration.submission_id,
       (declaration.received_at::DATE - DATE '1970-01-01') * $rows_a_file + dense_rank() OVER (ORDER BY declaration.submission_id) AS record_no, declaration.received_at::DATE AS received_on
FROM declaration JOIN living USING (person_id)
QUALIFY row_number() OVER (
    PARTITION BY living.person_no, declaration.datum ORDER BY declaration.received_at DESC, declaration.submission_id DESC
) = 1;
