-- The digits of a number; a comma only parts thousands: 12,34 and 1.234,50 may be meant otherwise, and are nothing.
CREATE OR REPLACE MACRO ungrouped(t) AS
    CASE WHEN NOT contains(t, ',') THEN t WHEN regexp_matches(t, '^[+-]?\d{1,3}(,\d{3})+([^\d,][^,]*)?$') THEN replace(t, ',', '') END;

-- Yuan with two decimals; 1.2万元 says itself that it is in ten thousands, and 100元 that it is in yuan, whatever unit the header of a column
-- of amount_in_ten_thousands or amount_in_fen says.
CREATE OR REPLACE MACRO yuan(t, unit) AS list_transform(
    [regexp_extract(ungrouped(regexp_replace(t, '[¥￥元\s]', '', 'g')), '^([+-]?\d*\.?\d+\.?)(万?)$', ['digits', 'wan'])],
    lambda told: TRY_CAST(TRY_CAST(told.digits AS DECIMAL(20, 6))
                          * CASE WHEN told.wan = '万' THEN 10000 WHEN contains(t, '元') THEN 1 ELSE unit END AS DECIMAL(14, 2)))[1];

CREATE OR REPLACE MACRO amount_from_text(t, unit) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::DECIMAL(14, 2), 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN yuan(t, unit) IS NOT NULL THEN {'value': yuan(t, unit), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         ELSE {'value': NULL::DECIMAL(14, 2), 'missing': coalesce(placeholder_reason(t), 'unreadable'), 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_amount(raw, extract_date) AS list_transform([tidy(raw)], lambda t: amount_from_text(t, 1))[1];
CREATE OR REPLACE MACRO regular_amount(raw, extract_date) AS regexp_full_match(raw, '[1-9]\d{0,11}(\.\d{1,2})?');
CREATE OR REPLACE MACRO plain_amount(raw) AS TRY_CAST(raw AS DECIMAL(14, 2));

CREATE OR REPLACE MACRO normalise_amount_in_ten_thousands(raw, extract_date) AS
    list_transform([tidy(raw)], lambda t: amount_from_text(t, 10000))[1];
CREATE OR REPLACE MACRO regular_amount_in_ten_thousands(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_amount_in_ten_thousands(raw) AS NULL::DECIMAL(14, 2);

CREATE OR REPLACE MACRO normalise_amount_in_fen(raw, extract_date) AS list_transform([tidy(raw)], lambda t: amount_from_text(t, 0.01))[1];
CREATE OR REPLACE MACRO regular_amount_in_fen(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_amount_in_fen(raw) AS NULL::DECIMAL(14, 2);
