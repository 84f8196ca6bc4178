-- One row per decision of a person over two records: linked (they speak of one person) or not_linked. It stands above every
-- rule until it is withdrawn.
CREATE TABLE IF NOT EXISTS link_decision (
    decision_id VARCHAR, decision VARCHAR,
    left_department VARCHAR, left_dataset VARCHAR, left_record_key VARCHAR, left_role VARCHAR,
    right_department VARCHAR, right_dataset VARCHAR, right_record_key VARCHAR, right_role VARCHAR,
    who VARCHAR, decided_at TIMESTAMPTZ, why VARCHAR, withdrawn_at TIMESTAMPTZ
);
