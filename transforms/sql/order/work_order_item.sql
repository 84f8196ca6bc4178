-- One row per disagreement that a work order is or was about.
CREATE OR REPLACE TEMP TABLE work_order_item AS
SELECT d.order_id, d.discrepancy_id, d.kind, d.datum, d.signature, d.is_settled OR m.move = 'confirm' AS is_settled,
       coalesce(d.item_opened_on, d.opened_on, DATE $day) AS opened_on, NULL::DATE AS closed_on
FROM order_dispute AS d JOIN order_move AS m USING (order_id)
UNION ALL
SELECT i.order_id, i.discrepancy_id, i.kind, i.datum, i.signature, i.is_settled, i.opened_on, coalesce(i.closed_on, DATE $day)
FROM prior_work_order_item AS i ANTI JOIN order_dispute USING (order_id, discrepancy_id);
