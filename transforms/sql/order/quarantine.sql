-- Answers that cannot be used go to quarantine; the others are a record of the person whom their order is about.
INSERT INTO quarantine BY NAME
SELECT department, dataset, batch_date, file, sheet, line, record_key, verdict || ': ' || $words[verdict] AS reason,
       concat_ws(',', order_id, coalesce(answer, written), remark) AS raw
FROM order_judged WHERE verdict NOT IN ('accepted', 'repeated', 'unanswered');

UPDATE batch SET accepted = batch.accepted - bad.rows, quarantined = batch.quarantined + bad.rows
FROM (
    SELECT department, dataset, batch_date, file, count(*) AS rows
    FROM order_judged WHERE verdict NOT IN ('accepted', 'repeated', 'unanswered') GROUP BY ALL
) AS bad
WHERE batch.department = bad.department AND batch.dataset = bad.dataset AND batch.batch_date = bad.batch_date AND batch.file = bad.file;

CREATE OR REPLACE TABLE order_record AS
SELECT department, dataset, record_key, 'subject' AS role, any_value(coalesce(h.heir, j.person_id)) AS person_id, 'work_order' AS method,
       1.0::DOUBLE AS probability, max(batch_date) AS batch_date, true AS is_current
FROM order_judged AS j LEFT JOIN order_heir AS h USING (person_id)
WHERE verdict IN ('accepted', 'repeated', 'unanswered')
GROUP BY department, dataset, record_key;
