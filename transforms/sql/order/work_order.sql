-- One row per work order: a department is asked about one person and one cause.
CREATE OR REPLACE TEMP TABLE work_order AS
SELECT order_id, department, person_id, cause, severity,
       CASE move WHEN 'open' THEN 'opened' WHEN 'confirm' THEN 'closed' WHEN 'verify' THEN 'closed' WHEN 'answer' THEN 'answered' WHEN 'answer_again' THEN 'answered'
                 WHEN 'pass_on' THEN 'escalated' WHEN 'escalate' THEN 'escalated' WHEN 'return' THEN 'escalated' WHEN 'reopen' THEN 'reopened'
                 WHEN 'send' THEN 'sent' ELSE status END AS status,
       coalesce(opened_on, found_on, DATE $day) AS opened_on,
       CASE WHEN move IN ('open', 'reopen', 'return') OR (status NOT IN ('opened', 'reopened')) THEN sent_on
            WHEN DATE $day > coalesce(reopened_on, opened_on) THEN coalesce(reopened_on, opened_on) ELSE sent_on END AS sent_on,
       CASE WHEN move IN ('open', 'reopen', 'return', 'answer_again') THEN found_due_on ELSE due_on END AS due_on,
       CASE WHEN follows IS NOT NULL THEN new_answered_on ELSE answered_on END AS answered_on,
       coalesce(new_answer, answer) AS answer, coalesce(new_remark, remark) AS remark,
       CASE WHEN move = 'verify' THEN DATE $day WHEN move IN ('reopen', 'return') THEN NULL ELSE verified_on END AS verified_on,
       CASE WHEN move IN ('verify', 'confirm') THEN DATE $day WHEN move IN ('reopen', 'return') THEN NULL ELSE closed_on END AS closed_on,
       CASE WHEN move = 'confirm' THEN 'confirmed' WHEN move = 'verify' AND coalesce(new_answer, answer) IS NOT NULL THEN 'corrected'
            WHEN move = 'verify' THEN 'agreed' WHEN move IN ('reopen', 'return') THEN NULL ELSE resolution END AS resolution,
       CASE WHEN move IN ('reopen', 'return', 'answer_again') THEN DATE $day ELSE reopened_on END AS reopened_on,
       (coalesce(reopened, 0) + CASE WHEN move IN ('reopen', 'return', 'answer_again') THEN 1 ELSE 0 END)::INTEGER AS reopened,
       CASE WHEN move IN ('pass_on', 'escalate', 'return') THEN DATE $day ELSE escalated_on END AS escalated_on,
       CASE WHEN move IN ('reopen', 'answer_again') THEN 0 WHEN move IN ('pass_on', 'escalate', 'return') THEN least(coalesce(level, 0) + 1, $highest)
            ELSE coalesce(level, 0) END::INTEGER AS level,
       CASE WHEN move IN ('open', 'reopen') THEN found_due_on
            WHEN move IN ('answer', 'answer_again', 'pass_on', 'escalate', 'return') THEN DATE $escalate_due ELSE next_due_on END AS next_due_on,
       disputes
FROM order_move;
