-- A whole number: months paid, members of a household, the number of a version.
CREATE OR REPLACE MACRO whole_number(t) AS TRY_CAST(regexp_extract(ungrouped(t), '^([+-]?\d{1,18})(\.0+)?$', 1) AS BIGINT);

CREATE OR REPLACE MACRO number_from_text(t) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::BIGINT, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN whole_number(t) IS NOT NULL THEN {'value': whole_number(t), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         ELSE {'value': NULL::BIGINT, 'missing': coalesce(placeholder_reason(t), 'unreadable'), 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO normalise_number(raw, extract_date) AS list_transform([tidy(raw)], lambda t: number_from_text(t))[1];

CREATE OR REPLACE MACRO regular_number(raw, extract_date) AS regexp_full_match(raw, '\d{1,18}');
CREATE OR REPLACE MACRO plain_number(raw) AS TRY_CAST(raw AS BIGINT);
