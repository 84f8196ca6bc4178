-- One row per state that a work order came into, in every release so far. An order is sent with the list of the release that opened it.
CREATE OR REPLACE TEMP TABLE work_order_step AS
WITH stepped AS (
    SELECT order_id, move, status, coalesce(reopened_on, opened_on) AS listed_on,
           CASE move WHEN 'open' THEN ['opened'] WHEN 'confirm' THEN ['answered', 'verified', 'closed']
                     WHEN 'answer' THEN ['answered'] WHEN 'answer_again' THEN ['reopened', 'answered'] WHEN 'pass_on' THEN ['answered', 'escalated'] WHEN 'escalate' THEN ['escalated']
                     WHEN 'return' THEN ['reopened', 'escalated'] WHEN 'reopen' THEN ['reopened']
                     WHEN 'verify' THEN CASE WHEN follows IS NOT NULL THEN ['answered', 'verified', 'closed'] ELSE ['verified', 'closed'] END
                     ELSE [] END AS states
    FROM order_move
)
FROM prior_work_order_step
UNION ALL
SELECT order_id, 'sent', listed_on, $release FROM stepped WHERE status IN ('opened', 'reopened') AND DATE $day > listed_on
UNION ALL
SELECT order_id, unnest(states), DATE $day, $release FROM stepped;
