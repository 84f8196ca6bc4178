-- Days in every form met: 19900203, 1990-2-3, 1990/02/03, 1990.2.3, 1990年2月3日, 1990.02, 199002, 1990, 90.02.03, a
-- spreadsheet's serial number, a moment with its zone. Where the day or month is not told, the first stands for it
-- (GB/T 40217-2021) and the note says how precise the value is.
CREATE OR REPLACE MACRO day_of(y, m, d) AS TRY_CAST(y || '-' || lpad(m, 2, '0') || '-' || lpad(d, 2, '0') AS DATE);

-- The century of a year of two digits: the contract says the last year that is ours (ours_until); else only where no other can be
-- meant, because the year would lie after latest (and is no day: 31/12/05). Nothing is guessed: otherwise there is none.
CREATE OR REPLACE MACRO full_year(y, ours_until, latest) AS
    CASE WHEN length(y) = 4 THEN y
         WHEN y::INT > coalesce(ours_until, greatest(31, latest % 100)) THEN '19' || y
         WHEN ours_until IS NOT NULL THEN '20' || y END;

-- 二〇〇一年十二月三十一日, also as banks write it (贰零零壹): a ten is a digit of its own only where none stands beside it.
CREATE OR REPLACE MACRO han_digits(t) AS
    CASE WHEN NOT regexp_matches(t, '[〇○零一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾]') THEN t
         ELSE replace(regexp_replace(regexp_replace(regexp_replace(
             translate(t, '〇○零Oo一二三四五六七八九壹贰叁肆伍陆柒捌玖拾', '00000123456789123456789十'),
             '([1-9])十([1-9])', '\1\2', 'g'), '([1-9])十', '\10', 'g'), '十([1-9])', '1\1', 'g'), '十', '10') END;

-- 民国37年 is 1948, the first of the era being 1912; 公元 says nothing that is not said without it.
CREATE OR REPLACE MACRO without_era(t) AS
    CASE WHEN regexp_matches(t, '^(中[华華])?民[国國]\s?(\d{1,3}|元)\s?[年./-]')
         THEN (1911 + coalesce(TRY_CAST(regexp_extract(t, '民[国國]\s?(\d+)', 1) AS INT), 1)) || regexp_replace(t, '^(中[华華])?民[国國]\s?(\d+|元)\s?', '')
         ELSE regexp_replace(t, '^公元\s?', '') END;

-- What stands between year, month and day; words or letters between them say that it is no plain date (1990-1O-03, 1990-W05-6).
CREATE OR REPLACE MACRO dated(t) AS regexp_full_match(t, '(\d{4}|\d{2})([^\d\p{L}]{1,2}|\s?年\s?)\d{1,2}([^\d\p{L}]{1,2}|\s?月\s?)\d{1,2}(\D.*)?');

-- As other programs write a day: 03-FEB-1990, 03-2月 -90, Feb 3, 1990, Sat Feb 03 00:00:00 CST 1990, and 18/06/1975, where the one
-- number can be no month. Of 03/06/1975 nobody knows which is the month.
CREATE OR REPLACE MACRO month_number(m) AS
    CASE WHEN regexp_matches(m, '^\d') THEN regexp_extract(m, '^\d+')
         ELSE ((strpos('janfebmaraprmayjunjulaugsepoctnovdec', lower(m[1:3])) + 2) // 3)::VARCHAR END;

CREATE OR REPLACE MACRO day_first(t) AS list_transform(
    [regexp_extract(t, '^(\d{1,2})[- ./]*((?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|\d{1,2}月)[- ./,]*(\d{4}|\d{2})$', ['d', 'm', 'y'])],
    lambda f: CASE WHEN f.y <> '' THEN [f.y, month_number(f.m), f.d] END)[1];

CREATE OR REPLACE MACRO month_first(t) AS list_transform(
    [regexp_extract(t, '^(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?((?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.? (\d{1,2})(?:,| \d\d:\d\d:\d\d \S+)? (\d{4})$', ['m', 'd', 'y'])],
    lambda f: CASE WHEN f.y <> '' THEN [f.y, month_number(f.m), f.d] END)[1];

CREATE OR REPLACE MACRO year_last(t) AS list_transform(
    [regexp_extract(t, '^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$', ['one', 'other', 'y'])],
    lambda f: CASE WHEN f.y = '' THEN NULL WHEN f.one::INT > 12 OR f.one = f.other THEN [f.y, f.other, f.one] WHEN f.other::INT > 12 THEN [f.y, f.one, f.other] END)[1];

CREATE OR REPLACE MACRO foreign_fields(t, ours_until, latest) AS list_transform(
    [coalesce(day_first(t), month_first(t), year_last(t))],
    lambda f: CASE WHEN f IS NULL THEN [] ELSE [full_year(f[1], ours_until, latest), f[2], f[3]] END)[1];

CREATE OR REPLACE MACRO date_fields(t, ours_until, latest) AS
    CASE WHEN regexp_full_match(t, '\d{8}') THEN [t[1:4], t[5:6], t[7:8]]
         WHEN regexp_full_match(t, '\d{14}') THEN [t[1:4], t[5:6], t[7:8]]
         WHEN dated(t)
             THEN [full_year(regexp_extract(t, '^(\d+)\D', 1), ours_until, latest), regexp_extract(t, '^\d+\D+(\d+)\D', 1), regexp_extract(t, '^\d+\D+\d+\D+(\d+)', 1)]
         WHEN regexp_full_match(t, '\d{4}\D\d{1,2}\D?') THEN [t[1:4], regexp_extract(t, '^\d+\D(\d+)', 1), '1', 'month']
         WHEN regexp_full_match(t, '(18|19|20)\d{2}(0[1-9]|1[0-2])') THEN [t[1:4], t[5:6], '1', 'month']
         WHEN regexp_full_match(t, '(18|19|20)\d{2}\D?') THEN [t[1:4], '1', '1', 'year']
         ELSE foreign_fields(t, ours_until, latest) END;

CREATE OR REPLACE MACRO date_from_fields(f) AS
    CASE WHEN len(f) = 0 THEN {'value': NULL::DATE, 'missing': 'unreadable', 'note': NULL::VARCHAR}
         WHEN f[1] IS NULL THEN {'value': NULL::DATE, 'missing': 'two_digit_year', 'note': NULL::VARCHAR}
         WHEN day_of(f[1], f[2], f[3]) IS NULL THEN {'value': NULL::DATE, 'missing': 'impossible', 'note': NULL::VARCHAR}
         ELSE {'value': day_of(f[1], f[2], f[3]), 'missing': NULL::VARCHAR, 'note': f[4]} END;

-- A moment is told in the time of the country, UTC+8; what comes with another zone is put right, so that its day is right too.
CREATE OR REPLACE MACRO minutes_east(t) AS
    CASE WHEN regexp_matches(t, ':\d\d(\.\d+)?\s?Z$') THEN 0
         WHEN regexp_matches(t, ':\d\d(\.\d+)?\s?[+-]\d\d(:?\d\d)?$')
             THEN (regexp_extract(t, '([+-])\d\d(:?\d\d)?$', 1) || '1')::INT
                  * (60 * regexp_extract(t, '[+-](\d\d)(:?\d\d)?$', 1)::INT + coalesce(TRY_CAST(regexp_extract(t, '[+-]\d\d:?(\d\d)$', 1) AS INT), 0)) END;

-- Programs count seconds or milliseconds since 1970 (UTC); ten or thirteen digits of our own time are no other way of telling one.
CREATE OR REPLACE MACRO counted_moment(t) AS
    CASE WHEN regexp_full_match(t, '1[5-8]\d{8}') THEN make_timestamp(TRY_CAST(t AS BIGINT) * 1000000) + INTERVAL 8 HOUR
         WHEN regexp_full_match(t, '1\d{12}') THEN make_timestamp(TRY_CAST(t AS BIGINT) * 1000) + INTERVAL 8 HOUR END;

CREATE OR REPLACE MACRO moment_of(t) AS
    coalesce(counted_moment(t), try_strptime(regexp_replace(t, '(:\d\d)(\.\d+)?\s?(Z|[+-]\d\d(:?\d\d)?)?$', '\1'), [
        '%Y%m%d%H%M%S', '%Y%m%d', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y/%m/%d %H:%M:%S', '%Y-%m-%d %H:%M', '%Y-%m-%dT%H:%M',
        '%Y/%m/%d %H:%M', '%Y-%m-%d', '%Y/%m/%d', '%Y%m%d%H%M', '%Y.%m.%d %H:%M:%S', '%Y.%m.%d', '%Y年%m月%d日', '%Y年%m月%d日 %H:%M:%S',
        '%Y年%m月%d日 %H:%M', '%Y年%m月%d日 %H时%M分', '%Y年%m月%d日 %H时%M分%S秒'])
    + to_minutes(480 - coalesce(minutes_east(t), 480)));

-- What programs and spreadsheets put where no day is known: their first or last one, whatever stands between its parts.
CREATE OR REPLACE MACRO is_no_day(t) AS regexp_full_match(t,
    '(0001\D?01\D?01|0000\D?0{1,2}\D?0{1,2}|9999\D?12\D?31|1{8}|2{8}|1900(\D?01\D?0[01]|\D1\D[01])|1899\D?12\D?3[01])(\D.*|0{6}|235959)?');

-- A birthday by the old calendar is told as such; which day of ours it is depends on leap months, and is for people to say.
CREATE OR REPLACE MACRO is_lunar(t) AS
    regexp_matches(t, '[农阴旧夏][历曆]|闰|初[一二三四五六七八九十]|月廿|[正冬腊]月|中秋|端午|重阳|除夕|春节|元宵');

CREATE OR REPLACE MACRO date_from_text(t, ours_until, latest) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::DATE, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN is_lunar(t) THEN {'value': NULL::DATE, 'missing': 'lunar', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL OR is_no_day(t) THEN {'value': NULL::DATE, 'missing': coalesce(placeholder_reason(t), 'placeholder'), 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '[1-5]\d{4}(\.\d+)?') THEN {'value': DATE '1899-12-30' + t[1:5]::INT, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         WHEN (minutes_east(t) <> 480 OR counted_moment(t) IS NOT NULL) AND moment_of(t) IS NOT NULL THEN {'value': moment_of(t)::DATE, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         ELSE list_transform([without_era(han_digits(plain_digits(t)))], lambda plain:
             list_transform([date_fields(plain, ours_until, latest)], lambda f: date_from_fields(f))[1])[1] END;

CREATE OR REPLACE MACRO day_until(raw, ours_until, latest) AS list_transform([tidy(raw)], lambda t: date_from_text(t, ours_until, latest))[1];

-- Nothing that a register tells of the living happened before 1800; a year of three digits and a nought is one typed wrong.
CREATE OR REPLACE MACRO of_our_age(d) AS
    CASE WHEN d.value < DATE '1800-01-01' THEN {'value': NULL::DATE, 'missing': 'impossible', 'note': NULL::VARCHAR} ELSE d END;

-- A plain date, as the end of a permit, may lie thirty years ahead.
CREATE OR REPLACE MACRO normalise_date(raw, extract_date, ours_until) AS
    list_transform([day_until(raw, ours_until, year(extract_date) + 30)], lambda d: of_our_age(d))[1];

CREATE OR REPLACE MACRO is_digital(raw) AS regexp_full_match(raw, '\d{8}|\d{4}-\d\d-\d\d');
CREATE OR REPLACE MACRO plain_date(raw) AS try_strptime(raw, ['%Y%m%d', '%Y-%m-%d'])::DATE;
CREATE OR REPLACE MACRO regular_date(raw, extract_date) AS
    is_digital(raw) AND plain_date(raw) BETWEEN DATE '1900-01-02' AND DATE '9999-12-30';

CREATE OR REPLACE MACRO not_after(d, extract_date) AS
    CASE WHEN d.value > extract_date THEN {'value': NULL::DATE, 'missing': 'future', 'note': NULL::VARCHAR} ELSE d END;

CREATE OR REPLACE MACRO normalise_event_date(raw, extract_date, ours_until) AS
    list_transform([day_until(raw, ours_until, year(extract_date))], lambda d: not_after(of_our_age(d), extract_date))[1];

CREATE OR REPLACE MACRO within_a_life(d, extract_date) AS
    CASE WHEN d.value > extract_date THEN {'value': NULL::DATE, 'missing': 'future', 'note': NULL::VARCHAR}
         WHEN d.value < extract_date - INTERVAL 120 YEAR THEN {'value': NULL::DATE, 'missing': 'over_120', 'note': NULL::VARCHAR}
         ELSE d END;

CREATE OR REPLACE MACRO normalise_birth_date(raw, extract_date, ours_until) AS
    list_transform([day_until(raw, ours_until, year(extract_date))], lambda d: within_a_life(d, extract_date))[1];

CREATE OR REPLACE MACRO regular_event_date(raw, extract_date) AS
    is_digital(raw) AND plain_date(raw) BETWEEN DATE '1900-01-02' AND least(extract_date, DATE '9999-12-30');
CREATE OR REPLACE MACRO plain_event_date(raw) AS plain_date(raw);
CREATE OR REPLACE MACRO regular_birth_date(raw, extract_date) AS
    is_digital(raw)
    AND plain_date(raw) BETWEEN greatest(extract_date - INTERVAL 120 YEAR, DATE '1900-01-02') AND least(extract_date, DATE '9999-12-30');
CREATE OR REPLACE MACRO plain_birth_date(raw) AS plain_date(raw);

-- Nobody changed a record after it was delivered: a clock that runs ahead would keep every later change out. An extract may be made in the
-- night after its day.
CREATE OR REPLACE MACRO normalise_timestamp(raw, extract_date) AS
    list_transform([moment_of(tidy(raw))], lambda m:
        {'value': CASE WHEN m < extract_date + INTERVAL 2 DAY THEN m END,
         'missing': CASE WHEN raw IS NULL THEN 'blank' WHEN m IS NULL THEN 'unreadable' WHEN m >= extract_date + INTERVAL 2 DAY THEN 'future' END,
         'note': NULL::VARCHAR})[1];

-- A month is of our age as a day is, and may lie ahead, as the first month of a pension may. A year alone tells none.
CREATE OR REPLACE MACRO month_from_fields(f) AS
    CASE WHEN len(f) = 0 THEN {'value': NULL::VARCHAR, 'missing': 'unreadable', 'note': NULL::VARCHAR}
         WHEN f[1] IS NULL THEN {'value': NULL::VARCHAR, 'missing': 'two_digit_year', 'note': NULL::VARCHAR}
         WHEN f[4] = 'year' THEN {'value': NULL::VARCHAR, 'missing': 'year_alone', 'note': NULL::VARCHAR}
         WHEN f[1]::INT NOT BETWEEN 1800 AND 2099 OR f[2]::INT NOT BETWEEN 1 AND 12 THEN {'value': NULL::VARCHAR, 'missing': 'impossible', 'note': NULL::VARCHAR}
         ELSE {'value': f[1] || lpad(f[2], 2, '0'), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

CREATE OR REPLACE MACRO month_from_text(t, extract_date) AS
    CASE WHEN coalesce(t, '') = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN placeholder_reason(t) IS NOT NULL OR is_no_day(t) OR t IN ('190001', '1900-01', '1900.01', '000000', '999912')
             THEN {'value': NULL::VARCHAR, 'missing': coalesce(placeholder_reason(t), 'placeholder'), 'note': NULL::VARCHAR}
         WHEN regexp_full_match(t, '[1-5]\d{4}(\.\d+)?') THEN {'value': strftime(DATE '1899-12-30' + t[1:5]::INT, '%Y%m'), 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR}
         ELSE list_transform([without_era(han_digits(plain_digits(t)))], lambda plain:
             list_transform([date_fields(plain, NULL, year(extract_date))], lambda f: month_from_fields(f))[1])[1] END;

CREATE OR REPLACE MACRO normalise_month(raw, extract_date) AS list_transform([tidy(raw)], lambda t: month_from_text(t, extract_date))[1];

CREATE OR REPLACE MACRO regular_month(raw, extract_date) AS regexp_full_match(raw, '(19|20)\d{2}(0[1-9]|1[0-2])') AND raw <> '190001';
CREATE OR REPLACE MACRO plain_month(raw) AS raw;

CREATE OR REPLACE MACRO regular_timestamp(raw, extract_date) AS
    regexp_full_match(raw, '[12]\d{3}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d:[0-5]\d') AND coalesce(TRY_CAST(raw AS TIMESTAMP) < extract_date + INTERVAL 2 DAY, false);
CREATE OR REPLACE MACRO plain_timestamp(raw) AS TRY_CAST(raw AS TIMESTAMP);
