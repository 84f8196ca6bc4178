CREATE OR REPLACE TABLE prior_work_order AS FROM before.work_order;
CREATE OR REPLACE TABLE prior_work_order_item AS FROM before.work_order_item;
CREATE OR REPLACE TABLE prior_work_order_step AS FROM before.work_order_step;
CREATE OR REPLACE TABLE prior_work_order_answer AS FROM before.work_order_answer;
