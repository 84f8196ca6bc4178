from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.model import Contracts
from expectations import gates
from expectations.evaluate import Evaluation
from expectations.rulebook import load_rules
from tests.expectations import county


@pytest.fixture(scope="session")
def agreed() -> Contracts:
    return county.contracts()


@pytest.fixture(scope="session")
def sound_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return county.write_build(tmp_path_factory.mktemp("build") / "20261120.duckdb")


@pytest.fixture
def build(sound_build: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copy(sound_build, tmp_path / "20261120.duckdb"))


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the gates ask one rule, without Data Docs: a test of one rule shall take little time."""

    def ask_only(rule_id: str) -> None:
        rules = [rule for rule in load_rules() if rule.id == rule_id]
        monkeypatch.setattr(gates, "_rules", lambda gate: [rule for rule in rules if rule.gate == gate])
        monkeypatch.setattr(Evaluation, "write_docs", lambda self, folder: None)

    return ask_only
