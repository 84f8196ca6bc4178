-- One row per county code that was abolished in favour of one other (民政部令第79号), with the code in use today.
-- A code split between several has no single successor and stays as it is.
CREATE OR REPLACE TABLE division_successor AS
WITH RECURSIVE latest AS (
    SELECT code, arg_max(successors, valid_from_year) AS successors, bool_or(is_in_use = 'true') AS is_in_use
    FROM read_csv($divisions, header = true, all_varchar = true) GROUP BY code
), chain (code, today, steps) AS (
    SELECT code, successors, 1 FROM latest WHERE NOT is_in_use AND regexp_full_match(successors, '\d{6}')
    UNION ALL
    SELECT chain.code, latest.successors, steps + 1
    FROM chain JOIN latest ON latest.code = chain.today
    WHERE NOT latest.is_in_use AND regexp_full_match(latest.successors, '\d{6}') AND steps < 10
)
SELECT chain.code, arg_max(today, steps) AS today
FROM chain GROUP BY chain.code
HAVING arg_max(today, steps) IN (SELECT code FROM latest WHERE is_in_use);
