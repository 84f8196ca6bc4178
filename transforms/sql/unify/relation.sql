-- The ties of some persons, in order of person; one that a record states twice is told once.
INSERT INTO released.relation
SELECT person_id(person_no), kind, person_id(other_no), department, dataset, record_key
FROM (SELECT DISTINCT * FROM unify_tie WHERE person_no BETWEEN $first AND $last)
ORDER BY person_no;
