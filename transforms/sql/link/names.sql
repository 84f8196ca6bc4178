-- Keys only serve to compare; what is published is the name as it was registered.
CREATE OR REPLACE MACRO name_key(t) AS
    CASE WHEN t IS NULL THEN NULL
         WHEN regexp_matches(t, '\p{Han}') THEN
             CASE WHEN regexp_matches(t, '[·$variants]')
                  THEN translate(t, '$variants·', '$standards')
                  ELSE t END
         ELSE array_to_string(list_sort(list_filter(string_split_regex(upper(strip_accents(t)), '[ ,.·-]+'), lambda x: x <> '')), ' ') END;

-- After whom a child without a name is called: 张伟之长女, 张伟女婴. 李某之子 names nobody.
CREATE OR REPLACE MACRO parent_called(t) AS nullif(regexp_extract(t, '^([^某]+?)([之的]|[大小]?[男女][婴孩]|[儿女][子儿])', 1), '');

-- Which of several children of one birth a child without a name is called.
CREATE OR REPLACE MACRO order_called(t) AS
    nullif(translate(regexp_extract(replace(t, '三胞胎', ''), '[之的].*?([长次大小幼甲乙丙丁A-Da-d一二三四五1-5])', 1), '长次大小幼甲乙丙丁ABCDabcd一二三四五', '1212212341234123412345'), '');

-- What is left of a lossy name, as a LIKE pattern: each lost character may have been any one.
CREATE OR REPLACE MACRO lossy_pattern(t) AS
    CASE WHEN regexp_full_match(t, '\p{Han}') THEN t || '_%'
         ELSE regexp_replace(regexp_replace(t, '\(.*?\)|[?？□〓○●■◆◇_\x{FFFD}\x{E000}-\x{F8FF}]', '_', 'g'), '([\p{Han}])[A-Za-z]+', '\1_') END;

-- Whether a name fills a field of 10 or 20 bytes of GBK, in which a Han character takes two, and a longer one begins with it.
CREATE OR REPLACE MACRO is_cut_by_a_field(a, b) AS
    starts_with(b, a) AND length(regexp_replace(a, '[^\x00-\x7F]', 'xx', 'g')) IN (10, 20);

-- An address without the province and city that people leave out or not.
CREATE OR REPLACE MACRO address_key(t) AS
    regexp_replace(t, '^(\p{Han}{2,8}?(省|自治区))?(\p{Han}{2,6}?(市|自治州|地区|盟))?', '');

-- 十三 and 三 as 13 and 3; a village that bears a number in its name gets it on both sides of a comparison.
CREATE OR REPLACE MACRO with_digits(t) AS
    CASE WHEN NOT regexp_matches(t, '[一二三四五六七八九十]') THEN t ELSE
        translate(regexp_replace(regexp_replace(regexp_replace(regexp_replace(t, '([一二三四五六七八九])十([一二三四五六七八九])', '\1\2', 'g'),
            '([一二三四五六七八九])十', '\10', 'g'), '十([一二三四五六七八九])', '1\1', 'g'), '十', '10', 'g'), '一二三四五六七八九', '123456789') END;

-- The ways of writing one house and flat: 80-2-3-401, 80号2栋3单元401 and 80号2号楼3单元401室 for 80号2幢3单元401室, 第三村民小组 for 3组.
CREATE OR REPLACE MACRO address_form(t) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(with_digits(t),
        '第?(\d+)(村民|居民)?小?组', '\1组', 'g'), '(\d+)(栋|号楼)', '\1幢', 'g'), '(\d+)-(\d+)-(\d+)-(\d+)$$', '\1号\2幢\3单元\4'),
        '(\d+)-(\d+)-(\d+)$$', '\1幢\2单元\3'), '(单元\d+)室$$', '\1');

-- Whether two addresses are one: the number at the end is compared first, which nearly all that differ do not share.
CREATE OR REPLACE MACRO is_one_address(a, b) AS
    CASE WHEN ends_with(a, address_key(b)) OR ends_with(b, address_key(a)) THEN true
         WHEN regexp_extract(a, '(\d+)\D*$$', 1) <> regexp_extract(b, '(\d+)\D*$$', 1) THEN false
         ELSE ends_with(address_form(a), address_key(address_form(b))) OR ends_with(address_form(b), address_key(address_form(a))) END;

-- At how many places two names of one length differ.
CREATE OR REPLACE MACRO places_apart(a, b) AS
    list_sum(list_transform(range(1, length(a) + 1), lambda i: CASE WHEN substr(a, i::INT, 1) <> substr(b, i::INT, 1) THEN 1 ELSE 0 END));

-- Whether the character of a name where another differs from it looks like the other's; looks: each of its characters with each that looks like it.
CREATE OR REPLACE MACRO looks_like(a, b, looks) AS
    len(list_filter(range(1, length(a) + 1), lambda i: contains(looks, substr(a, i::INT, 1) || substr(b, i::INT, 1)))) > 0;

-- Whether a name in letters is what a Chinese name sounds like, surname first or last, written together or apart.
CREATE OR REPLACE MACRO is_in_letters(t, sound) AS
    regexp_full_match(t, '[A-Z ]+') AND sound <> t
    AND (replace(lower(t), ' ', '') = replace(sound, ' ', '')
         OR lower(split_part(t, ' ', 2) || split_part(t, ' ', 1)) = replace(sound, ' ', '')
         OR list_sort(string_split(lower(t), ' ')) = list_sort(string_split(sound, ' ')));

-- Whether two names in letters are one: the letters are the same, written together or apart and in any order (a key has its parts in
-- order of the alphabet), or middle names were left out and two parts at least remain.
CREATE OR REPLACE MACRO letters_of(t) AS list_sort(string_split(replace(t, ' ', ''), ''));

CREATE OR REPLACE MACRO is_regrouped(a, b) AS
    regexp_full_match(a, '[A-Z ]{6,}') AND length(replace(a, ' ', '')) = length(replace(b, ' ', '')) AND letters_of(a) = letters_of(b);

CREATE OR REPLACE MACRO is_without_middle_name(a, b) AS
    regexp_full_match(a, '[A-Z]+( [A-Z]+)+') AND list_has_all(string_split(b, ' '), string_split(a, ' '));

-- Whether a name is the beginning of a longer one: a character or two were lost, or of a name in several parts a field of 10 or 20
-- bytes held no more, or the first part stands alone. Of names in two to four characters hardly any is the beginning of another's.
CREATE OR REPLACE MACRO is_cut_off(a, b) AS
    starts_with(b, a) AND length(a) >= 2 AND (length(b) - length(a) <= 2 OR length(a) >= 3);

-- Whether two names in several parts are two spellings of one, in other characters that sound nearly alike (吐尔逊, 图尔荪).
CREATE OR REPLACE MACRO is_spelt_otherwise(a, b, sound_a, sound_b) AS
    least(length(a), length(b)) >= 5 AND least(length(sound_a), length(sound_b)) >= 16 AND damerau_levenshtein(sound_a, sound_b) <= 2;

-- Whether the two parts of a name stand in another order: a slip, or a child who is called as the grandfather was.
CREATE OR REPLACE MACRO is_turned(a, b) AS
    length(a) >= 5 AND length(a) = length(b) AND contains(a || a, b);

-- What two names say of each other; nothing where one is in letters and one in Han characters that sound otherwise.
--   same
--   similar    one sounds like the other, is cut off or has lost a character; in letters, its parts are written together or some left out
--   lookalike  one character looks like the other's; of names in several parts, another spelling
--   slip       another first character, which no brother or sister has
--   one        one of three or more characters differs: a slip or a sibling
--   half       one of two characters differs: a slip or a sibling; of names in several parts, they stand in another order
--   given      the surname alone is the same: another given name, or a relative
--   other
CREATE OR REPLACE MACRO name_says(a, b, sound_a, sound_b, lossy_a, lossy_b, looks_a) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
         WHEN a = b THEN 'same'
         WHEN sound_a = sound_b OR is_in_letters(a, sound_b) OR is_in_letters(b, sound_a)
           OR is_cut_off(a, b)
           OR is_cut_off(b, a)
           OR is_regrouped(a, b)
           OR is_without_middle_name(a, b)
           OR is_without_middle_name(b, a)
           OR (lossy_a AND b LIKE lossy_pattern(a))
           OR (lossy_b AND a LIKE lossy_pattern(b)) THEN 'similar'
         WHEN regexp_matches(a, '\p{Han}') <> regexp_matches(b, '\p{Han}') THEN NULL
         WHEN NOT regexp_matches(a, '\p{Han}') THEN CASE WHEN damerau_levenshtein(a, b) <= 2 THEN 'slip' ELSE 'other' END
         WHEN is_spelt_otherwise(a, b, sound_a, sound_b) THEN 'lookalike'
         WHEN is_turned(a, b) THEN 'half'
         WHEN length(a) <> length(b) OR length(a) < 2 OR places_apart(a, b) <> 1 THEN CASE WHEN a[1] = b[1] THEN 'given' ELSE 'other' END
         WHEN looks_like(a, b, looks_a) THEN 'lookalike'
         WHEN a[1] <> b[1] THEN 'slip'
         WHEN length(a) > 2 THEN 'one'
         ELSE 'half' END;

-- The day that stands where only the year of a birth was known.
CREATE OR REPLACE MACRO is_default_day(birth) AS day(birth) = 1 AND month(birth) IN (1, 7);

-- The birth that a number tells: yyyymmdd, of an older permit yymmdd.
CREATE OR REPLACE MACRO birth_in_number(number) AS CASE length(number) WHEN 15 THEN number[8:13] WHEN 18 THEN number[7:14] END;

-- Numbers of one kind contradict one another; a foreigner may bear a permit of each of the two kinds (are_two_cards).
CREATE OR REPLACE MACRO kind_of_number(number) AS
    CASE WHEN regexp_matches(number, '^[A-Z]') THEN 'older permit' WHEN number[1] = '9' THEN 'permit' ELSE 'number' END;

-- A birth as told; where that is the day for an unknown one, the number beside it knows the day.
CREATE OR REPLACE MACRO birth_with_number(birth, number) AS
    CASE WHEN is_default_day(birth) AND year(birth_told(number)) = year(birth) THEN birth_told(number) ELSE birth END;

-- What two days of birth say of each other. slip: as typists err: day and month or two digits of the year changed places, a year or ten
-- off, the first of January where the day was not known, a day of the lunar calendar (17 to 52 days before). part: two of year, month and day are the same.
CREATE OR REPLACE MACRO birth_says(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN NULL
         WHEN a = b THEN 'same'
         WHEN (month(a) = month(b) AND day(a) = day(b)
                AND (abs(year(a) - year(b)) IN (1, 2, 10)
                     OR (year(a) // 100 = year(b) // 100 AND year(a) % 10 = year(b) // 10 % 10 AND year(b) % 10 = year(a) // 10 % 10)))
           OR (year(a) = year(b) AND month(a) = day(b) AND day(a) = month(b))
           OR (year(a) = year(b) AND month(a) = 1 AND day(a) = 1)
           OR (year(a) = year(b) AND month(b) = 1 AND day(b) = 1)
           OR abs(a - b) BETWEEN 17 AND 52 THEN 'slip'
         WHEN (month(a) = month(b))::INT + (day(a) = day(b))::INT + (year(a) = year(b))::INT >= 2 THEN 'part'
         ELSE 'other' END;
