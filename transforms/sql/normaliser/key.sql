CREATE OR REPLACE MACRO normalise_key(raw, extract_date) AS
    {'value': nullif(tidy(raw), ''), 'missing': CASE WHEN coalesce(tidy(raw), '') = '' THEN 'blank' END, 'note': NULL::VARCHAR};

CREATE OR REPLACE MACRO regular_key(raw, extract_date) AS regexp_full_match(raw, '[!-&(-<>-~][!-~]*');
CREATE OR REPLACE MACRO plain_key(raw) AS raw;
