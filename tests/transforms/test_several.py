"""Rows that name several persons in one place: each is a person, or the whole row is kept out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from contracts.model import (
    Column,
    Contracts,
    Dataset,
    Delivery,
    Each,
    FileLayout,
    PersonOfRow,
    RegisterKey,
    Supply,
)
from contracts.unroll import unrolled
from tests.support.landing import DAY, Landing, accepted, quarantined
from transforms.linking.records import present
from transforms.prepare import prepare_build
from transforms.take_in.ledger import BatchReport
from warehouse.connection import scratch
from warehouse.home import Home

FIRST, SECOND, THIRD = "110101199001011237", "110101199001011245", "110101198505052345"
LAYOUTS = (
    FileLayout(files="*.jsonl.gz", format="jsonl", compression="gzip"),
    FileLayout(files="*.csv", format="csv"),
)


def register(names: str, numbers: str) -> Dataset:
    """A register of households: a head, and up to three members of whom two columns of these headers tell."""
    return unrolled(
        Dataset(
            department="office",
            name="home",
            title="户",
            version="1",
            delivery=Delivery(mode="full", cadence="daily", layouts=LAYOUTS),
            columns=(
                Column(name="key_no", header="no", label="号", key=1, required=True, normaliser="key"),
                Column(name="head", header="head", label="户主", normaliser="name"),
                Column(name="names", header=names, label="成员", normaliser="name"),
                Column(name="numbers", header=numbers, label="成员证号", normaliser="identity_number"),
            ),
            persons=(
                PersonOfRow(role="head", data={"name": Supply(column="head")}),
                PersonOfRow(
                    role="member",
                    each=Each(columns=("names", "numbers"), at_most=3),
                    data={"name": Supply(column="names"), "id_number": Supply(column="numbers")},
                ),
            ),
            source=Path("none"),
        )
    )


def test_what_several_datasets_share_keeps_its_name() -> None:
    key = RegisterKey(space="numbers", column="numbers")
    rolled = register("names", "numbers").as_delivered
    assert rolled is not None
    member = rolled.role("member").model_copy(update={"register_key": key})
    dataset = unrolled(rolled.model_copy(update={"persons": (rolled.role("head"), member)}))
    keys = [dataset.role(f"member_{n}").register_key for n in (1, 2, 3)]
    assert keys == [RegisterKey(space="numbers", column=f"numbers_{n}") for n in (1, 2, 3)]


def taken_in(folder: Path, contracts: Contracts, dataset: Dataset, name: str, content: bytes) -> BatchReport:
    agreed = contracts.model_copy(update={"datasets": (dataset,)})
    landing = Landing(folder / "landing", agreed)
    path = landing.folder(dataset.id) / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return landing.take_in(Home(folder / "home"), dataset.id)


def said(report: BatchReport) -> dict[str, Any]:
    """By key the members, each with name and number, or why the row is kept out."""
    assert report.rows == report.accepted + report.quarantined, report.reason
    rows = {row["key_no"]: [(row[f"names_{n}"], row[f"numbers_{n}"]) for n in (1, 2, 3)] for row in accepted(report)}
    members = {key: [pair for pair in pairs if any(pair)] for key, pairs in rows.items()}
    return members | {row["record_key"]: row["reason"].partition(":")[0] for row in quarantined(report)}


CELLS = {
    "one": ("张三", FIRST, [("张三", FIRST)]),
    "slashes": ("张三/李四/王五", f"{FIRST}/{SECOND}/{THIRD}", [("张三", FIRST), ("李四", SECOND), ("王五", THIRD)]),
    "other marks": ("张三、李四", f"{FIRST}；{SECOND}", [("张三", FIRST), ("李四", SECOND)]),
    "lines": ("张三\n李四", f"{FIRST}\n{SECOND}", [("张三", FIRST), ("李四", SECOND)]),
    "a blank in a name": ("张 三/李四", f"{FIRST}/{SECOND}", [("张三", FIRST), ("李四", SECOND)]),
    "a mark at the end": ("张三/李四/", f"{FIRST}/{SECOND}", [("张三", FIRST), ("李四", SECOND)]),
    "what a spreadsheet left": ("张三、李四", f"{FIRST}、3.30106E+17", [("张三", FIRST), ("李四", None)]),
    "a number short": ("张三/李四", f"{FIRST}//", "uneven"),
    "an empty place": ("张三/李四/王五", f"{FIRST}//{THIRD}", [("张三", FIRST), ("李四", None), ("王五", THIRD)]),
    "no numbers": ("张三/李四", "", [("张三", None), ("李四", None)]),
    "none": ("无", "", []),
    "uneven": ("张三/李四/王五", f"{FIRST}/{SECOND}", "uneven"),
    "too many": ("张三/李四/王五/赵六", "", "too_many"),
    "a test row among them": ("张三/测试", f"{FIRST}/{SECOND}", "test_row"),
}


def test_several_in_one_cell_of_a_table(tmp_path: Path, own_contracts: Contracts) -> None:
    lines = ["no,head,成员,证号"]
    lines += [f'{key},钱七,"{names}","{numbers}"' for key, (names, numbers, _) in CELLS.items()]
    report = taken_in(tmp_path, own_contracts, register("成员", "证号"), "home.csv", "\n".join(lines).encode() + b"\n")
    assert said(report) == {key: wanted for key, (_, _, wanted) in CELLS.items()}
    (raw,) = (row["raw"] for row in quarantined(report) if row["record_key"] == "uneven")
    assert json.loads(raw)["names"] == "张三/李四/王五"


LISTS: dict[str, tuple[Any, Any]] = {
    "one": ([{"name": "张三", "id": FIRST}], [("张三", FIRST)]),
    "three": (
        [{"name": "张三", "id": FIRST}, {"name": "李四", "id": SECOND}, {"name": "王五", "id": THIRD}],
        [("张三", FIRST), ("李四", SECOND), ("王五", THIRD)],
    ),
    "a member without a number": ([{"name": "张三"}, {"name": "李四", "id": SECOND}], [("张三", None), ("李四", SECOND)]),
    "an object alone": ({"name": "张三", "id": FIRST}, [("张三", FIRST)]),
    "an empty list": ([], []),
    "null": (None, []),
    "too many": ([{"name": name, "id": None} for name in ("张三", "李四", "王五", "赵六")], "too_many"),
    "a text": ("张三", "not_object"),
    "a text among them": ([{"name": "张三", "id": FIRST}, "李四"], "not_single"),
}


def test_a_list_of_objects(tmp_path: Path, own_contracts: Contracts) -> None:
    rows = [{"no": key, "head": "钱七", "members": told} for key, (told, _) in LISTS.items()]
    content = gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    report = taken_in(tmp_path, own_contracts, register("members.name", "members.id"), "home.jsonl.gz", content)
    assert report.status == "accepted", report.reason
    assert said(report) == {key: wanted for key, (_, wanted) in LISTS.items()}


def test_lists_of_texts(tmp_path: Path, own_contracts: Contracts) -> None:
    rows = [{"no": "a", "head": "钱七", "names": ["张三", "李四"], "ids": [FIRST, None]}]
    content = gzip.compress("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    assert said(taken_in(tmp_path, own_contracts, register("names", "ids"), "home.jsonl.gz", content)) == {
        "a": [("张三", FIRST), ("李四", None)]
    }


def test_a_list_that_did_not_come_is_not_empty(tmp_path: Path, own_contracts: Contracts) -> None:
    dataset = register("成员", "证号")
    report = taken_in(tmp_path, own_contracts, dataset, "home.csv", "no,head,成员\na,钱七,张三/李四\n".encode())
    assert "missing 证号" in report.reason
    with scratch() as connection:
        agreed = own_contracts.model_copy(update={"datasets": (dataset,)})
        prepare_build(connection, agreed, [report], DAY)
        row = connection.execute("SELECT names_2, numbers_2__missing FROM record_office__home").fetchone()
    assert row == ("李四", "not_delivered")


def test_a_word_for_nothing_is_nobody(tmp_path: Path, own_contracts: Contracts) -> None:
    """无 in the place of a member is no person without a name, and a row in which nobody is told is kept out, or it would be nobody's."""
    dataset = register("成员", "证号")
    content = "no,head,成员,证号\na,钱七,无,-\nb,无,,\nc,不详,张三,\nd,钱七,11010119900101123,\n".encode()
    report = taken_in(tmp_path, own_contracts, dataset, "home.csv", content)
    assert [(row["record_key"], row["reason"].partition(":")[0]) for row in quarantined(report)] == [("b", "names_nobody")]
    with scratch() as connection:
        prepare_build(connection, own_contracts.model_copy(update={"datasets": (dataset,)}), [report], DAY)
        told = ", ".join(f"CASE WHEN {present(dataset, person)} THEN '{person.role}' END" for person in dataset.persons)
        rows = connection.execute(f"SELECT record_key, concat_ws(' ', {told}) FROM record_office__home ORDER BY ALL").fetchall()
    assert rows == [("a", "head"), ("c", "member_1"), ("d", "head member_1")]
