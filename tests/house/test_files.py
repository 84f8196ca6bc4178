"""What git keeps says nothing of the machine that it was made on, nor of where packages come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.rooms import ROOT, tracked

SLASH = "/"  # written apart, so that this file does not name what it looks for
HOMES = ("root", "work", "Users", "home" + SLASH + r"[a-z]\w*")
MACHINE = re.compile(rf"(?<![\w.$}}])(?:{'|'.join(SLASH + home + SLASH for home in HOMES)})")
HOSTS = ("pypi", "pythonhosted", "npmjs", "conda", "ghcr", "quay", "gcr")
REGISTRY = re.compile(rf"https?:{SLASH}{SLASH}[\w.-]*(?:{'|'.join(HOSTS)}|mirror|artifactory|nexus)[\w.-]*", re.IGNORECASE)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def test_no_path_of_a_machine() -> None:
    assert lines_with(MACHINE) == []


def test_no_host_of_a_package_registry() -> None:
    assert lines_with(REGISTRY) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE, SLASH.join(["see ", "root", "x"])),
        (MACHINE, SLASH.join(['cd "', "home", "somebody", "x"])),
        (REGISTRY, SLASH.join(["https:", "", "files.python" + "hosted.org", "x"])),
    ],
)
def test_the_patterns_find_what_they_look_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_no_file_is_data_of_a_run_or_somebody_elses_package() -> None:
    strange = {".duckdb", ".parquet", ".wal", ".xlsx", ".whl", ".gz", ".zip", ".jar", ".so"}
    assert [str(p.relative_to(ROOT)) for p in tracked() if p.suffix in strange] == []
