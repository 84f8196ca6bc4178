CREATE OR REPLACE MACRO normalise_key(raw, extract_date) AS
    {'value': nullif(tidy(raw), ''), 'missing': CASE WHEN coalesce(tidy(raw), '') = '' THEN 'blank' END, 'note': NULL::VARCHAR};
