-- One row per disagreement of this build with the work order that it belongs to: one a department, person and cause. An order keeps
-- its id when its person's id went under in another one. Settled is what the owner confirmed, as long as it stays the same, and the owner
-- does not say later that it was corrected after all.
CREATE OR REPLACE TEMP TABLE order_dispute AS
WITH named AS (
    SELECT n.discrepancy_id, split_part(n.owner, '/', 1) AS department, n.owner, n.person_id, n.cause, n.kind, n.datum, n.severity,
           md5(concat_ws('|', n.owner_value, CASE WHEN n.kind = 'value' THEN n.reported_value END)) AS signature,
           n.opened_on, coalesce(n.due_on, due.due_on) AS due_on, due.due_on AS due_anew_on
    FROM reconcile_named AS n JOIN order_due AS due ON due.days = coalesce(n.answer_within, $within)
), known AS (
    SELECT o.department, coalesce(h.heir, o.person_id) AS person_id, o.cause, arg_min(o.order_id, (o.opened_on, o.order_id)) AS order_id
    FROM prior_work_order AS o LEFT JOIN order_heir AS h USING (person_id)
    GROUP BY ALL
), ordered AS (
    SELECT named.*, coalesce(known.order_id, 'W' || upper(left(md5(concat_ws('|', department, cause, person_id)), 12))) AS order_id
    FROM named LEFT JOIN known USING (department, person_id, cause)
), revoked AS (
    SELECT DISTINCT j.order_id FROM order_judged AS j JOIN prior_work_order AS o ON o.order_id = j.order_id AND o.status = 'closed'
    WHERE j.is_new AND j.verdict = 'accepted'
)
SELECT d.*, coalesce(i.is_settled AND i.signature = d.signature, false) AND order_id NOT IN (FROM revoked) AS is_settled,
       CASE WHEN i.closed_on IS NULL THEN i.opened_on END AS item_opened_on
FROM ordered AS d
LEFT JOIN prior_work_order_item AS i USING (order_id, discrepancy_id);
