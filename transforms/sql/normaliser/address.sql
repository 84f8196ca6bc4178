-- "Same as above" is answered by the caller, which knows the column that it points to.
CREATE OR REPLACE MACRO normalise_address_tidy(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN t IN ('同上', '同户籍', '同户籍地', '同户籍地址', '同户口') THEN {'value': NULL::VARCHAR, 'missing': 'same_as', 'note': NULL::VARCHAR}
         WHEN length(t) <= 10 AND placeholder_reason(t) IS NOT NULL
             THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_address(raw, extract_date) AS
    list_transform([regexp_replace(tidy(raw), '(\p{Han}|\d) +', '\1', 'g')], lambda t: normalise_address_tidy(t))[1];

CREATE OR REPLACE MACRO regular_address(raw, extract_date) AS length(raw) > 10 AND regexp_full_match(raw, '[0-9A-Za-z\p{Han}]+');
CREATE OR REPLACE MACRO plain_address(raw) AS raw;
