-- The caller joins the column's crosswalk and passes the code found there.
CREATE OR REPLACE MACRO normalise_code(raw, extract_date, found) AS
    CASE WHEN found IS NOT NULL THEN {'value': found, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         WHEN coalesce(tidy(raw), '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         ELSE {'value': NULL::VARCHAR, 'missing': coalesce(placeholder_reason(tidy(raw)), 'unknown_code'), 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO regular_code(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_code(raw) AS raw;
