"""A row that names another person than before takes nobody's id along: rows are people's only as far as they name them."""

from __future__ import annotations

import pytest

from contracts.layout import OWN
from contracts.load import load
from tests.road.test_situations import Person
from tests.support.identity import INSURED, RECORD, REGISTER, Story
from tests.support.release import rows
from warehouse.explain import explain
from warehouse.faults import NotFoundError
from warehouse.home import Home

ASSISTANCE = "civil_affairs/assistance"
HEAD, WIFE = Person("33010619610307111", "孟广田"), Person("33010619620412144", "柳如是")
OLD, YOUNG = Person("33010619330518168", "上官老太"), Person("33010619630518166", "褚遂心")
ERRED, MEANT, LATER = Person("33010619640623177", "蓝采和"), Person("33010619650729199", "应长庚"), Person("33010619750505417", "端木蕻")
MOVED = Person("33010619660802213", "池上楼")
SAME, NAMESAKE = Person("33010619670907235", "费孝先"), Person("33010619850907255", "费孝先")
KEYED = Person("33010619681012257", "詹天一")
MARRIED, BORN = Person("33010619691117279", "屠岸夷"), "1969-11-17"
SLIPPED = Person("33010619701222291", "宣子谦")
MEMBERS = 12
HELD: list[dict[tuple[str, ...], str]] = []


def certificate(s: Story, key: str, head: Person, members: int = 1) -> None:
    """A certificate of assistance whose every row names the head."""
    for member in range(members):
        of = Person(f"3301061950{member + 1:02}0{key[1]}111", "钱孙李赵"[int(key[1]) - 1] + "甲乙丙丁戊己庚辛壬癸子丑"[member])
        told = {"certificate_no": key, "member_no": str(member), "assistance_type": "城市低保"}
        told |= {"member_name": of.name, "member_id_number": of.number, "relation_to_head": "其他亲属"}
        s.held.setdefault(ASSISTANCE, {})[f"{key}|{member}"] = told | {"head_name": head.name, "head_id_number": head.number}


def first_day(s: Story) -> None:
    for key, person in {"head": HEAD, "wife": WIFE, "meant": MEANT, "same": SAME, "namesake": NAMESAKE}.items():
        s.resident(key, **person.told())
    s.insured("head|110", **HEAD.told())
    certificate(s, "c1", HEAD, MEMBERS)
    certificate(s, "c2", OLD, 2)
    certificate(s, "c4", MOVED)
    s.clinic("erred", **ERRED.at_clinic())
    s.clinic("guest", **SAME.at_clinic())
    s.clinic("old key", **KEYED.at_clinic())
    s.clinic("married", **MARRIED.at_clinic(id_number=None))
    s.clinic("slipped", **SLIPPED.at_clinic(name="宣子兼"))


def second_day(s: Story) -> None:
    certificate(s, "c1", WIFE, MEMBERS)
    certificate(s, "c2", YOUNG, 2)
    s.clinic("erred", **MEANT.at_clinic())
    certificate(s, "c4", MEANT)
    s.clinic("guest", **NAMESAKE.at_clinic())
    s.gone(RECORD, "old key")
    s.clinic("new key", **KEYED.at_clinic())
    s.clinic("married", **MARRIED.at_clinic(id_number=None, name="司马夷吾"))
    s.clinic("slipped", **SLIPPED.at_clinic())


def third_day(s: Story) -> None:
    s.clinic("erred", **ERRED.at_clinic())
    certificate(s, "c4", LATER)
    s.resident("besides", **Person("33010619710115313", "裘千仞").told())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    s = Story(Home(tmp_path_factory.mktemp("another") / "home"))
    HELD.clear()
    for day in (first_day, second_day, third_day):
        day(s)
        s.deliver()
        told = rows(s.home.current, "SELECT department || '/' || dataset, record_key, role, person_id FROM person_record")
        HELD.append({tuple(place): person for *place, person in told})
    return s


def who(day: int, dataset: str, key: str, role: str = "subject") -> str:
    return HELD[day - 1][dataset, key, role]


def head(day: int, key: str) -> str:
    heads = {row: person for (dataset, row, role), person in HELD[day - 1].items() if (dataset, role) == (ASSISTANCE, "head")}
    (found,) = {person for row, person in heads.items() if row.startswith(key)}
    return found


@pytest.mark.usefixtures("story")
class TestWhoKeepsTheId:
    def test_a_head_keeps_the_id_though_all_rows_of_the_certificate_name_another(self) -> None:
        assert head(1, "c1") == who(1, REGISTER, "head")
        assert head(2, "c1") == who(2, REGISTER, "wife") == who(1, REGISTER, "wife")
        assert who(2, REGISTER, "head") == who(2, INSURED, "head|110") == who(1, REGISTER, "head")

    def test_who_is_named_in_the_place_of_somebody_whom_nothing_else_names_is_new(self) -> None:
        assert head(2, "c2") not in HELD[0].values()
        assert head(3, "c2") == head(2, "c2")

    def test_a_row_taken_back_brings_the_id_of_before_and_a_third_person_does_not_get_it(self) -> None:
        assert who(2, RECORD, "erred") == head(2, "c4") == who(1, REGISTER, "meant")
        assert who(3, RECORD, "erred") == who(1, RECORD, "erred")
        assert head(3, "c4") not in {*HELD[0].values(), *HELD[1].values()}
        assert {who(day, REGISTER, "meant") for day in (1, 2, 3)} == {who(1, REGISTER, "meant")}

    def test_of_two_of_one_name_the_number_says_who_is_meant(self) -> None:
        assert who(1, RECORD, "guest") == who(1, REGISTER, "same") == who(2, REGISTER, "same")
        assert who(2, RECORD, "guest") == who(2, REGISTER, "namesake") == who(1, REGISTER, "namesake")

    def test_number_and_name_keep_the_id_under_another_key(self) -> None:
        assert who(1, RECORD, "old key") == who(2, RECORD, "new key") == who(3, RECORD, "new key")

    @pytest.mark.parametrize("key", ["married", "slipped"])
    def test_another_name_of_one_birth_or_a_mended_slip_is_the_same_person(self, key: str) -> None:
        assert len({who(day, RECORD, key) for day in (1, 2, 3)}) == 1


def test_nobody_is_told_to_have_been_another(story: Story) -> None:
    assert {change for change in story.changes() if change[0] in {"merged", "split"}} == set()
    assert ("retired", head(1, "c2"), None) in story.changes()
    with pytest.raises(NotFoundError, match="no record of this person is left"):
        explain(story.home.current.resolve(), head(1, "c2"), load(OWN))
