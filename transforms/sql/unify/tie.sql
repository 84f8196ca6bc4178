-- One row per tie between two persons that a kind of record states, and per direction. Of a tie that is published as a datum of either, or
-- of others, only the published one is shown; where none is published, what others than its owner state.
INSERT INTO unify_tie
WITH told (person_no, kind, other_no, department, dataset, record_key, datum, holder_no, value_no) AS ($told), compared AS (
    SELECT told.*, $of_holder AS of_holder, $of_value AS of_value, $owner AS owner
    FROM told
    LEFT JOIN released.unify_person AS holder ON holder.person_no = told.holder_no
    LEFT JOIN released.unify_person AS other ON other.person_no = told.value_no
)
SELECT person_no, kind, other_no, department, dataset, record_key
FROM compared
WHERE datum IS NULL OR of_holder = value_no OR of_value = holder_no
   OR (of_holder IS NULL AND of_value IS NULL AND concat(department, '/', dataset) <> owner);
