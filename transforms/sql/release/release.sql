-- One row per published release, this one last.
CREATE OR REPLACE TABLE release AS
FROM prior_release
UNION ALL
SELECT $release, DATE $day, TIMESTAMPTZ $built_at, $code, $contracts, $inputs,
       (SELECT count(*) FROM link_person), (SELECT count(*) FROM person_record),
       (SELECT count(*) FROM quarantine), (SELECT count(*) FROM discrepancy);
