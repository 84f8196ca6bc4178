-- One row per work order that ever was, with what happens to it on the day of this build. Refuted is an answer that the owner has corrected,
-- when what it delivered since says the same as before; another such answer on that day counts from then on, and does not hide it.
CREATE OR REPLACE TEMP TABLE order_move AS
WITH live AS (
    SELECT order_id, any_value(department) AS department, any_value(person_id) AS person_id, any_value(cause) AS cause,
           arg_max(severity, CASE severity WHEN 'stop' THEN 3 WHEN 'review' THEN 2 ELSE 1 END) AS severity,
           count(*) FILTER (NOT is_settled) AS disputes, min(opened_on) AS opened_on, min(due_on) AS due_on,
           min(due_anew_on) AS due_anew_on
    FROM order_dispute GROUP BY order_id
), answer AS (
    SELECT order_id, arg_max(answer, batch_date) AS answer, arg_max(remark, batch_date) AS remark, max(batch_date) AS answered_on
    FROM order_judged WHERE is_new AND verdict = 'accepted' GROUP BY order_id
), delivered AS (
    SELECT d.order_id, max(b.batch_date) AS delivered_on
    FROM (SELECT DISTINCT order_id, owner FROM order_dispute) AS d
    JOIN batch AS b ON b.department || '/' || b.dataset = d.owner AND b.status = 'accepted'
    GROUP BY d.order_id
), joined AS (
    SELECT coalesce(live.order_id, o.order_id) AS order_id, coalesce(live.department, o.department) AS department,
           coalesce(live.person_id, h.heir, o.person_id) AS person_id, coalesce(live.cause, o.cause) AS cause,
           coalesce(live.severity, o.severity) AS severity, coalesce(live.disputes, 0)::INTEGER AS disputes,
           live.opened_on AS found_on,
           coalesce(CASE WHEN o.order_id IS NULL THEN live.due_on ELSE live.due_anew_on END, DATE $day) AS found_due_on,
           answer.answer AS new_answer, answer.remark AS new_remark, answer.answered_on AS new_answered_on, terms.follows,
           coalesce(o.status = 'answered' AND delivered.delivered_on > o.answered_on AND live.disputes > 0, false) AS is_refuted,
           o.* EXCLUDE (order_id, department, person_id, cause, severity, disputes)
    FROM prior_work_order AS o
    FULL JOIN live ON live.order_id = o.order_id
    LEFT JOIN order_heir AS h ON h.person_id = o.person_id
    LEFT JOIN answer ON answer.order_id = o.order_id
    LEFT JOIN order_terms AS terms ON terms.code = answer.answer
    LEFT JOIN delivered ON delivered.order_id = o.order_id
)
SELECT *,
       CASE WHEN status IS NULL THEN 'open'
            WHEN follows = 'close' THEN 'confirm'
            WHEN follows = 'verify' AND disputes = 0 THEN 'verify'
            WHEN follows = 'verify' AND NOT is_refuted AND status <> 'closed' THEN 'answer'
            WHEN follows = 'verify' AND reopened < $reopen_limit THEN 'answer_again'
            WHEN follows = 'escalate' THEN 'pass_on'
            WHEN status = 'closed' AND disputes = 0 THEN 'rest'
            WHEN disputes = 0 THEN 'verify'
            WHEN (status = 'closed' OR is_refuted) AND reopened >= $reopen_limit THEN 'return'
            WHEN status = 'closed' OR is_refuted THEN 'reopen'
            WHEN DATE $day > next_due_on AND level < $highest THEN 'escalate'
            WHEN status IN ('opened', 'reopened') AND DATE $day > coalesce(reopened_on, opened_on) THEN 'send'
            ELSE 'rest' END AS move
FROM joined;
