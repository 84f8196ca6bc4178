-- GB 32100-2015: 17 characters and a check character, weights 3^(i-1) mod 31.
CREATE OR REPLACE MACRO credit_place(t, i) AS strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', t[i:i]) - 1;

CREATE OR REPLACE MACRO credit_check(t) AS (31 - (
    credit_place(t, 1) + 3 * credit_place(t, 2) + 9 * credit_place(t, 3) + 27 * credit_place(t, 4) + 19 * credit_place(t, 5)
    + 26 * credit_place(t, 6) + 16 * credit_place(t, 7) + 17 * credit_place(t, 8) + 20 * credit_place(t, 9)
    + 29 * credit_place(t, 10) + 25 * credit_place(t, 11) + 13 * credit_place(t, 12) + 8 * credit_place(t, 13)
    + 24 * credit_place(t, 14) + 10 * credit_place(t, 15) + 30 * credit_place(t, 16) + 28 * credit_place(t, 17)) % 31) % 31;

CREATE OR REPLACE MACRO credit_code_verdict(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN NOT regexp_full_match(t, '[0-9A-HJ-NP-RTUW-Y]{18}')
             THEN {'value': NULL::VARCHAR, 'missing': coalesce(placeholder_reason(t), 'invalid'), 'note': NULL::VARCHAR}
         WHEN credit_check(t) <> credit_place(t, 18) THEN {'value': NULL::VARCHAR, 'missing': 'check_character', 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_credit_code(raw, extract_date) AS list_transform([upper(tidy(raw))], lambda t: credit_code_verdict(t))[1];

CREATE OR REPLACE MACRO regular_credit_code(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_credit_code(raw) AS raw;
