from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.dags.conftest import ROOT

MAY = ("dags", "tests/dags")


def sources() -> Iterator[Path]:
    for top in ROOT.iterdir():
        if top.is_dir() and not top.name.startswith("."):
            yield from top.rglob("*.py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_only_the_room_dags_imports_airflow() -> None:
    elsewhere = {
        str(path.relative_to(ROOT))
        for path in sources()
        if "airflow" in imported(path) and not str(path.relative_to(ROOT)).startswith(MAY)
    }
    assert elsewhere == set()


def test_dags_import_nothing_heavy_when_they_are_parsed() -> None:
    heavy = {"duckdb", "great_expectations", "pandas", "splink", "transforms", "expectations"}
    for path in (ROOT / "dags").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        at_once = {n for s in tree.body if isinstance(s, ast.Import | ast.ImportFrom) for n in names(s)}
        assert not at_once & heavy, path.name


def names(statement: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(statement, ast.Import):
        return {alias.name.split(".")[0] for alias in statement.names}
    return {(statement.module or "").split(".")[0]}
