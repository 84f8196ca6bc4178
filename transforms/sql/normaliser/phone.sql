-- Mobiles of 11 digits, landlines as area code, hyphen, number. Of two numbers in one cell the first is taken; words and a country code
-- before it, an extension after it, and the nought dialled before a mobile from elsewhere are no part of it.
CREATE OR REPLACE MACRO first_phone(t) AS
    regexp_extract(t, '^[^0-9]*(?:(?:86|0086)[- )]*)?(0?1[3-9]\d[ .-]?\d{4}[ .-]?\d{4}|0\d{2,3}[) -]*\d{3,4}[ -]?\d{4})(?:\D|$)', 1);

CREATE OR REPLACE MACRO phone_digits(t) AS
    regexp_replace(regexp_replace(coalesce(nullif(first_phone(t), ''), regexp_extract(t, '^[0-9() -]+', 0)), '[() .-]', '', 'g'), '^0(1[3-9]\d{9})$', '\1');

CREATE OR REPLACE MACRO phone_is_dummy(d) AS
    d IN ('13800138000', '12345678901', '13912345678', '13812345678')
    OR regexp_matches(d, '0{8}|1{8}|2{8}|3{8}|4{8}|5{8}|6{8}|7{8}|8{8}|9{8}');

CREATE OR REPLACE MACRO phone_from_digits(d) AS
    CASE WHEN phone_is_dummy(d) THEN {'value': NULL::VARCHAR, 'missing': 'dummy', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(d, '1[3-9]\d{9}') THEN {'value': d, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         WHEN regexp_full_match(d, '0(10|2\d)\d{7,8}') THEN {'value': d[1:3] || '-' || d[4:], 'missing': NULL::VARCHAR, 'note': 'landline'}
         WHEN regexp_full_match(d, '0[3-9]\d{2}\d{7,8}') THEN {'value': d[1:4] || '-' || d[5:], 'missing': NULL::VARCHAR, 'note': 'landline'}
         ELSE {'value': NULL::VARCHAR, 'missing': 'invalid', 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO phone_from_text(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         ELSE list_transform([phone_digits(t)], lambda d: phone_from_digits(d))[1] END;

CREATE OR REPLACE MACRO normalise_phone(raw, extract_date) AS list_transform([plain_digits(tidy(raw))], lambda t: phone_from_text(t))[1];

CREATE OR REPLACE MACRO regular_phone(raw, extract_date) AS regexp_full_match(raw, '1[3-9]\d{9}') AND NOT phone_is_dummy(raw);
CREATE OR REPLACE MACRO plain_phone(raw) AS raw;
