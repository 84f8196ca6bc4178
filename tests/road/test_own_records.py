"""An order names the records of the department that is asked, as it knows no other's."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from contracts.layout import OWN
from contracts.load import load
from tests.road.test_situations import Person
from tests.support.identity import REGISTER, Story
from tests.support.release import rows
from warehouse.home import Home
from warehouse.orders import send_orders

BEARER = Person("33010619610307111", "孟广田")


def test_what_another_department_reports_is_asked_about_by_the_own_record(tmp_path: Path) -> None:
    story = Story(Home(tmp_path / "home"))
    story.resident("own key", **BEARER.told())
    story.insured("their key|110", **BEARER.told(name="孟广甜"))
    story.deliver()
    assert story.together((REGISTER, "own key"), ("hr/insured", "their key|110"))
    told = "SELECT DISTINCT record_key FROM discrepancy WHERE kind = 'value' AND owner = 'police/resident'"
    assert rows(story.home.current, told) == [("their key|110",)]
    send_orders(story.home.current.resolve(), load(OWN), story.home, "r", "police")
    (order,) = pq.read_table(story.home.orders / "police" / "r" / "orders.parquet").to_pylist()
    assert order["records"] == "own key"
    assert "their key|110" in order["reports"]


def test_what_was_said_is_told_in_words(tmp_path: Path) -> None:
    """An official reads no codes, and no names of datasets."""
    story = Story(Home(tmp_path / "home"))
    story.resident("own key", **BEARER.told())
    story.insured("their key|110", **BEARER.told(sex="2"))
    story.deliver()
    send_orders(story.home.current.resolve(), load(OWN), story.home, "r", "police")
    (order,) = pq.read_table(story.home.orders / "police" / "r" / "orders.parquet").to_pylist()
    assert order["own_values"] == "1 男性"
    assert order["reports"] == "人力资源和社会保障局 社会保险参保: 2 女性（记录号 their key|110）"
