CREATE OR REPLACE MACRO amount_from_text(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::DECIMAL(14, 2), 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN t <> '0' AND placeholder_reason(t) IS NOT NULL THEN {'value': NULL::DECIMAL(14, 2), 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         WHEN TRY_CAST(replace(regexp_replace(t, '[¥￥元]', '', 'g'), ',', '') AS DECIMAL(14, 2)) IS NULL
             THEN {'value': NULL::DECIMAL(14, 2), 'missing': 'unreadable', 'note': NULL::VARCHAR}
         ELSE {'value': TRY_CAST(replace(regexp_replace(t, '[¥￥元]', '', 'g'), ',', '') AS DECIMAL(14, 2)), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_amount(raw, extract_date) AS amount_from_text(tidy(raw));
