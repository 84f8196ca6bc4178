-- One row per planted fault or trap with what became of it; is_as_expected is empty where nothing is asked.
CREATE OR REPLACE TEMP TABLE evaluate_planted AS
WITH planted AS (
    SELECT row_number() OVER (ORDER BY kind, department, dataset, record_key, role, true_ids, batch_date, line) AS planted_no, *
    FROM (
        SELECT kind, expected, department, dataset, record_key, role, true_ids, file,
               max(batch_date) AS batch_date, max_by(line, batch_date) AS line
        FROM truth_planted
        GROUP BY kind, expected, department, dataset, record_key, role, true_ids, file
    )
), about AS (
    SELECT planted_no, unnest(true_ids) AS true_id FROM planted
), merged AS (
    SELECT planted_no, max(persons) > 1 AS is_merged
    FROM (
        SELECT planted_no, person_id, count(DISTINCT true_id) AS persons
        FROM (SELECT DISTINCT planted_no, true_id FROM about)
        JOIN evaluate_shared USING (true_id)
        GROUP BY planted_no, person_id
    )
    GROUP BY planted_no
), reported AS (
    SELECT DISTINCT planted_no
    FROM about
    JOIN evaluate_shared AS shared USING (true_id)
    JOIN planted USING (planted_no)
    JOIN published.discrepancy AS d USING (person_id)
    WHERE d.record_key = planted.record_key
       OR planted.department || '/' || planted.dataset IN (d.owner, d.reporter)
), waiting AS (
    SELECT entry_no FROM evaluate_touched WHERE outcome = 'doubtful'
    UNION
    SELECT other_no FROM evaluate_touched WHERE outcome = 'doubtful'
)
SELECT planted.*, entry.entry_no,
       home.person_id AS home_person_id,
       coalesce(waiting.entry_no IS NOT NULL, false) AS is_doubtful,
       coalesce(NOT shared.is_owner, false) AS is_with_another,
       shared.entries - 1 AS pairs_right,
       shared.person_entries - 1 AS pairs_together,
       shared.true_entries - 1 AS pairs_true,
       CASE planted.expected
           WHEN 'not_merged' THEN NOT coalesce(merged.is_merged, false)
           WHEN 'linked' THEN NOT entry.is_lost AND entry.person_id = home.person_id
                                AND (shared.entries > 1 OR shared.true_entries = 1)
           WHEN 'quarantined' THEN out.line IS NOT NULL
           WHEN 'discrepancy' THEN reported.planted_no IS NOT NULL
           WHEN 'accepted' THEN CASE WHEN planted.line IS NOT NULL THEN out.line IS NULL END
       END AS is_as_expected
FROM planted
LEFT JOIN merged USING (planted_no)
LEFT JOIN reported USING (planted_no)
LEFT JOIN evaluate_entry AS entry
    ON entry.department = planted.department AND entry.dataset = planted.dataset
   AND entry.record_key = planted.record_key AND entry.role = planted.role
LEFT JOIN evaluate_shared AS shared ON shared.true_id = entry.true_id AND shared.person_id = entry.person_id
LEFT JOIN evaluate_shared AS home ON home.true_id = entry.true_id AND home.is_home
LEFT JOIN waiting ON waiting.entry_no = entry.entry_no
LEFT JOIN (SELECT DISTINCT department, dataset, batch_date, file, line FROM evaluate_quarantined) AS out
    ON out.department = planted.department AND out.dataset = planted.dataset AND out.batch_date = planted.batch_date
   AND out.file = planted.file AND out.line = planted.line;
