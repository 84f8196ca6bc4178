-- One row per file of the batch: whether it went through a spreadsheet, which keeps 15 digits of a number and turns the last
-- three to 000. It did when more than 1 % of its numbers end so and one of these fails its check digit: a true number ends
-- in 000 once in 1,100, and one damaged number in eleven passes the check by chance.
CREATE OR REPLACE TEMP TABLE file_verdict AS
WITH told AS (
    SELECT part, count(*) FILTER (length(number) >= 15) AS numbers FROM ($numbers) GROUP BY part
), zeroed AS (
    SELECT part, count(*) AS zeroed, count(*) FILTER (NOT number_is_sound(number)) AS unsound
    FROM (SELECT * FROM ($numbers) WHERE suffix(number, '000')) WHERE regexp_full_match(number, '[1-9]\d{17}')
    GROUP BY part
)
SELECT part, coalesce(zeroed > 0.01 * numbers AND unsound > 0, false) AS is_damaged
FROM (SELECT DISTINCT part FROM delivered) LEFT JOIN told USING (part) LEFT JOIN zeroed USING (part);
