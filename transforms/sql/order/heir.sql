-- One row per person id that went under in another one and did not come back, with the living id that its orders go on with.
CREATE OR REPLACE TEMP TABLE order_heir AS
WITH RECURSIVE living AS (
    SELECT person_id(person_no) AS person_id FROM link_person
), went AS (
    SELECT person_id, max_by(other_person_id, release_id) AS heir FROM person_change
    WHERE kind = 'merged' AND person_id NOT IN (FROM living)
    GROUP BY person_id
), chain (person_id, heir) AS (
    FROM went
    UNION
    SELECT chain.person_id, went.heir FROM chain JOIN went ON went.person_id = chain.heir
)
FROM chain WHERE heir IN (FROM living);
