-- One row per line of a file with what the truth expects of it and whether the release keeps it out.
CREATE OR REPLACE TEMP TABLE evaluate_line AS
WITH line AS (
    SELECT department, dataset, batch_date, file, coalesce(sheet, '') AS sheet, line,
           bool_or(expected = 'quarantined') AS is_expected_out
    FROM truth_link
    GROUP BY department, dataset, batch_date, file, coalesce(sheet, ''), line
)
SELECT line.*, out.line IS NOT NULL AS is_out
FROM line
LEFT JOIN evaluate_quarantined AS out
    ON line.department = out.department AND line.dataset = out.dataset AND line.batch_date = out.batch_date
   AND line.file = out.file AND line.line = out.line AND (line.sheet = out.sheet OR line.sheet = '' OR out.sheet = '');
