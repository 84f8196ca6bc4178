-- The day of birth that a number of 18 characters tells.
CREATE OR REPLACE MACRO birth_told(number) AS
    CASE WHEN length(number) = 18 THEN TRY_CAST(concat_ws('-', number[7:10], number[11:12], number[13:14]) AS DATE) END;
