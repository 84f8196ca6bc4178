-- One row per line of a file that the release keeps out.
CREATE OR REPLACE TEMP TABLE evaluate_quarantined AS
SELECT DISTINCT department, dataset, strftime(batch_date, '%Y%m%d') AS batch_date, file, coalesce(sheet, '') AS sheet, line
FROM published.quarantine;
