-- One row per figure of a release: of `whole` things, how many (`part`) are so. Of this release, after those before.
CREATE OR REPLACE TABLE quality AS
WITH batches AS (
    SELECT department, dataset, sum(rows) AS rows FROM batch WHERE status = 'accepted' GROUP BY ALL
), figure AS (
    SELECT * FROM quality_completeness
    UNION ALL
    SELECT * FROM quality_agreement
    UNION ALL
    SELECT 'timeliness', department, dataset, NULL, NULL, NULL, CASE WHEN is_stale THEN 0 ELSE 1 END, 1 FROM freshness
    UNION ALL
    SELECT 'days_behind', department, dataset, NULL, NULL, NULL, date_diff('day', batch_date, DATE $day), 1
    FROM freshness WHERE batch_date IS NOT NULL
    UNION ALL
    SELECT 'rows_kept_out', department, dataset, NULL, NULL, split_part(reason, ':', 1), count(*), any_value(batches.rows)
    FROM quarantine LEFT JOIN batches USING (department, dataset) GROUP BY department, dataset, split_part(reason, ':', 1)
    UNION ALL
    SELECT 'batches_not_accepted', department, dataset, NULL, NULL, status, count(*), NULL
    FROM batch WHERE status <> 'accepted' GROUP BY department, dataset, status
    UNION ALL
    SELECT 'disputed', split_part(owner, '/', 1), split_part(owner, '/', 2), t.township, d.datum, d.kind, count(*), NULL
    FROM discrepancy AS d LEFT JOIN quality_township AS t ON t.person_id = d.person_id
    WHERE d.status NOT IN ('closed', 'resolved', 'withdrawn') GROUP BY d.owner, t.township, d.datum, d.kind
    UNION ALL
    SELECT 'orders_open', split_part(owner, '/', 1), NULL, t.township, NULL, NULL, count(*), NULL
    FROM discrepancy AS d LEFT JOIN quality_township AS t ON t.person_id = d.person_id
    WHERE d.status NOT IN ('closed', 'resolved', 'withdrawn') GROUP BY split_part(owner, '/', 1), t.township
    UNION ALL
    SELECT 'orders_overdue', split_part(owner, '/', 1), NULL, t.township, NULL, NULL, count(*), NULL
    FROM discrepancy AS d LEFT JOIN quality_township AS t ON t.person_id = d.person_id
    WHERE d.status NOT IN ('closed', 'resolved', 'withdrawn') AND d.due_on < DATE $day
    GROUP BY split_part(owner, '/', 1), t.township
)
SELECT * FROM prior_quality
UNION ALL
SELECT $release AS release_id, DATE $day AS as_of, measure, department, dataset, township, datum, class, part::BIGINT AS part,
       whole::BIGINT AS whole
FROM figure;
