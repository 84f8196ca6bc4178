-- The 15 digits that a spreadsheet leaves of a number, or the fewer that its scientific form shows.
CREATE OR REPLACE MACRO digits_left(t) AS
    CASE WHEN regexp_full_match(t, '\d(\.\d+)?E\+?\d+')
              THEN left(regexp_replace(regexp_replace(t, 'E.*', ''), '\.', ''), 15)
         WHEN length(t) > 15 AND ends_with(t, '000') THEN left(t, 15)
         ELSE t END;

-- Whether one department has a number of its own for each of the two.
CREATE OR REPLACE MACRO spaces_of(keys) AS list_transform(keys, lambda k: split_part(k, '/', 1));

CREATE OR REPLACE MACRO are_two_entries(keys, others) AS
    coalesce(NOT list_has_any(keys, others) AND list_has_any(spaces_of(keys), spaces_of(others)), false);

-- Of all levels that the pairs of two lists reach, the best.
CREATE OR REPLACE MACRO best_name(names, others) AS
    list_min(flatten(list_transform(names, lambda a: list_transform(others, lambda b: list_position(
        ['same', 'similar', 'lookalike', 'slip', 'one', 'half', 'given', 'other'],
        name_says(a.name_key, b.name_key, a.sound, b.sound, a.is_lossy, b.is_lossy, a.looks))))));

-- The first of January and of July stand where the day was not known: two that agree in nothing but that agree in a year.
CREATE OR REPLACE MACRO best_birth(births, others) AS
    list_min(flatten(list_transform(births, lambda a: list_transform(others, lambda b: list_position(
        ['same', 'slip', 'default', 'part', 'other'],
        CASE WHEN year(a) = year(b) AND (is_default_day(a) OR is_default_day(b)) THEN 'default'
             WHEN is_default_day(a) AND is_default_day(b) THEN 'other'
             ELSE birth_says(a, b) END)))));

-- Fewer years apart than a parent and a child who may bear one name.
CREATE OR REPLACE MACRO within_a_generation(births, others) AS
    list_min(flatten(list_transform(births, lambda a: list_transform(others, lambda b: abs(year(a) - year(b)))))) < 13;

-- By how many edits (exchanges of neighbours count as one) the closest two numbers differ.
CREATE OR REPLACE MACRO edits(texts, others) AS
    list_min(flatten(list_transform(texts, lambda a: list_transform(others, lambda b: damerau_levenshtein(a, b)))));

-- Permits of three letters have hardly a digit that is not their bearer's birth or place: two slips make another's of one.
CREATE OR REPLACE MACRO long_enough(texts) AS list_filter(texts, lambda t: length(t) > 15);

-- What a spreadsheet left of one is the beginning of the other: 15 digits, or fewer.
CREATE OR REPLACE MACRO shares_fifteen(stems, beginnings) AS
    list_has_any(list_filter(stems, lambda s: length(s) = 15), beginnings);

CREATE OR REPLACE MACRO shares_beginning(stems, beginnings) AS
    len(list_filter(stems, lambda s: length(s) BETWEEN 6 AND 14 AND len(list_filter(beginnings, lambda b: starts_with(b, s))) > 0)) > 0;

-- Whether the one is what floating-point numbers make of the other: 53 bits hold some 16 of the 18 digits.
CREATE OR REPLACE MACRO is_rounded(texts, others) AS
    len(list_filter(texts, lambda a: length(a) = 18
        AND len(list_filter(others, lambda b: a <> b AND TRY_CAST(TRY_CAST(a AS BIGINT) AS DOUBLE)::BIGINT = TRY_CAST(b AS BIGINT))) > 0)) > 0;

-- The two kinds of a foreigner's permit: three letters and twelve digits, and 18 digits that begin with 9; both tell the birth, and the
-- country, by its letters and by its number (GB/T 2659). All countries stand in one text, AFG004ALB008...: a map is copied for each value.
CREATE OR REPLACE MACRO country_number(letters) AS
    CASE WHEN length(letters) = 3 AND contains('$countries', letters) THEN substr('$countries', instr('$countries', letters) + 3, 3) END;

CREATE OR REPLACE MACRO are_two_cards(older, newer) AS
    len(list_filter(older, lambda a: regexp_full_match(a, '[A-Z]{3}.{12}')
        AND len(list_filter(newer, lambda b: b[1] = '9' AND a[8:13] = b[9:14] AND coalesce(country_number(a[1:3]) = b[4:6], true))) > 0)) > 0;

-- A number without its sequence and check character: four characters, of an older permit two.
CREATE OR REPLACE MACRO without_sequence(number) AS left(number, length(number) - CASE WHEN length(number) = 15 THEN 2 ELSE 4 END);

-- Numbers of one place and one day of birth, issued one after the other: to twins, or to namesakes of one village.
CREATE OR REPLACE MACRO are_neighbours(numbers, others) AS
    len(list_filter(numbers, lambda a: len(list_filter(others, lambda b: a <> b AND without_sequence(a) = without_sequence(b))) > 0)) > 0;

-- Whether a number tells a birth that is told beside it: then it is hardly somebody else's, as a spouse's or a child's is.
CREATE OR REPLACE MACRO fits_births(number, births) AS
    len(list_filter(births, lambda born: ends_with(strftime(born, '%Y%m%d'), birth_in_number(number)))) > 0;

-- Numbers of one kind that are each their bearer's own.
CREATE OR REPLACE MACRO are_two_persons(numbers, births, others, other_births) AS
    len(list_filter(numbers, lambda a: fits_births(a, births)
        AND len(list_filter(others, lambda b: a <> b AND kind_of_number(a) = kind_of_number(b) AND fits_births(b, other_births))) > 0)) > 0;

-- Of these, numbers with one check character that differ in two digits: a slip that the check does not show. Numbers issued one after
-- the other (steps of two, for one sex) never have one check character (GB 11643, MOD 11-2).
CREATE OR REPLACE MACRO is_neighbour_mistyped(numbers, others) AS
    len(list_filter(numbers, lambda a: length(a) = 18 AND len(list_filter(others, lambda b: a <> b AND left(a, 14) = left(b, 14)
        AND right(a, 1) = right(b, 1) AND damerau_levenshtein(a, b) <= 2)) > 0)) > 0;

-- Whether one register has current records of both, under two names.
CREATE OR REPLACE MACRO named_apart(names, others) AS
    len(list_filter(coalesce(names, []), lambda a: len(list_filter(coalesce(others, []),
        lambda b: a.register = b.register AND a.name_key <> b.name_key)) > 0)) > 0;
