-- One row per record of whose number a spreadsheet left a part: its scientific form, 15 digits with or without zeros behind them, or what a
-- floating-point number makes of it. lost__in: the number of the batch that says so.
CREATE OR REPLACE TEMP TABLE lost_number AS
SELECT record_key, source_no // $files_a_batch AS lost__in
FROM record_$table
WHERE $number IS NULL AND ${number}__told IS NOT NULL
  AND (regexp_full_match(${number}__told, '\d(\.\d+)?E\+?\d+|\d{15}(000)?')
       OR (length(${number}__told) = 18 AND TRY_CAST(TRY_CAST(${number}__told AS BIGINT) AS DOUBLE)::BIGINT = TRY_CAST(${number}__told AS BIGINT)));
