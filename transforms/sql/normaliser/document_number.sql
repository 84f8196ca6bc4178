-- The number of a document: blanks out, letters in capitals; of the column's own pattern (NULL where it has none), whole.
CREATE OR REPLACE MACRO document_text(raw) AS upper(regexp_replace(tidy(raw), '\s+', '', 'g'));

CREATE OR REPLACE MACRO document_verdict(t, pattern) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '\d(\.\d+)?E\+\d+') THEN {'value': NULL::VARCHAR, 'missing': 'damaged', 'note': NULL::VARCHAR}
         WHEN NOT regexp_full_match(t, coalesce(pattern, '.*\d.*')) THEN {'value': NULL::VARCHAR, 'missing': 'invalid', 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_document_number(raw, extract_date, pattern) AS
    list_transform([document_text(raw)], lambda t: document_verdict(t, pattern))[1];

CREATE OR REPLACE MACRO regular_document_number(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_document_number(raw) AS raw;
