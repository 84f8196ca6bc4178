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

-- Programs that take a column for numbers write 1.0 for 1.
CREATE OR REPLACE MACRO without_point_nought(t) AS regexp_replace(t, '^(\d+)\.0+$', '\1');
