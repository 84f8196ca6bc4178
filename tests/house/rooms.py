"""The rooms of the house, and what their files say."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Each room may use those after it, and none before it.
ORDER = ("dags", "cli", "api", "transforms", "expectations", "warehouse", "contracts")
APART = "generate"
ROOMS = (*ORDER, APART)
SQL = ROOT / "transforms" / "sql"


def python_files(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def sql_files() -> list[Path]:
    return sorted(SQL.rglob("*.sql"))


@lru_cache(maxsize=512)
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def imported_tops(path: Path) -> set[str]:
    return {module.partition(".")[0] for module in imports(path)}


def calls(path: Path) -> Iterator[str]:
    """Every call with a dotted name, such as ``duckdb.connect``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield f"{node.func.value.id}.{node.func.attr}"


def words_of_python(path: Path) -> set[str]:
    """Words of a file's names and texts; what it says of itself (docstrings, comments) is left out."""
    nodes = list(ast.walk(tree(path)))
    said = {id(d) for node in nodes if (d := _docstring(node)) is not None}
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in said]
    texts += [n.id for n in nodes if isinstance(n, ast.Name)] + [n.attr for n in nodes if isinstance(n, ast.Attribute)]
    texts += [n.arg for n in nodes if isinstance(n, ast.arg | ast.keyword) and n.arg]
    return {word for text in texts for word in re.findall(r"\w+", text)}


def _docstring(node: ast.AST) -> ast.Constant | None:
    """A text that stands as a statement of its own."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return node.value
    return None


def words_of_sql(path: Path) -> set[str]:
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return set(re.findall(r"\w+", text))


@lru_cache(maxsize=1)
def tracked() -> list[Path]:
    """The files that git keeps."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]
