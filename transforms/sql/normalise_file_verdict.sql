-- One row: whether this file went through a spreadsheet that kept 15 digits of its identity numbers.
SELECT count(*) FILTER (is_zeroed) > 0.01 * count(*) AND count(*) FILTER (is_zeroed AND NOT is_sound) > 0
FROM (
    SELECT number LIKE '%000' AND length(number) = 18 AS is_zeroed,
           CASE WHEN number LIKE '%000' AND regexp_full_match(number, '\d{18}') THEN number_is_sound(number) ELSE true END AS is_sound
    FROM ($numbers)
)
