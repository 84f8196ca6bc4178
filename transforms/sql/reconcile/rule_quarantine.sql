-- One row per row that is still kept out: of a full register only those of its newest batch. cells: what stands in it, one by one.
SELECT told.dataset, q.batch_date, q.record_key, q.reason, q.raw, told.owns,
       string_split_regex(translate(q.raw, '０１２３４５６７８９　', '0123456789 '), ' *["{},;|\t]+ *') AS cells
FROM quarantine AS q
JOIN $datasets AS told (dataset, is_full, owns) ON told.dataset = q.department || '/' || q.dataset
LEFT JOIN (
    SELECT department, dataset, max(batch_date) AS batch_date FROM batch WHERE status = 'accepted' GROUP BY department, dataset
) AS newest ON newest.department = q.department AND newest.dataset = q.dataset
WHERE NOT told.is_full OR q.batch_date = newest.batch_date
