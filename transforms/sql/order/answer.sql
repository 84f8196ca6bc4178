-- One row per answer that came, with the verdict that it got in the build that saw it first. The first line of a delivery that answers an order
-- counts; the same answer again is repeated, and a blank line is none. What came late does not undo a newer answer; who called a value right
-- by mistake may still say that it was corrected.
CREATE OR REPLACE TEMP TABLE order_judged AS
WITH counted AS (
    SELECT *, first_value(answer) OVER (PARTITION BY department, dataset, batch_date, order_id ORDER BY answer IS NULL, file, sheet, line) AS counts,
           row_number() OVER (PARTITION BY department, dataset, batch_date, order_id, answer ORDER BY file, sheet, line) AS nth
    FROM order_answer
)
SELECT a.department, a.dataset, a.batch_date, a.file, a.sheet, a.line, a.record_key, a.order_id, a.answer, a.remark, a.written,
       coalesce(p.verdict, CASE
           WHEN o.order_id IS NULL THEN 'order_unknown'
           WHEN o.department <> a.department THEN 'order_of_another_department'
           WHEN a.answer IS NULL AND a.missing IN ('blank', 'unknown') THEN 'unanswered'
           WHEN a.answer IS NULL THEN 'order_answer_not_on_the_list'
           WHEN a.answer <> a.counts THEN 'order_answered_twice'
           WHEN o.answered_on > a.batch_date AND a.answer <> o.answer THEN 'order_answered_since'
           WHEN o.status = 'closed' AND (o.resolution <> 'confirmed' OR t.follows <> 'verify') THEN 'order_closed'
           WHEN a.nth > 1 THEN 'repeated'
           ELSE 'accepted' END) AS verdict,
       p.verdict IS NULL AS is_new, o.person_id
FROM counted AS a
LEFT JOIN prior_work_order AS o ON o.order_id = a.order_id
LEFT JOIN order_terms AS t ON t.code = a.answer
LEFT JOIN prior_work_order_answer AS p
    ON p.department = a.department AND p.dataset = a.dataset AND p.batch_date = a.batch_date AND p.file = a.file AND p.sheet = a.sheet
    AND p.line = a.line AND p.order_id = a.order_id AND p.answer IS NOT DISTINCT FROM a.answer;

CREATE OR REPLACE TEMP TABLE work_order_answer AS
SELECT department, dataset, batch_date, file, sheet, line, record_key, order_id, answer, remark, verdict FROM order_judged;
