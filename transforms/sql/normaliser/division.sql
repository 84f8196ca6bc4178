-- GB/T 2260 (6 digits), with GB/T 10114 (9) or the statistical code (12). A county that was abolished in favour of
-- one other (today, 民政部令第79号) is brought up to date; what follows the county is kept as it came.
CREATE OR REPLACE MACRO division_from_text(t, today) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         WHEN NOT regexp_full_match(t, '[1-8]\d{5}(\d{3}|\d{6})?') THEN {'value': NULL::VARCHAR, 'missing': 'invalid', 'note': NULL::VARCHAR}
         ELSE {'value': coalesce(today || substr(t, 7), t), 'missing': NULL::VARCHAR, 'note': CASE WHEN today IS NOT NULL THEN 'successor' END} END;

CREATE OR REPLACE MACRO normalise_division(raw, extract_date, today) AS
    list_transform([plain_digits(tidy(raw))], lambda t: division_from_text(t, today))[1];

CREATE OR REPLACE MACRO regular_division(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_division(raw) AS raw;
