CREATE OR REPLACE MACRO set_members(raw) AS
    list_sort(list_distinct(list_filter(
        CASE WHEN raw LIKE '[%' AND NOT json_valid(raw) THEN []
             WHEN raw LIKE '[%' THEN coalesce(TRY_CAST(from_json(raw, '["VARCHAR"]') AS VARCHAR[]), [])
             ELSE string_split_regex(raw, '[;；、,，]') END,
        lambda x: x IS NOT NULL AND trim(x) <> '' AND placeholder_reason(trim(x)) IS NULL)));

-- Members as codes; one that the crosswalk does not know is left out, and missing says so beside those that are known.
CREATE OR REPLACE MACRO coded_set(members, codes) AS list_transform(
    [list_sort(list_distinct(list_filter(list_transform(members, lambda x: codes[trim(x)]), lambda x: x IS NOT NULL)))],
    lambda known: {'value': CASE WHEN len(known) > 0 THEN known END,
                   'missing': CASE WHEN len(list_filter(members, lambda x: codes[trim(x)] IS NULL)) > 0 THEN 'unknown_code' END,
                   'note': NULL::VARCHAR})[1];

-- codes is the column's crosswalk as a map, NULL where it has none.
CREATE OR REPLACE MACRO normalise_set(raw, extract_date, codes) AS
    CASE WHEN raw IS NULL OR raw = '[]' THEN {'value': NULL::VARCHAR[], 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN raw LIKE '[%' AND NOT json_valid(raw) THEN {'value': NULL::VARCHAR[], 'missing': 'unreadable', 'note': NULL::VARCHAR}
         WHEN raw LIKE '[%' AND len(list_filter(set_members(raw), lambda x: regexp_matches(x, '^[{[]'))) > 0
              THEN {'value': NULL::VARCHAR[], 'missing': 'unreadable', 'note': NULL::VARCHAR}
         WHEN len(set_members(raw)) = 0 THEN {'value': NULL::VARCHAR[], 'missing': 'placeholder', 'note': NULL::VARCHAR}
         WHEN codes IS NOT NULL THEN coded_set(set_members(raw), codes)
         ELSE {'value': set_members(raw), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO regular_set(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_set(raw) AS NULL::VARCHAR[];
