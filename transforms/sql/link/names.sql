-- Keys only serve to compare; what is published is the name as it was registered.
CREATE OR REPLACE MACRO name_key(t) AS
    CASE WHEN t IS NULL THEN NULL
         WHEN regexp_matches(t, '\p{Han}') THEN
             CASE WHEN regexp_matches(t, '[·$variants]')
                  THEN translate(t, '$variants·', '$standards')
                  ELSE t END
         ELSE array_to_string(list_sort(list_filter(string_split_regex(upper(t), '[ ,.·]+'), lambda x: x <> '')), ' ') END;

-- What is left of a lossy name, as a LIKE pattern: each lost character may have been any one.
CREATE OR REPLACE MACRO lossy_pattern(t) AS
    CASE WHEN regexp_full_match(t, '\p{Han}') THEN t || '_%'
         ELSE regexp_replace(regexp_replace(t, '[?？□〓_\x{FFFD}\x{E000}-\x{F8FF}]', '_', 'g'), '([\p{Han}])[A-Za-z]+$$', '\1_') END;

-- An address without the province and city that people leave out or not.
CREATE OR REPLACE MACRO address_key(t) AS
    regexp_replace(t, '^(\p{Han}{2,8}?(省|自治区))?(\p{Han}{2,6}?(市|自治州|地区|盟))?', '');
