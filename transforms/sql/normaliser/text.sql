CREATE OR REPLACE MACRO normalise_text_tidy(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN length(t) <= 10 AND placeholder_reason(t) IS NOT NULL
             THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_text(raw, extract_date) AS
    list_transform([tidy(raw)], lambda t: normalise_text_tidy(t))[1];

CREATE OR REPLACE MACRO regular_text(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_text(raw) AS raw;
