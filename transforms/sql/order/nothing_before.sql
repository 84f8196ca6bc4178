CREATE OR REPLACE TABLE prior_work_order (
    order_id VARCHAR, department VARCHAR, person_id VARCHAR, cause VARCHAR, severity VARCHAR, status VARCHAR, opened_on DATE, sent_on DATE,
    due_on DATE, answered_on DATE, answer VARCHAR, remark VARCHAR, verified_on DATE, closed_on DATE, resolution VARCHAR, reopened_on DATE,
    reopened INTEGER, escalated_on DATE, level INTEGER, next_due_on DATE, disputes INTEGER
);
CREATE OR REPLACE TABLE prior_work_order_item (
    order_id VARCHAR, discrepancy_id VARCHAR, kind VARCHAR, datum VARCHAR, signature VARCHAR, is_settled BOOLEAN, opened_on DATE, closed_on DATE
);
CREATE OR REPLACE TABLE prior_work_order_step (order_id VARCHAR, state VARCHAR, happened_on DATE, release_id VARCHAR);
CREATE OR REPLACE TABLE prior_work_order_answer (
    department VARCHAR, dataset VARCHAR, batch_date DATE, file VARCHAR, sheet VARCHAR, line INTEGER, record_key VARCHAR,
    order_id VARCHAR, answer VARCHAR, remark VARCHAR, verdict VARCHAR
);
