"""What the education bureau delivers of a generated county's children: CSV, workbooks, JSON lines."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook

FIRST, SECOND = date(2026, 11, 20), date(2026, 11, 21)
TOWN, VILLAGE = "县第一小学", "清溪村小学"
PUPIL_HEADER = ("学籍号", "学生姓名", "身份证件号", "出生日期", "学校", "年级", "班主任", "入学日期")
BOARDING_HEADER = ("申请号", "申请人", "申请人身份证号", "学生姓名", "学生身份证号", "入住日期")
AID_HEADER = ("学籍号", "姓名", "身份证件号", "学校")
CHILDREN = """
    SELECT c.name, c.id_number, c.birth_date, m.name, m.id_number, c.death_date IS NOT NULL
    FROM read_parquet($1) AS c LEFT JOIN read_parquet($1) AS m ON m.true_id = c.mother
    WHERE c.name IS NOT NULL AND c.id_number IS NOT NULL AND c.hukou_status IS NOT NULL
      AND (c.birth_date BETWEEN DATE '2011-01-01' AND DATE '2019-12-31' AND m.id_number IS NOT NULL
           OR c.death_date IS NOT NULL AND len(c.death_known_to) > 0)
    ORDER BY c.true_id
"""


@dataclass(frozen=True)
class Pupil:
    """A child of the county as its school knows it; ``mother`` is name and number of the guardian."""

    number: str
    name: str
    id_number: str
    birth: date
    school: str
    grade: str
    mother: tuple[str, str] | None
    dead: bool

    @property
    def row(self) -> tuple[str, ...]:
        day = f"{self.birth:%Y%m%d}"
        return (self.number, self.name, self.id_number, day, self.school, self.grade, "王老师", "2025-09-01")


def pupils_of(truth: Path) -> list[Pupil]:
    """Children of school age, in turn at either school, and dead persons whom nobody took off the roll."""
    rows = duckdb.execute(CHILDREN, [str(truth / "person.parquet")]).fetchall()
    return [
        Pupil(
            f"G3301{place:05}",
            name,
            number,
            birth,
            (TOWN, VILLAGE)[place % 2],
            ("小一", "初一")[place % 2],
            (mother, mothers_number) if mother and mothers_number and not dead else None,
            dead,
        )
        for place, (name, number, birth, mother, mothers_number, dead) in enumerate(rows)
    ]


def deliver(landing: Path, pupils: Sequence[Pupil]) -> None:
    """Three datasets on the first day; on the second, one guardian withdrawn and one who has a new number."""
    folder = _folder(landing, "pupil", FIRST)
    _csv(folder / "JY_XJ_20261120.csv", [p for p in pupils if p.school == TOWN])
    _pupil_book(folder / "JY_XJ_20261120.xlsx", [p for p in pupils if p.school == VILLAGE])
    _aid_book(_folder(landing, "aid", FIRST) / "JY_ZZ_202611.xlsx", pupils)
    _boarding_csv(_folder(landing, "boarding", FIRST) / "JY_JS_2026.csv", families(pupils))
    with_guardian = [p for p in pupils if p.mother]
    _guardians(landing, FIRST, [_guardian("新增", p, place) for place, p in enumerate(with_guardian)])
    first, second = with_guardian[:2]
    changes = [_guardian("注销", first, 0), _guardian("变更", second, 77)]
    _guardians(landing, SECOND, changes)


def families(pupils: Sequence[Pupil]) -> list[list[Pupil]]:
    """The pupils of each mother, of those who have one."""
    mothers = dict.fromkeys(p.mother for p in pupils if p.mother)
    return [[p for p in pupils if p.mother == mother] for mother in mothers]


def phone_of(place: int) -> str:
    """The number that the guardian at that place told."""
    return f"139571{place:05}"


def _folder(landing: Path, dataset: str, day: date) -> Path:
    folder = landing / "education" / dataset / f"{day:%Y%m%d}"
    folder.mkdir(parents=True)
    return folder


def _csv(path: Path, pupils: Iterable[Pupil]) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(PUPIL_HEADER)
        writer.writerows(pupil.row for pupil in pupils)


def _pupil_book(path: Path, pupils: Sequence[Pupil]) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["某县教育局学籍登记表"])
    sheet.append(["填报单位：清溪村小学"])
    sheet.append(PUPIL_HEADER)
    for pupil in pupils:
        sheet.append((*pupil.row[:3], pupil.birth, *pupil.row[4:7], "2025年9月1日"))
    sheet.append(("合计", len(pupils)))
    book.save(path)


def _aid_book(path: Path, pupils: Sequence[Pupil]) -> None:
    """Two kinds of aid; one row names another school than the register does."""
    book = Workbook()
    book.remove(book["Sheet"])
    for kind, step in (("寄宿补助", 3), ("营养餐", 2)):
        sheet: Any = book.create_sheet(kind)
        sheet.append(AID_HEADER)
        for place, pupil in enumerate(pupils[::step]):
            school = "省实验小学" if place == 0 and kind == "营养餐" else pupil.school
            sheet.append((pupil.number, pupil.name, pupil.id_number, school))
    book.save(path)


def _boarding_csv(path: Path, applications: Iterable[Sequence[Pupil]]) -> None:
    """An application a mother; the last has a number less than names."""
    told = [
        [f"S{place:04}", *(pupils[0].mother or ()), "/".join(p.name for p in pupils), "/".join(p.id_number for p in pupils), "2026-09-01"]
        for place, pupils in enumerate(applications)
    ]
    told.append(["S9999", "王某", "", "甲某/乙某/丙某", "110101201501011234/110101201501011242", "2026-09-01"])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([BOARDING_HEADER, *told])


def _guardian(change: str, pupil: Pupil, place: int) -> dict[str, Any]:
    name, number = pupil.mother or ("", "")
    day = SECOND if change != "新增" else FIRST
    return {
        "op": change,
        "pupil": {"no": pupil.number, "name": pupil.name, "id_no": pupil.id_number},
        "guardian": {"no": "1", "name": name, "id_no": number, "phone": phone_of(place)},
        "changed_at": f"{day.isoformat()}T08:00:00+08:00",
    }


def _guardians(landing: Path, day: date, rows: Sequence[dict[str, Any]]) -> None:
    path = _folder(landing, "guardian", day) / f"JY_JHR_{day:%Y%m%d}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    told = {
        "file": path.name,
        "rows": len(rows),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "extract_date": day.isoformat(),
    }
    path.with_name(path.name + ".ctl").write_text(json.dumps(told), encoding="utf-8")
