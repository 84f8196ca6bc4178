-- What earlier batches told of such a record, the newest at place 1.
INSERT INTO number_before
SELECT $department, $dataset, $role, r.record_key, row_number() OVER (PARTITION BY r.record_key ORDER BY $newest_first) AS place,
       $number AS number, $called AS name, $born AS birth_date
FROM ($rows) AS r JOIN lost_number ON lost_number.record_key = r.record_key AND r.source_no // $files_a_batch < lost_number.lost__in
WHERE operation = 'upsert';
