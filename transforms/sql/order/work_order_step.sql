-- One row per state that a work order came into, in every release so far. An order is sent with the list of the release that opened it.
CREATE OR REPLACE TEMP TABLE work_order_step AS
WITH stepped AS (
    SELECT order_id, status, coalesce(reopened_on, opened_on) AS listed_on,
           CASE WHEN move = 'verify' AND follows IS NOT NULL THEN list_prepend('answered', states) ELSE states END AS states
    FROM order_move JOIN order_effect USING (move)
)
FROM prior_work_order_step
UNION ALL
SELECT order_id, 'sent', listed_on, $release FROM stepped WHERE status IN ('opened', 'reopened') AND DATE $day > listed_on
UNION ALL
SELECT order_id, unnest(states), DATE $day, $release FROM stepped;
