-- Shared steps of all normalisers. normalise_X(raw, extract_date) answers {value, missing, note} for any text: missing says why
-- there is no value. Most values need none of that: regular_X(raw, extract_date) tells them and plain_X(raw) is their value, so
-- that only the distinct irregular texts of a file go the long way.
CREATE OR REPLACE MACRO half_width(t) AS
    CASE WHEN NOT regexp_matches(t, '[\x{FF01}-\x{FF5E}\x{3000}]') THEN t ELSE translate(t,
        '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－／．，：＋＃（）　',
        '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-/.,:+#() ') END;

CREATE OR REPLACE MACRO without_invisible(t) AS
    regexp_replace(t, '[\x{200B}-\x{200F}\x{2060}\x{FEFF}\x{00AD}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x00-\x08]', '', 'g');

-- What a spreadsheet writes before or around a cell to say that it is text, 'A1 and ="A1", is no part of it.
CREATE OR REPLACE MACRO without_text_mark(t) AS
    CASE WHEN regexp_matches(t, '^[''＇=]') THEN trim(regexp_replace(t, '^(?:[''＇]+|="([^"]*)"$)', '\1')) ELSE t END;

CREATE OR REPLACE MACRO tidy(t) AS
    without_text_mark(trim(regexp_replace(half_width(without_invisible(t)), '[\s\x{00A0}]+', ' ', 'g')));

-- A system without a rare character keeps it as a web page writes it: &#19886; or &#x4DAE; for 䶮. Halves of one (55296 to 57343) are lost.
CREATE OR REPLACE MACRO escaped_number(p) AS TRY_CAST(CASE WHEN lower(p[3]) = 'x' THEN '0x' || p[4:-2] ELSE p[3:-2] END AS INTEGER);
CREATE OR REPLACE MACRO escaped_character(p) AS
    CASE WHEN escaped_number(p) < 55296 OR escaped_number(p) BETWEEN 57344 AND 1114111 THEN chr(escaped_number(p)) ELSE '?' END;
CREATE OR REPLACE MACRO without_escapes(t) AS
    CASE WHEN NOT contains(t, '&#') THEN t ELSE array_to_string(list_transform(
        regexp_extract_all(t, '&#(?:\d{5,7}|[xX][0-9A-Fa-f]{4,6});|[^&]+|&'), lambda p:
            CASE WHEN starts_with(p, '&#') THEN escaped_character(p) ELSE p END), '') END;

-- Programs that take a column for numbers write 1.0 for 1, and 1.3857112233E10 for 13857112233: all digits are there, unlike in 1.39E+10.
CREATE OR REPLACE MACRO exponent(t) AS TRY_CAST(regexp_extract(t, '^\d\.\d{1,15}E([7-9]|1[0-5])$', 1) AS INTEGER);
CREATE OR REPLACE MACRO plain_digits(t) AS
    CASE WHEN strpos(t, 'E') - 3 <= exponent(t) THEN rpad(replace(split_part(t, 'E', 1), '.', ''), exponent(t) + 1, '0')
         ELSE regexp_replace(t, '^(\d+)\.0+$', '\1') END;
