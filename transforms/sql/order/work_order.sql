-- One row per work order: a department is asked about one person and one cause. An order is sent the day after it was opened.
CREATE OR REPLACE TEMP TABLE work_order AS
SELECT order_id, department, person_id, cause, severity,
       coalesce(becomes, status) AS status,
       coalesce(opened_on, found_on, DATE $day) AS opened_on,
       CASE WHEN status IN ('opened', 'reopened') AND DATE $day > coalesce(reopened_on, opened_on) THEN coalesce(reopened_on, opened_on)
            ELSE sent_on END AS sent_on,
       CASE WHEN move = 'open' OR reopens THEN found_due_on ELSE due_on END AS due_on,
       CASE WHEN follows IS NOT NULL THEN new_answered_on ELSE answered_on END AS answered_on,
       coalesce(new_answer, answer) AS answer, coalesce(new_remark, remark) AS remark,
       CASE WHEN move = 'verify' THEN DATE $day WHEN NOT reopens THEN verified_on END AS verified_on,
       CASE WHEN closes THEN DATE $day WHEN NOT reopens THEN closed_on END AS closed_on,
       CASE WHEN move = 'confirm' THEN 'confirmed'
            WHEN move = 'verify' THEN CASE WHEN coalesce(new_answer, answer) IS NOT NULL THEN 'corrected' ELSE 'agreed' END
            WHEN NOT reopens THEN resolution END AS resolution,
       CASE WHEN reopens THEN DATE $day ELSE reopened_on END AS reopened_on,
       coalesce(reopened, 0) + reopens::INTEGER AS reopened,
       CASE WHEN rises THEN DATE $day ELSE escalated_on END AS escalated_on,
       CASE WHEN rises THEN least(coalesce(level, 0) + 1, $highest) WHEN reopens THEN 0 ELSE coalesce(level, 0) END::INTEGER AS level,
       CASE WHEN move IN ('open', 'reopen') THEN found_due_on
            WHEN rises OR move IN ('answer', 'answer_again') THEN DATE $escalate_due
            ELSE next_due_on END AS next_due_on,
       disputes
FROM order_move JOIN order_effect USING (move);
