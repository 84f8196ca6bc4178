-- What was known before $day. A day that is released again starts from what was known the day before it, so that it leaves what
-- one release with everything in it would have left.
CREATE OR REPLACE TEMP TABLE history_touched AS
SELECT coalesce(n.person_id, b.person_id) AS person_id
FROM (SELECT person_id, hash($now) AS print FROM released.unify_person) AS n
FULL JOIN (SELECT person_id, hash($before) AS print FROM before.unify_person) AS b ON b.person_id = n.person_id
WHERE n.print IS DISTINCT FROM b.print
UNION
SELECT person_id FROM before.history_past WHERE known_from >= $day OR known_to >= $day
UNION
SELECT person_id FROM before.history_since WHERE known_from >= $day;

CREATE OR REPLACE TEMP TABLE history_then AS
SELECT person_id, datum, value, valid_from, valid_to, known_from, CASE WHEN known_to < $day THEN known_to END AS known_to,
       department, dataset, standing
FROM before.person_history SEMI JOIN history_touched USING (person_id)
WHERE known_from < $day;

CREATE OR REPLACE TEMP TABLE history_kept_past AS
SELECT person_id, datum, value, valid_from, valid_to, known_from, known_to, department, dataset, standing
FROM before.history_past ANTI JOIN history_touched USING (person_id);

CREATE OR REPLACE TEMP TABLE history_kept_since AS
SELECT person_id, datum, valid_from, known_from FROM before.history_since ANTI JOIN history_touched USING (person_id);
