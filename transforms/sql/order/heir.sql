-- One row per person id that went under in another one, with the id that its orders go on with.
CREATE OR REPLACE TEMP TABLE order_heir AS
WITH RECURSIVE chain (person_id, heir, steps) AS (
    SELECT person_id, other_person_id, 1 FROM person_change WHERE kind = 'merged'
    UNION ALL
    SELECT chain.person_id, c.other_person_id, steps + 1
    FROM chain JOIN person_change AS c ON c.person_id = chain.heir AND c.kind = 'merged'
    WHERE steps < 20
)
SELECT person_id, arg_max(heir, steps) AS heir FROM chain GROUP BY person_id;
