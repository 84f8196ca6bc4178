-- One row per published value that has not been so from the first release on: since when it holds, since when it is known.
CREATE OR REPLACE TABLE released.history_since AS
SELECT * FROM (
    SELECT person_id, datum, valid_from, known_from FROM history_kept_since
    UNION ALL
    SELECT person_id, datum, holds_from,
           CASE WHEN is_other OR is_of_another OR holds_from IS DISTINCT FROM valid_then THEN DATE $day ELSE known_then END
    FROM history_change
    WHERE value_now IS NOT NULL
      AND (is_other OR is_of_another OR holds_from IS DISTINCT FROM valid_then OR known_then > $began OR holds_from IS DISTINCT FROM valid_on)
)
ORDER BY person_id, datum;
