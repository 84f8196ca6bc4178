"""The one way through the rooms, and who alone may open what."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.rooms import APART, ORDER, ROOMS, ROOT, calls, imported_tops, python_files


def where(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_rooms_after_it(room: str) -> None:
    before = set(ORDER[: ORDER.index(room)])
    assert where([path for path in python_files(room) if imported_tops(path) & before]) == []


def test_the_generator_stands_apart_and_only_the_command_line_knows_it() -> None:
    assert where([path for path in python_files(APART) if imported_tops(path) & set(ORDER)]) == []
    others = [room for room in ORDER if room != "cli"]
    assert where([path for path in python_files(*others) if APART in imported_tops(path)]) == []


def test_no_room_imports_the_tests() -> None:
    assert where([path for path in python_files(*ROOMS) if "tests" in imported_tops(path)]) == []


def test_every_python_file_is_in_a_room() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.py") if not _hidden(path)}
    assert tops <= {*ROOMS, "tests", "docs", "scripts", "bench"}


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)


def test_only_the_warehouse_opens_a_database() -> None:
    openers = [path for path in python_files(*ORDER) if "duckdb.connect" in calls(path)]
    assert where(openers) == ["warehouse/connection.py"]


@pytest.mark.parametrize(("package", "room"), [("great_expectations", "expectations"), ("airflow", "dags")])
def test_only_one_room_imports(package: str, room: str) -> None:
    others = [other for other in ROOMS if other != room]
    assert where([path for path in python_files(*others) if package in imported_tops(path)]) == []
