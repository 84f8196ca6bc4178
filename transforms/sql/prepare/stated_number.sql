-- One row per number that a record of the register bears and one that the register stated to have been before it: a correction upon a
-- correction tells the last number alone, what came before that is told by the newest version with the number then.
INSERT INTO stated_number
WITH RECURSIVE now AS (
    SELECT record_key, $number AS number, $former AS former_number FROM record_$table WHERE $number IS NOT NULL AND $former IS NOT NULL
), stated AS (
    SELECT record_key, $number AS number, $former AS former_number FROM ($rows) SEMI JOIN now USING (record_key)
    WHERE operation = 'upsert' AND $number IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY record_key, $number ORDER BY $newest_first) = 1
), chain AS (
    FROM now
    UNION
    SELECT chain.record_key, chain.number, s.former_number
    FROM chain JOIN stated AS s ON s.record_key = chain.record_key AND s.number = chain.former_number
    WHERE s.former_number IS NOT NULL
)
SELECT DISTINCT number, former_number FROM chain WHERE number <> former_number;
