-- One row: pairs of entries, the sums that B-cubed is made of, and how much is left to people.
CREATE OR REPLACE TEMP TABLE evaluate_measure AS
WITH compared AS (
    SELECT DISTINCT least(person_id, other_person_id) AS one, greatest(person_id, other_person_id) AS other
    FROM evaluate_touched WHERE person_id <> other_person_id
), reached AS (
    SELECT sum(a.entries * b.entries) AS pairs
    FROM evaluate_shared AS a
    JOIN evaluate_shared AS b ON a.true_id = b.true_id AND a.person_id < b.person_id
    JOIN compared ON compared.one = a.person_id AND compared.other = b.person_id
), waiting AS (
    SELECT DISTINCT least(person_id, other_person_id) AS one, greatest(person_id, other_person_id) AS other
    FROM evaluate_touched WHERE outcome = 'doubtful'
), left_to_people AS (
    SELECT entry_no FROM evaluate_touched WHERE outcome = 'doubtful'
    UNION
    SELECT other_no FROM evaluate_touched WHERE outcome = 'doubtful'
)
SELECT (SELECT count(*) FROM evaluate_entry) AS entries,
       (SELECT count(*) FROM evaluate_entry WHERE is_lost) AS lost,
       (SELECT count(*) FROM published.person) AS persons,
       (SELECT count(DISTINCT true_id) FROM evaluate_entry) AS true_persons,
       (SELECT sum(person_entries * (person_entries - 1) // 2) FROM evaluate_shared WHERE is_owner)::BIGINT AS pairs_together,
       (SELECT sum(true_entries * (true_entries - 1) // 2) FROM evaluate_shared WHERE is_home)::BIGINT AS pairs_true,
       (SELECT sum(entries * (entries - 1) // 2) FROM evaluate_shared)::BIGINT AS pairs_right,
       (SELECT coalesce(pairs, 0) FROM reached)::BIGINT AS pairs_compared_apart,
       (SELECT sum(entries * entries / person_entries) FROM evaluate_shared) AS precision_sum,
       (SELECT sum(entries * entries / true_entries) FROM evaluate_shared) AS recall_sum,
       (SELECT count(*) FROM waiting) AS doubtful,
       (SELECT count(*) FROM left_to_people) AS left_to_people;
