-- Shared steps of all normalisers. Every normaliser answers {value, missing, note}: missing says why there is no value.
CREATE OR REPLACE MACRO half_width(t) AS
    translate(t,
        '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－／．，：＋＃（）　',
        '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-/.,:+#() ');

CREATE OR REPLACE MACRO without_invisible(t) AS
    regexp_replace(t, '[\x{200B}-\x{200F}\x{2060}\x{FEFF}\x{00AD}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}\x00-\x08]', '', 'g');

CREATE OR REPLACE MACRO tidy(t) AS
    trim(regexp_replace(half_width(without_invisible(t)), '[\s\x{00A0}]+', ' ', 'g'));

