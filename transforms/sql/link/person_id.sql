-- How a person's number is written.
CREATE OR REPLACE MACRO person_id(number) AS CASE WHEN number IS NOT NULL THEN 'P' || lpad(number::VARCHAR, 12, '0') END;
