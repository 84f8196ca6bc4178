CREATE OR REPLACE MACRO amount_from_text(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::DECIMAL(14, 2), 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN t <> '0' AND placeholder_reason(t) IS NOT NULL THEN {'value': NULL::DECIMAL(14, 2), 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         WHEN TRY_CAST(replace(regexp_replace(t, '[¥￥元]', '', 'g'), ',', '') AS DECIMAL(14, 2)) IS NULL
             THEN {'value': NULL::DECIMAL(14, 2), 'missing': 'unreadable', 'note': NULL::VARCHAR}
         ELSE {'value': TRY_CAST(replace(regexp_replace(t, '[¥￥元]', '', 'g'), ',', '') AS DECIMAL(14, 2)), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_amount(raw, extract_date) AS
    list_transform([tidy(raw)], lambda t: amount_from_text(t))[1];

CREATE OR REPLACE MACRO regular_amount(raw, extract_date) AS regexp_full_match(raw, '[1-9]\d{0,11}(\.\d{1,2})?');
CREATE OR REPLACE MACRO plain_amount(raw) AS TRY_CAST(raw AS DECIMAL(14, 2));
