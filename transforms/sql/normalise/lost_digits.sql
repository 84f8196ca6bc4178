-- One row per file in which a spreadsheet left a part of identity numbers: how many of all that tell a number, and where the first stands.
SELECT part, count(*) FILTER (missing = 'damaged') AS lost,
       count(*) FILTER (missing IS NULL OR missing IN ('damaged', 'check_digit', 'invalid')) AS numbers,
       arg_min(sheet, (sheet, line)) FILTER (missing = 'damaged') AS sheet, arg_min(line, (sheet, line)) FILTER (missing = 'damaged') AS line
FROM ($numbers)
GROUP BY part
HAVING lost > 0
ORDER BY part;
