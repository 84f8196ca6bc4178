-- The texts of several persons in one cell, in their order: a list of JSON's, or in a table what stands between marks that no name
-- and no number holds. A blank is none of them: 张 三 is one person. An empty place is kept, but for those at the end of a cell. What a
-- spreadsheet left of a number (3.30106E+17) is one of them.
CREATE OR REPLACE MACRO listed(cell) AS
    CASE WHEN cell IS NULL OR placeholder_reason(trim(cell)) IS NOT NULL THEN []::VARCHAR[]
         WHEN starts_with(cell, '[') AND json_valid(cell) THEN from_json(cell, '["VARCHAR"]')
         ELSE list_transform(
             string_split_regex(regexp_replace(regexp_replace(cell, '(\d[Ee])[+＋](\d)', '\1' || chr(1) || '\2', 'g'), '[\s、，,;；/／|｜&＆+＋]+$', ''), '[、，,;；/／|｜&＆+＋\r\n]'),
             lambda one: replace(one, chr(1), '+')) END;
