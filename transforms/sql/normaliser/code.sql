-- How a spelling is looked up that the crosswalk does not have to the letter: width, case, blanks and a full stop say nothing.
CREATE OR REPLACE MACRO code_key(t) AS
    plain_digits(regexp_replace(regexp_replace(upper(tidy(t)), '\s', '', 'g'), '。$', ''));

-- 1男, 01-汉族, 汉族(01): the code and the name beside it, which must be one.
CREATE OR REPLACE MACRO code_beside_name(key) AS
    regexp_extract(key, '^[(\[]?([A-Z\d]+)[)\]]?[-_.:/]?\p{Han}+$', 1) || regexp_extract(key, '^\p{Han}+[-_.:/]?[(\[]?([A-Z\d]+)[)\]]?$', 1);
CREATE OR REPLACE MACRO name_beside_code(key) AS regexp_extract(key, '\p{Han}+');

-- 001: a number with more noughts before it than the crosswalk has.
CREATE OR REPLACE MACRO code_without_noughts(key) AS regexp_extract(key, '^0+([1-9]\d*)$', 1);

-- The caller joins the column's crosswalk and passes the code found there.
CREATE OR REPLACE MACRO normalise_code(raw, extract_date, found) AS
    {'value': found,
     'missing': CASE WHEN found IS NULL THEN list_transform([tidy(raw)], lambda t:
         CASE WHEN coalesce(t, '') = '' THEN 'blank' ELSE coalesce(placeholder_reason(t), 'unknown_code') END)[1] END,
     'note': NULL::VARCHAR};

CREATE OR REPLACE MACRO regular_code(raw, extract_date) AS false;
CREATE OR REPLACE MACRO plain_code(raw) AS raw;
