-- GB 11643-1999 with its check digit (ISO 7064 MOD 11-2); residence permits of Hong Kong, Macao and Taiwan residents
-- (81/82/83, 国办发〔2018〕81号) and the permit of 2023 (first digit 9) have the same form and check. The 15-digit form of
-- 1989 is upgraded; three letters and 12 digits is the older permit; 20 digits are a disability card that begins with
-- the number. damaged says that the file went through a spreadsheet that kept 15 digits only.
-- What clerks put around and between the digits is no part of a number; a remark in words stays, as it may say whose number it is.
CREATE OR REPLACE MACRO identity_text(raw) AS list_transform(
    [upper(translate(regexp_replace(half_width(without_invisible(raw)), '[\s\x{00A0}''"=\-]+', '', 'g'), '×ⅩⅹΧχ✕✖хХ*＊﹡', 'XXXXXXXXXXXX'))],
    lambda t: list_transform([regexp_replace(regexp_replace(t, '^\(?(公民|居民)?(身份证?|证件)号?码?\)?:?|\(?本人\)?$|\.0*$', '', 'g'), '[`‘’“”–—_,;:、。()]+', '', 'g')],
        lambda bare: CASE WHEN regexp_full_match(bare, '\d{15}|\d{17}[0-9X](\d{2})?|[A-Z]{3}\d{12}') THEN bare ELSE t END)[1])[1];

CREATE OR REPLACE MACRO weighted_sum(n) AS
    7 * (n // 10000000000000000 % 10) + 9 * (n // 1000000000000000 % 10) + 10 * (n // 100000000000000 % 10)
    + 5 * (n // 10000000000000 % 10) + 8 * (n // 1000000000000 % 10) + 4 * (n // 100000000000 % 10)
    + 2 * (n // 10000000000 % 10) + (n // 1000000000 % 10) + 6 * (n // 100000000 % 10) + 3 * (n // 10000000 % 10)
    + 7 * (n // 1000000 % 10) + 9 * (n // 100000 % 10) + 10 * (n // 10000 % 10) + 5 * (n // 1000 % 10)
    + 8 * (n // 100 % 10) + 4 * (n // 10 % 10) + 2 * (n % 10);

-- A lambda binds its argument once; a macro's argument is pasted in wherever it is named.
CREATE OR REPLACE MACRO check_digit(seventeen) AS
    list_transform([TRY_CAST(seventeen AS BIGINT)], lambda n: substr('10X98765432', (weighted_sum(n) % 11 + 1)::INT, 1))[1];

CREATE OR REPLACE MACRO check_is_right(t) AS check_digit(t[1:17]) = t[18:18];

CREATE OR REPLACE MACRO number_is_sound(t) AS
    check_is_right(t) AND try_strptime(t[7:14], '%Y%m%d') IS NOT NULL;

CREATE OR REPLACE MACRO upgraded(t) AS list_transform(
    [t[1:6] || CASE WHEN t[13:15] IN ('996', '997', '998', '999') THEN '18' ELSE '19' END || t[7:15]],
    lambda seventeen: seventeen || check_digit(seventeen))[1];

-- One digit again and again, or digits as they stand on the keyboard; 123456 was never a division.
CREATE OR REPLACE MACRO number_is_test(t) AS
    length(t) IN (15, 18) AND (regexp_matches(t, '^(1+|2+|3+|4+|5+|6+|7+|8+)$') OR regexp_matches(t, '^(123456|987654321)'));

CREATE OR REPLACE MACRO identity_verdict(t, is_damaged) AS
    CASE WHEN t = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '0{15,18}|9{15,18}') THEN {'value': NULL::VARCHAR, 'missing': 'placeholder', 'note': NULL::VARCHAR}
         WHEN number_is_test(t) THEN {'value': NULL::VARCHAR, 'missing': 'test', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '\d(\.\d+)?E\+?\d+') THEN {'value': NULL::VARCHAR, 'missing': 'damaged', 'note': NULL::VARCHAR}
         WHEN is_damaged AND regexp_full_match(t, '\d{15}000') THEN {'value': NULL::VARCHAR, 'missing': 'damaged', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '[1-9]\d{16}[0-9X]') AND number_is_sound(t)
             THEN {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '[1-8]\d{14}') AND number_is_sound(upgraded(t))
             THEN {'value': upgraded(t), 'missing': NULL::VARCHAR, 'note': 'upgraded'}
         WHEN regexp_full_match(t, '[A-Z]{3}\d{12}') THEN {'value': t, 'missing': NULL::VARCHAR, 'note': 'older_permit'}
         WHEN regexp_full_match(t, '\d{17}[0-9X]\d{2}(B\d)?') AND number_is_sound(t[1:18])
             THEN {'value': t[1:18], 'missing': NULL::VARCHAR, 'note': 'disability_card'}
         WHEN regexp_full_match(t, '\d{17}[0-9X]') THEN {'value': NULL::VARCHAR, 'missing': 'check_digit', 'note': NULL::VARCHAR}
         ELSE {'value': NULL::VARCHAR, 'missing': coalesce(placeholder_reason(t), 'invalid'), 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_identity_number(raw, extract_date, is_damaged) AS
    list_transform([identity_text(raw)], lambda t: identity_verdict(t, is_damaged))[1];

CREATE OR REPLACE MACRO regular_identity_number(raw, extract_date, is_damaged) AS
    regexp_full_match(raw, '[1-8]\d{16}[0-9X]') AND number_is_sound(raw) AND NOT (is_damaged AND raw LIKE '%000') AND NOT number_is_test(raw);
CREATE OR REPLACE MACRO plain_identity_number(raw) AS raw;
