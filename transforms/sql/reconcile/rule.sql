INSERT INTO reconcile_found BY NAME
WITH contradiction AS ($query)
SELECT person_no, $rule AS kind, $datum AS datum, $owner AS owner, owner_value::VARCHAR AS owner_value, reporter,
       reported_value::VARCHAR AS reported_value, record_of, record_no, '' AS role, $severity AS severity,
       $cause AS cause, $answer_within AS answer_within
FROM contradiction;
