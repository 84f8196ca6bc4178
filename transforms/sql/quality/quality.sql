-- One row per figure of a release: of `whole` things, how many (`part`) are so. Of this release, after those before. An order counts
-- once (`orders_open`), and once with each datum that it is about (`orders_open_about`).
CREATE OR REPLACE TEMP TABLE quality AS
WITH batches AS (
    SELECT department, dataset, sum(rows) AS rows FROM batch WHERE status = 'accepted' GROUP BY ALL
), waiting AS (
    -- an answer that the next delivery has to prove keeps an order open, but nobody late
    SELECT o.order_id, o.department, t.township, o.status <> 'answered' AND o.due_on < DATE $day AS is_overdue
    FROM work_order AS o LEFT JOIN quality_township AS t ON t.person_id = o.person_id
    WHERE o.status <> 'closed'
), about AS (
    SELECT DISTINCT w.*, i.datum FROM waiting AS w JOIN work_order_item AS i ON i.order_id = w.order_id
    WHERE i.closed_on IS NULL AND NOT i.is_settled
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
    WHERE d.status <> 'confirmed' GROUP BY d.owner, t.township, d.datum, d.kind
    UNION ALL
    SELECT 'orders_open', department, NULL, township, NULL, NULL, count(*), NULL FROM waiting GROUP BY department, township
    UNION ALL
    SELECT 'orders_overdue', department, NULL, township, NULL, NULL, count(*) FILTER (is_overdue), count(*)
    FROM waiting GROUP BY department, township
    UNION ALL
    SELECT 'orders_open_about', department, NULL, township, datum, NULL, count(*), NULL FROM about GROUP BY department, township, datum
    UNION ALL
    SELECT 'orders_overdue_about', department, NULL, township, datum, NULL, count(*) FILTER (is_overdue), count(*)
    FROM about GROUP BY department, township, datum
)
SELECT * FROM prior_quality
UNION ALL
SELECT $release AS release_id, DATE $day AS as_of, measure, department, dataset, township, datum, class, part::BIGINT AS part,
       whole::BIGINT AS whole
FROM figure;
