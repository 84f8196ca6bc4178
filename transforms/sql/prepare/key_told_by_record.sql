-- Of a row in quarantine that does not tell its key for certain: the only one of those that it may have of which a record was known before.
UPDATE quarantine SET record_key = known.record_key
FROM (
    SELECT p.department, p.dataset, p.batch_date, p.file, p.line, min(p.record_key) AS record_key
    FROM possible_key AS p JOIN record_$table AS r ON r.record_key = p.record_key AND r.batch_date < p.batch_date
    WHERE p.department = $department AND p.dataset = $dataset
    GROUP BY ALL HAVING count(DISTINCT p.record_key) = 1
) AS known
WHERE quarantine.record_key IS NULL AND quarantine.department = known.department AND quarantine.dataset = known.dataset
  AND quarantine.batch_date = known.batch_date AND quarantine.file = known.file AND quarantine.line = known.line;
