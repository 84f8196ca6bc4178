-- One row per disagreement, with the state of the work order that asks about it. It is due with that, and never before its own working days
-- are over, as where it was found when the order was already late.
CREATE OR REPLACE TEMP TABLE discrepancy AS
SELECT n.discrepancy_id, n.person_id, n.kind, n.datum, n.owner, n.owner_value, n.reporter, n.reported_value, n.record_key, n.severity,
       i.opened_on, greatest(o.due_on, d.due_on) AS due_on, CASE WHEN i.is_settled THEN 'confirmed' WHEN o.status = 'answered' THEN 'answered' ELSE 'open' END AS status
FROM reconcile_named AS n
JOIN order_dispute AS d USING (discrepancy_id)
JOIN work_order_item AS i ON i.order_id = d.order_id AND i.discrepancy_id = d.discrepancy_id
JOIN work_order AS o ON o.order_id = d.order_id;
