-- GB/T 2260 (6 digits), with GB/T 10114 (9) or the statistical code (12). What follows the county is kept as it came.
CREATE OR REPLACE MACRO division_from_text(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         WHEN NOT regexp_full_match(t, '[1-8]\d{5}(\d{3}|\d{6})?') THEN {'value': NULL::VARCHAR, 'missing': 'invalid', 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_division(raw, extract_date) AS division_from_text(tidy(raw));
