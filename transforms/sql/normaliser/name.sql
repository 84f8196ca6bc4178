-- 民委发〔2016〕33号: the separator of a name is U+00B7 and nothing else. Lossy names keep what arrived and say so.
CREATE OR REPLACE MACRO name_is_placeholder(t) AS
    placeholder_reason(t) IS NOT NULL
    OR t IN ('户主', '已故', '同上', '见上', '同户主', '空挂户', '无名', '无名氏', '某', '某某', '新生儿', '婴儿', '男婴', '女婴', '宝宝', '男', '女', '本人', '配偶',
             '妻子', '丈夫', '妻', '夫', '死者', '逝者', '家属', '姓名', '先生', '女士', '其妻', '其夫', '其子', '其女', '其父', '其母', '儿子', '女儿', '父亲', '母亲')
    OR regexp_full_match(t, '(暂|尚|还)?[未没待](取|命|起|定)名?字?|(无名|不明身份|身份不明|未知名)(男|女)?(性)?(尸体?|人|人员|者)?') OR regexp_matches(t, '^#')
    OR regexp_full_match(t, '.{2,}[之的][妻夫父母]|X{2,}')
    OR regexp_full_match(upper(t), 'UN(KNOWN|IDENTIFIED|NAMED)( (MALE|FEMALE|MAN|WOMAN|BODY|PERSON))?|NO ?NAME|NAMELESS|ANONYMOUS');

-- Testa and Demol are names of people.
CREATE OR REPLACE MACRO name_is_test(t) AS regexp_matches(lower(t), '^(测试|样例|示例|演示)|测试\)?$|^(test|ceshi|demo)([^a-z]|$)');

-- A number that slipped into the column of the name is none, 3.30106E+17 neither, and must be shown to nobody as one.
CREATE OR REPLACE MACRO is_no_name(t) AS
    NOT regexp_matches(t, '[\p{L}?？□〓○●■◆◇\x{FFFD}\x{E000}-\x{F8FF}]') OR regexp_matches(t, '\d{6}') OR regexp_full_match(t, '[\d.]+[Ee]\+?\d+');

-- A blank inside a name in Han characters is either padding (张 三) or stands for the separator of a transliterated name. Those
-- have two parts or more of two characters each; a surname and given name of our own hardly ever have five characters together.
CREATE OR REPLACE MACRO without_blanks(t) AS
    replace(t, ' ', CASE WHEN length(t) >= 6 AND regexp_full_match(t, '\p{Han}{2,}( \p{Han}{2,})+') THEN '·' ELSE '' END);

-- A star is a separator where both sides are parts of a name; else it hides a character.
CREATE OR REPLACE MACRO without_stars(t) AS
    CASE WHEN NOT contains(t, '*') THEN t ELSE replace(t, '*', CASE WHEN regexp_full_match(t, '\p{Han}{2,}(\*\p{Han}{2,})+') THEN '·' ELSE '?' END) END;

CREATE OR REPLACE MACRO with_one_separator(t) AS
    CASE WHEN regexp_matches(t, '\p{Han}')
         THEN trim(regexp_replace(
             translate(without_stars(without_blanks(t)), '•・･‧⋅∙' || chr(903) || 'ㆍᐧ․⸱．.。‐—–―_|`''’-', '························'),
             '·+', '·', 'g'), '·')
         ELSE t END;

-- The remark goes first: a name in letters stays one, in whatever script the remark is.
CREATE OR REPLACE MACRO name_parts(t) AS {
    'name': with_one_separator(trim(regexp_replace(t, '^(.+?)\((.*?)\)$', '\1'))),
    'remark': nullif(regexp_extract(t, '\((.*?)\)$', 1), '')};

-- Any pair of brackets is one, and a separator that a web page wrote out is one.
CREATE OR REPLACE MACRO with_plain_marks(t) AS
    CASE WHEN regexp_matches(t, '[\[\]【】〔〕﹙﹚{}<>《》「」〈〉&]')
         THEN translate(regexp_replace(t, '(?i)&(middot|bull|#183|#8226|#xb7);', '·', 'g'), '[]【】〔〕﹙﹚{}<>《》「」〈〉', '()()()()()()()()()') ELSE t END;

-- A child without a name is called after a parent, by what it is or which of several: 张伟之子, 张伟之长女, 张伟之双胞胎之大, 张伟二女儿, 某某之婴.
CREATE OR REPLACE MACRO is_called_after(t) AS
    regexp_full_match(t, '.+[之的](长|次|幼|老?[大小]|第?[一二三四五六七八九十])?([子女].{0,2}|[儿婴孩娃男]|(儿子|女儿|[男女]?婴儿?|[男女]?孩子?|宝宝)[A-Za-z0-9一二三大小]?)')
    OR regexp_full_match(t, '.{2,}[之的](([双三多]胞胎|双胎|双生|孪生|龙凤胎)(之?老?[大小长次幼甲乙丙丁一二三四五A-Da-d1-5]?[子女]?)|老?[大小长次幼甲乙丙丁一二三四五A-Da-d1-5])')
    OR regexp_full_match(t, '.{1,4}[男女]婴|.{2,4}([大小二三]?[男女]孩|[长次大小二三]?女儿|[大小二三]?儿子)|.{1,3}某某?');

CREATE OR REPLACE MACRO name_verdict(t, p) AS
    CASE WHEN coalesce(t, '') = '' OR p.name = '' THEN {'value': NULL::VARCHAR, 'missing': 'blank', 'note': NULL::VARCHAR}
         WHEN name_is_test(t) THEN {'value': NULL::VARCHAR, 'missing': 'test', 'note': NULL::VARCHAR}
         WHEN name_is_placeholder(p.name) THEN {'value': NULL::VARCHAR, 'missing': coalesce(placeholder_reason(p.name), 'placeholder'), 'note': NULL::VARCHAR}
         WHEN is_garbled(p.name) THEN {'value': NULL::VARCHAR, 'missing': 'garbled', 'note': NULL::VARCHAR}
         WHEN is_no_name(p.name) THEN {'value': NULL::VARCHAR, 'missing': 'not_a_name', 'note': NULL::VARCHAR}
         WHEN is_called_after(p.name) THEN {'value': NULL::VARCHAR, 'missing': 'not_yet_named', 'note': NULL::VARCHAR}
         WHEN regexp_matches(p.name, '[?？□〓○●■◆◇()\x{FFFD}\x{E000}-\x{F8FF}]|^\p{Han}+[A-Za-z]+\p{Han}*$|^\p{Han}·?$')
             THEN {'value': p.name, 'missing': NULL::VARCHAR, 'note': 'lossy'}
         WHEN p.remark IS NOT NULL THEN {'value': p.name, 'missing': NULL::VARCHAR, 'note': 'remark'}
         ELSE {'value': p.name, 'missing': NULL::VARCHAR, 'note': NULL::VARCHAR} END;

-- Chinese that was written in one encoding and read in another before it came here: ÕÅÈý, å¼ ä¸‰, 锟斤拷.
CREATE OR REPLACE MACRO is_garbled(t) AS
    regexp_matches(t, '锟斤拷|烫烫|屯屯|\x{FFFD}{2}') OR is_read_as_gbk(t)
    OR (NOT regexp_matches(t, '\p{Han}') AND regexp_matches(t, '[\x{0080}-\x{00A9}\x{00AB}-\x{00B6}\x{00B8}\x{00B9}\x{00BB}-\x{00BF}×÷]|[\x{00C0}-\x{00FF}]{3}'));

-- What stands at the end of a sentence or a list is no part of a name.
CREATE OR REPLACE MACRO without_stop(t) AS CASE WHEN regexp_matches(t, '[,:;。、]$') THEN trim(regexp_replace(t, '[,:;。、]+$', '')) ELSE t END;

-- 李〇一 typed as 李0一.
CREATE OR REPLACE MACRO with_zero(t) AS CASE WHEN contains(t, '0') THEN regexp_replace(t, '^([^0-9]*\p{Han})0(\p{Han}*)$', '\1〇\2') ELSE t END;

-- Each lambda plans its argument once; pasted into one another, the steps would be planned a hundred times over.
CREATE OR REPLACE MACRO name_text(raw) AS
    list_transform([list_transform([list_transform([without_escapes(raw)],
        lambda whole: tidy(whole))[1]],
        lambda tidied: with_whole_characters(tidied))[1]],
        lambda marked: with_zero(without_stop(with_plain_marks(marked))))[1];

CREATE OR REPLACE MACRO normalise_name(raw, extract_date) AS
    list_transform([name_text(raw)], lambda t: list_transform([name_parts(t)], lambda p: name_verdict(t, p))[1])[1];

CREATE OR REPLACE MACRO regular_name(raw, extract_date) AS
    regexp_full_match(raw, '[\x{4E00}-\x{9FA5}]{2,4}')
    AND NOT regexp_matches(raw, '.[之的].|某|测试|^[样示演][例示]|锟斤拷|烫烫|屯屯|[未不无同暂待户已婴空没见尚还][知详故上取命起名生主定无有补明偶查口儿挂填提采核清便愿适此登前]|拒绝|保密|新生儿|[男女][婴孩]|女儿|儿子|本人|配偶'
                            || '|^(宝宝|死者|逝者|家属|姓名|先生|女士|妻子|丈夫|其[妻夫子女父母]|儿子|女儿|父亲|母亲)$') AND NOT is_read_as_gbk(raw);
CREATE OR REPLACE MACRO plain_name(raw) AS raw;
