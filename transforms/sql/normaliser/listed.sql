-- The texts of several persons in one cell, in their order: a list of JSON's, or in a table what stands between marks that no name
-- and no number holds. A blank is none of them: 张 三 is one person. An empty place is kept, but for those at the end of a cell.
CREATE OR REPLACE MACRO listed(cell) AS
    CASE WHEN cell IS NULL OR placeholder_reason(trim(cell)) IS NOT NULL THEN []::VARCHAR[]
         WHEN starts_with(cell, '[') AND json_valid(cell) THEN from_json(cell, '["VARCHAR"]')
         ELSE string_split_regex(regexp_replace(cell, '[\s、，,;；/／|｜&＆+＋]+$', ''), '[、，,;；/／|｜&＆+＋\r\n]') END;
