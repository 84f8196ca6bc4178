"""The engine that normalises is kept from batch to batch, and keeps nothing of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.model import Contracts
from transforms.normalising.engine import engine


def placeholder(contracts: Contracts, folder: Path, word: str) -> str | None:
    with engine(contracts, folder / "spill") as connection:
        return connection.execute("SELECT placeholder_reason(?)", [word]).fetchall()[0][0]


def test_the_next_batch_sees_no_table_of_the_one_before(own_contracts: Contracts, tmp_path: Path) -> None:
    with engine(own_contracts, tmp_path / "spill") as connection:
        connection.execute("CREATE TEMP TABLE delivered AS SELECT 1 AS row_of_another")
    with engine(own_contracts, tmp_path / "spill") as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'delivered'").fetchall() == [(0,)]


def test_another_agreement_on_intake_has_an_engine_of_its_own(own_contracts: Contracts, tmp_path: Path) -> None:
    reasons = own_contracts.placeholders.reasons
    more = own_contracts.placeholders.model_copy(update={"reasons": reasons | {"unknown": (*reasons["unknown"], "卷宗缺页")}})
    changed = own_contracts.model_copy(update={"placeholders": more, "intake_version": "with one more word"})
    assert placeholder(own_contracts, tmp_path, "卷宗缺页") is None
    assert placeholder(changed, tmp_path, "卷宗缺页") == "unknown"
    assert placeholder(own_contracts, tmp_path, "卷宗缺页") is None


def test_what_spills_does_so_beside_its_batch_and_nothing_is_left(
    own_contracts: Contracts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENKOU_MEMORY", "60MB")
    for name in ("one", "other"):
        with engine(own_contracts, tmp_path / name) as connection:
            connection.execute("CREATE TEMP TABLE wide AS SELECT range AS n, md5(range::VARCHAR) AS text FROM range(3000000)")
            assert list((tmp_path / name).iterdir())
        assert list(tmp_path.iterdir()) == []
