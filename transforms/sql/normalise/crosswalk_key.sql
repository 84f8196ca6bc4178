-- One row per spelling of a crosswalk as it is compared without regard to width, case and blanks; none where two codes differ in these alone.
CREATE OR REPLACE TABLE crosswalk_key AS
SELECT id, code_key(raw) AS key, any_value(code) AS code FROM crosswalk GROUP BY id, code_key(raw) HAVING count(DISTINCT code) = 1;
