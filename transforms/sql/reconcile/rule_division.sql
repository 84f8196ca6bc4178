-- One row per county code that ever was (GB/T 2260), with the years in which it counted.
CREATE OR REPLACE TEMP TABLE rule_division AS
SELECT code, bool_or(is_in_use = 'true') AS is_in_use, min(valid_from_year)::INTEGER AS valid_from, max(valid_to_year)::INTEGER AS valid_to
FROM read_csv($divisions, header = true, all_varchar = true)
GROUP BY code;
