-- "Same as above" is answered by the caller, which knows the column that it points to.
CREATE OR REPLACE MACRO normalise_address_tidy(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '\(?(同上址?|同[左前]|[同与]?户[籍口](簿|所在)?地?址?(一致|相同)?|〃|")\)?。?') THEN {'value': NULL::VARCHAR, 'missing': 'same_as', 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '(住址|地址|去向)不[详明]|下落不明|空挂户?') THEN {'value': NULL::VARCHAR, 'missing': 'unknown', 'note': NULL::VARCHAR}
         WHEN length(t) <= 10 AND placeholder_reason(t) IS NOT NULL
             THEN {'value': NULL::VARCHAR, 'missing': placeholder_reason(t), 'note': NULL::VARCHAR}
         ELSE {'value': t, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_address(raw, extract_date) AS
    list_transform([regexp_replace(tidy(without_escapes(raw)), '(\p{Han}|\d) +', '\1', 'g')], lambda t: normalise_address_tidy(t))[1];

CREATE OR REPLACE MACRO regular_address(raw, extract_date) AS length(raw) > 10 AND regexp_full_match(raw, '[0-9A-Za-z\p{Han}]+');
CREATE OR REPLACE MACRO plain_address(raw) AS raw;
