"""Names as they are borne: Han names by generation, names of other peoples, foreigners' names."""

from __future__ import annotations

import numpy as np

from generate.text import Ints, Rng, Text, draw, join, objects, tail

SURNAMES = (
    "王李张陈刘徐杨周黄吴赵孙胡朱叶何林方沈郑金潘许马郭夏高姚袁唐蒋顾邵罗余程韩范章邓冯汪钱曹蔡吕楼宋丁谢童苏田俞虞陆陶傅姜葛"
    "龚江彭洪倪严卢华董翁汤戴邱来石于施任盛梁杜毛黎龙鲁曾廖白孟雷"
)
LATE_SURNAMES = "魏薛阎段侯孔史万钟裘寿宣斯竺诸骆屠柴池祝单应莫贾付申温詹柯阮郝秦仇崔熊向兰褚蓝尹庄殷萧费"
DOUBLE_SURNAMES = ("欧阳", "上官", "尉迟", "诸葛")

OLD_MEN = "建国荣金水根福法生良土木阿大云林财宝庆贵民德忠明志平正连跃兴祥炳松柏仁义寿康泉海来长友有发顺"
OLD_WOMEN = "秀英桂兰珍玉梅凤仙娣香芬菊花月美爱娟彩莲巧阿大水云珠杏素琴春惠翠丽金连彩"
MEN = "伟强军波勇斌峰涛飞华杰刚磊俊鹏晓东海健宁超鑫志文良国民卫春江胜辉明平建旭龙凯翔挺立威亮永"
WOMEN = "丽芳燕敏静娜霞艳慧莉萍娟梅琴英红兰雪颖婷洁丹晓琳玲美蓉飞群春青佳倩莹亚妹卫云华彩娇群"
BOYS = "宇轩浩子涵梓俊豪昊泽睿辰博思晨一骏阳诚逸皓煜霖熙瑾沐言奕安凡然可知嘉铭晟哲恩宸淮屹航翰"
GIRLS = "梓涵雨诗怡欣子悦彤语可依然萱琪嫣思佳一安诺欢紫晗汐芷若宜妍雯馨瑜苡露洁珊桐玥夏念瑶薇岚晶"
RARE = "䶮㛃𠮷犇堃"

UYGHUR_GIVEN = ["热依汗", "库尔班", "阿孜古丽", "阿不都热合曼", "吾买尔", "帕提古丽", "吐尔逊", "热合曼"]
UYGHUR_FATHER = ["卡德尔", "艾尼瓦尔", "阿卜杜拉", "肉孜", "热合曼", "吐尔逊", "买买提"]
MONGOLIAN = ["乌云", "高娃", "萨仁布和", "格日勒布和", "巴特尔呼和", "呼和阿古拉", "其其格托娅"]
TIBETAN = ["旺堆格桑", "卓玛央金", "扎西顿珠", "次仁拉姆", "格桑达娃"]

FOREIGN_SURNAMES = [
    "KHAN",
    "SMITH",
    "JOHNSON",
    "WILLIAMS",
    "VAN DER BERG",
    "LEE",
    "MARTIN",
    "BROWN",
    "MUELLER",
    "TRAN",
    "KIM",
    "TANAKA",
    "SUZUKI",
    "PARK",
    "IVANOV",
    "O'NEILL",
    "NGUYEN",
    "SINGH",
    "DUBOIS",
    "ROSSI",
]
FOREIGN_GIVEN = [
    "JOHN",
    "KENJI",
    "JAMES",
    "PETER",
    "HANS",
    "EMILY",
    "OLGA",
    "ROBERT",
    "PIERRE",
    "AHMED",
    "SARAH",
    "JULIA",
    "INGRID",
    "ALEXANDER",
    "YUKI",
    "SOPHIE",
    "KATE",
    "MARY",
    "FATIMA",
    "IVAN",
    "ELENA",
    "MARCO",
]
OTHER_PEOPLES = {
    "22": 11.0,
    "15": 5.5,
    "03": 3.0,
    "06": 2.3,
    "08": 1.4,
    "05": 2.0,
    "11": 1.0,
    "02": 1.0,
    "07": 0.8,
    "23": 0.6,
    "12": 0.5,
    "04": 0.3,
}
OTHER_SHARE = 0.03


def surname_pool() -> tuple[list[str], list[float]]:
    """Surnames and how common they are."""
    pool = [*SURNAMES, *dict.fromkeys(LATE_SURNAMES), *DOUBLE_SURNAMES]
    return pool, [1.0 / (rank + 4) for rank in range(len(pool))]


def draw_surnames(rng: Rng, length: int) -> Text:
    """Random surnames, the common ones more often."""
    pool, weights = surname_pool()
    return draw(rng, pool, length, weights)


def given_names(rng: Rng, sex: Ints, year: Ints) -> Text:
    """Given names of one or two characters, in the taste of the birth year."""
    names = np.empty(len(sex), dtype=object)
    generations = ((0, 1964, OLD_MEN, OLD_WOMEN), (1965, 1997, MEN, WOMEN), (1998, 9999, BOYS, GIRLS))
    for first, last, men, women in generations:
        for code, pool in ((1, men), (2, women)):
            here = np.flatnonzero((year >= first) & (year <= last) & (sex == code))
            names[here] = _given(rng, pool, len(here), 0.8 if first > 1964 else 0.75)
    return names


def _given(rng: Rng, pool: str, length: int, two_characters: float) -> Text:
    characters = list(dict.fromkeys(pool))
    first = draw(rng, characters, length)
    second = draw(rng, characters, length)
    second[(rng.random(length) > two_characters) | (first == second)] = ""
    return join(first, second)


def use_rare_characters(rng: Rng, names: Text, share: float = 0.002) -> None:
    """Let some names end in a character outside the common sets, in place."""
    here = np.flatnonzero(rng.random(len(names)) < share)
    # even a small county has some
    here = np.union1d(here, rng.integers(0, len(names), 3))
    names[here] = join(tail(names[here], 0, -1), draw(rng, list(RARE), len(here)))


def draw_ethnicities(rng: Rng, length: int) -> Text:
    """Ethnicity codes of households (GB/T 3304)."""
    codes = np.full(length, "01", dtype=object)
    others = np.flatnonzero(rng.random(length) < OTHER_SHARE)
    codes[others] = draw(rng, list(OTHER_PEOPLES), len(others), list(OTHER_PEOPLES.values()))
    # even a small county has a few names with a dot in them
    codes[rng.integers(0, max(1, length // 2), 3)] = "05"
    return codes


def name_by_custom(rng: Rng, names: Text, ethnicity: Text) -> None:
    """Give Uyghur, Mongolian and Tibetan persons names of their own custom, in place."""
    uyghur = np.flatnonzero(ethnicity == "05")
    father = draw(rng, UYGHUR_FATHER, len(uyghur))
    names[uyghur] = join(draw(rng, UYGHUR_GIVEN, len(uyghur)), "·", father)
    for code, pool in (("02", MONGOLIAN), ("04", TIBETAN)):
        here = np.flatnonzero(ethnicity == code)
        names[here] = draw(rng, pool, len(here))


def foreign_names(rng: Rng, length: int) -> Text:
    """Foreigners' names in capitals, surname first."""
    middle = draw(rng, FOREIGN_GIVEN, length)
    full = join(draw(rng, FOREIGN_SURNAMES, length), " ", draw(rng, FOREIGN_GIVEN, length))
    longer = rng.random(length) < 0.25
    full[longer] = join(full[longer], " ", middle[longer])
    return full


def surname_length(name: str) -> int:
    """How many characters of a Han name are the surname."""
    return 2 if name[:2] in DOUBLE_SURNAMES else 1


def surnames_of(names: Text) -> Text:
    """The surnames of Han names."""
    doubled = np.isin(tail(names, 0, 2).astype(str), DOUBLE_SURNAMES)
    return objects(np.where(doubled, tail(names, 0, 2), tail(names, 0, 1)).tolist())
