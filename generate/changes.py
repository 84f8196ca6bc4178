"""How a single value is damaged or written otherwise. Every function keeps what it cannot change."""

from __future__ import annotations

import datetime
import random
import re

from pypinyin import lazy_pinyin

from generate import characters
from generate.identifiers import check_character
from generate.names import surname_length

NOTHING = ("无", "不详", "未知", "/", "-", "--", "NULL")
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def fifteen_digits(number: str, chance: random.Random) -> str:
    """The form issued before 1999: no century, no check."""
    del chance
    return number[:6] + number[8:17] if number[6:8] == "19" else number


def full_width(value: str, chance: random.Random) -> str:
    """Full-width digits."""
    del chance
    return value.translate(FULL_WIDTH)


def lower_x(number: str, chance: random.Random) -> str:
    """A small x at the end."""
    del chance
    return number.lower() if number.endswith("X") else number


def odd_x(number: str, chance: random.Random) -> str:
    """Another sign that looks like the X at the end."""
    return number[:-1] + chance.choice(characters.LIKE_X) if number.endswith("X") else number


def marked(number: str, chance: random.Random) -> str:
    """With the mark that keeps a spreadsheet from counting with it, or with hyphens."""
    return chance.choice((f"'{number}", f"{number[:6]}-{number[6:14]}-{number[14:]}"))


def disability_card(number: str, chance: random.Random) -> str:
    """The number of the disability card: the identity number, category and degree behind it."""
    return f"{number}{chance.randint(1, 7)}{chance.randint(1, 4)}"


def other_number(number: str, chance: random.Random) -> str:
    """A phone's or a bank card's number in the wrong cell."""
    del number
    return chance.choice((f"13{chance.randrange(10**8, 10**9)}", f"62284{chance.randrange(10**13, 10**14)}"))


def as_float(number: str, chance: random.Random) -> str:
    """What is left of a number that went through a double of 53 bits (IEEE 754)."""
    del chance
    return str(int(float(number)))


def missing(value: str, chance: random.Random) -> str:
    """Nothing at all."""
    del value, chance
    return ""


def placeholder(value: str, chance: random.Random) -> str:
    """A word or sign for "none"."""
    del value
    return chance.choice(NOTHING)


def number_spaces(number: str, chance: random.Random) -> str:
    """Blanks before, behind or inside a number."""
    forms = (
        f" {number}",
        f"{number} ",
        f"{number}  ",
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}\u3000{number[6:]}",
    )
    return chance.choice(forms)


def transposed(number: str, chance: random.Random) -> str:
    """Two neighbouring digits exchanged."""
    places = [i for i in range(len(number) - 2) if number[i] != number[i + 1]]
    i = chance.choice(places) if places else 0
    return number[:i] + number[i + 1] + number[i] + number[i + 2 :] if places else number


def typo(number: str, chance: random.Random) -> str:
    """One digit typed wrong."""
    i = chance.randrange(2, 17)
    return number[:i] + chance.choice([d for d in "0123456789" if d != number[i]]) + number[i + 1 :]


def typo_valid(number: str, chance: random.Random) -> str:
    """Two digits typed wrong so that the check still holds."""
    for _ in range(400):
        i, j = chance.choice(((2, 16), (3, 16), (14, 15), (4, 15), (3, 15), (15, 16), (2, 15)))
        body = list(number[:17])
        body[i], body[j] = chance.choice("0123456789"), chance.choice("0123456789")
        changed = body[i] != number[i] and body[j] != number[j]
        if changed and check_character("".join(body)) == number[17]:
            return "".join(body) + number[17]
    return number


def _exchange(name: str, chance: random.Random, table: dict[str, str]) -> str:
    places = [i for i, letter in enumerate(name) if set(table.get(letter, letter)) - {letter}]
    if not places:
        return name
    i = chance.choice(places)
    return name[:i] + chance.choice([c for c in table[name[i]] if c != name[i]]) + name[i + 1 :]


def homophone(name: str, chance: random.Random) -> str:
    """A character of the same sound."""
    return _exchange(name, chance, characters.HOMOPHONES)


def lookalike(name: str, chance: random.Random) -> str:
    """A character that looks alike."""
    return _exchange(name, chance, characters.LOOKALIKES)


def traditional(name: str, chance: random.Random) -> str:
    """Traditional characters."""
    del chance
    return "".join(characters.TRADITIONAL.get(letter, letter) for letter in name)


def variant(name: str, chance: random.Random) -> str:
    """A variant of the same character, which is another legal name."""
    return _exchange(name, chance, characters.VARIANTS)


def radical(name: str, chance: random.Random) -> str:
    """The radical in place of the character, as some input methods write it."""
    del chance
    return "".join(characters.RADICALS.get(letter, letter) for letter in name)


def in_letters(name: str, chance: random.Random) -> str:
    """The name in Latin letters, with or without a blank."""
    syllables = lazy_pinyin(name, errors="ignore")
    cut = surname_length(name)
    return chance.choice(("", " ")).join(("".join(syllables[:cut]), "".join(syllables[cut:]))).upper()


def a_word(name: str, chance: random.Random) -> str:
    """A word where the name should be."""
    del name
    return chance.choice(characters.NO_NAMES)


def truncated(name: str, chance: random.Random) -> str:
    """The last character cut off."""
    del chance
    return name[:-1] if len(name) - surname_length(name) > 1 else name


def remark(name: str, chance: random.Random) -> str:
    """A clerk's remark behind the name."""
    return name + chance.choice(characters.REMARKS)


def name_spaces(name: str, chance: random.Random) -> str:
    """Blanks around or inside a name."""
    cut = surname_length(name)
    inner = chance.choice((" ", "\u3000"))
    forms = (name[:cut] + inner + name[cut:], name + " ", name + "  ", name + "\u3000", "\u3000" + name)
    return chance.choice(forms)


def dot_variant(name: str, chance: random.Random) -> str:
    """Another sign, or none, for the dot between the parts of a name."""
    return name.replace("·", chance.choice([*characters.DOTS, ""]))


def rare_lost(name: str, chance: random.Random) -> str:
    """A rare character that a system could not hold."""
    for letter in name:
        if letter in characters.RARE_LOST:
            forms = list(characters.RARE_LOST[letter])
            forms += [*characters.LOST_MARKS, chr(chance.choice(characters.PRIVATE_USE))]
            return name.replace(letter, chance.choice(forms))
    return name


def reordered(name: str, chance: random.Random) -> str:
    """A foreigner's name with the surname last, after a comma, or in small letters."""
    surname, _, given = name.partition(" ")
    forms = (
        f"{given} {surname}",
        f"{surname}, {given}",
        " ".join(part.capitalize() for part in name.split(" ")),
    )
    return chance.choice(forms)


def _parts(date: str) -> tuple[str, str, str, str]:
    found = re.fullmatch(r"(\d{4})(-?)(\d{2})-?(\d{2})", date)
    return (found[1], found[3], found[4], found[2]) if found else ("", "", "", "")


def first_of_january(date: str, chance: random.Random) -> str:
    """Day and month unknown, hence the first of January."""
    del chance
    year, _, _, dash = _parts(date)
    return f"{year}{dash}01{dash}01"


def in_future(date: str, chance: random.Random) -> str:
    """A year that has not come yet."""
    _, month, day, dash = _parts(date)
    return f"{chance.randrange(2028, 2050)}{dash}{month}{dash}{day}"


def impossible(date: str, chance: random.Random) -> str:
    """A day no calendar has."""
    year, _, _, dash = _parts(date)
    month, day = chance.choice((("13", "01"), ("00", "00"), ("06", "32"), ("04", "31")))
    return f"{year}{dash}{month}{dash}{day}"


def over_120(date: str, chance: random.Random) -> str:
    """A birth more than 120 years ago."""
    _, month, day, dash = _parts(date)
    return f"{chance.randrange(1820, 1900)}{dash}{month}{dash}{day}"


def swapped(date: str, chance: random.Random) -> str:
    """Day and month exchanged, or the digits of the year."""
    year, month, day, dash = _parts(date)
    forms = []
    if day <= "12" and day != month:
        forms.append(f"{year}{dash}{day}{dash}{month}")
    turned = year[:2] + year[3] + year[2]
    if turned != year and "1925" < turned < "2026" and (month, day) != ("02", "29"):
        forms.append(f"{turned}{dash}{month}{dash}{day}")
    return chance.choice(forms) if forms else date


def year_off(date: str, chance: random.Random) -> str:
    """A year (or ten) too early or too late."""
    year, month, day, dash = _parts(date)
    if (month, day) == ("02", "29"):
        return date
    other = int(year) + chance.choice((-1, -1, 1, 1, -10))
    return f"{other}{dash}{month}{dash}{day}" if other <= 2025 else date


def day_off(date: str, chance: random.Random) -> str:
    """The day or the month before or after."""
    year, month, day, dash = _parts(date)
    if chance.random() < 0.5 and 1 < int(day) < 28:
        return f"{year}{dash}{month}{dash}{int(day) + chance.choice((-1, 1)):02d}"
    if 1 < int(month) < 12 and int(day) <= 28:
        return f"{year}{dash}{int(month) + chance.choice((-1, 1)):02d}{dash}{day}"
    return date


def lunar(date: str, chance: random.Random) -> str:
    """The birthday by the lunar calendar, which is some three to seven weeks behind."""
    year, month, day, dash = _parts(date)
    told = datetime.date(int(year), int(month), int(day)) - datetime.timedelta(days=chance.randint(21, 50))
    return f"{told:%Y}{dash}{told:%m}{dash}{told:%d}"


def other_form(date: str, chance: random.Random) -> str:
    """The same date written in another form."""
    year, month, day, dash = _parts(date)
    plain_month, plain_day = str(int(month)), str(int(day))
    forms = [
        f"{year}.{month}.{day}",
        f"{year}/{month}/{day}",
        f"{year}年{plain_month}月{plain_day}日",
        f"{year}/{plain_month}/{plain_day}",
    ]
    plain = f"{year}-{plain_month}-{plain_day}"
    forms += [plain] if plain != date else []
    forms += [f"{year}{month}{day}"] if dash else [f"{year}-{month}-{day}"]
    return chance.choice(forms)


def dummy_phone(phone: str, chance: random.Random) -> str:
    """A number that nobody answers."""
    forms = (
        "13800138000",
        "13888888888",
        "12345678901",
        "11111111111",
        "13000000000",
        "1380000000",
        "0",
        "无",
        phone[:10],
        f"0571-8{chance.randrange(10**6, 10**7)}",
    )
    return chance.choice(forms)


def cadre_phone(phone: str, chance: random.Random) -> str:
    """The village cadre's number, given for everybody who has none at hand."""
    del phone
    return f"1390571{chance.randrange(3):04d}"


def other_phone_form(phone: str, chance: random.Random) -> str:
    """The same mobile number written in another form."""
    parts = (phone[:3], phone[3:7], phone[7:])
    forms = (
        "-".join(parts),
        " ".join(parts),
        f"+86{phone}",
        f"+86 {phone}",
        f"86-{phone}",
        f"{phone} ",
        f"{phone}(本人)",
        full_width(phone, chance),
    )
    return chance.choice(forms)


def other_address_form(address: str, chance: random.Random) -> str:
    """The same address shortened, abbreviated or with other words for its parts."""
    county = re.sub("^浙江省杭州市", "", address)
    shortened = f"浙江杭州{county}"
    if "幢" in address:
        own = (address.replace("幢", "栋"), re.sub(r"(\d+)幢(\d+)单元(\d+)室", r"\1-\2-\3", address))
    else:
        own = (address.replace("组", "小组"), county)
    return chance.choice((county, f"杭州市{county}", shortened, full_width(address, chance), *own))


def wrong_sex(sex: str, chance: random.Random) -> str:
    """The other sex."""
    del chance
    return {"1": "2", "2": "1", "男": "女", "女": "男"}.get(sex, sex)


def unknown_sex(sex: str, chance: random.Random) -> str:
    """A code that says nothing of the sex, or one of another table."""
    return chance.choice(("0", "9", "3", "M" if sex in ("1", "男") else "F"))


def unknown_code(code: str, chance: random.Random) -> str:
    """A code the table does not have."""
    return (
        chance.choice(("99", "A1", "05")) if len(code) == 2 and code > "60" else chance.choice(("99", "A1"))
    )


def unknown_ethnicity(code: str, chance: random.Random) -> str:
    """An ethnicity code the table does not have."""
    del code
    return chance.choice(("HA", "99", "57", "00"))


ETHNICITIES = {
    "01": "汉族",
    "22": "畲族",
    "15": "土家族",
    "03": "回族",
    "06": "苗族",
    "08": "壮族",
    "05": "维吾尔族",
    "11": "满族",
}
EDUCATIONS = {
    "14": "硕士研究生毕业",
    "21": "大学本科毕业",
    "31": "大学专科毕业",
    "41": "中等专科毕业",
    "44": "职业高中毕业",
    "47": "技工学校毕业",
    "61": "普通高中毕业",
    "71": "初中毕业",
    "81": "小学毕业",
}


def ethnicity_label(code: str, chance: random.Random) -> str:
    """The name of the ethnicity instead of its code."""
    del chance
    return ETHNICITIES.get(code, code)


def education_label(code: str, chance: random.Random) -> str:
    """The name of the degree instead of its code."""
    del chance
    return EDUCATIONS.get(code, code)
