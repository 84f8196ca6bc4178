"""What a key may ask is its own, whoever else asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import rates
from warehouse.rates import Rates

KEYS = [f"10.0.{at // 256}.{at % 256} rk_e359f504" for at in range(500)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that ``Rates`` is told, in one place."""
    told = [1_700_000_000.0]
    monkeypatch.setattr(rates.time, "time", lambda: told[0])
    return told


def used_up(counted: Rates, key: str, rate: int) -> int:
    """How many calls the key may make at once."""
    return next(calls for calls in range(10_000) if counted.wait(key, rate))


@pytest.mark.usefixtures("clock")
def test_nobody_is_held_up_by_others(tmp_path: Path) -> None:
    counted = Rates(tmp_path / "rates")
    assert [used_up(counted, key, 60) for key in KEYS] == [10] * len(KEYS)


def test_what_was_used_comes_back_in_time(tmp_path: Path, clock: list[float]) -> None:
    counted = Rates(tmp_path / "rates")
    assert used_up(counted, "rk_1", 120) == 20
    assert counted.wait("rk_1", 120) == pytest.approx(0.5)
    clock[0] += 2.25
    assert used_up(counted, "rk_1", 120) == 4
    clock[0] += 3600
    assert used_up(counted, "rk_1", 120) == 20


@pytest.mark.usefixtures("clock")
def test_processes_count_together_and_asking_without_taking_counts_nothing(tmp_path: Path) -> None:
    one, other = (Rates(tmp_path / "rates") for _ in range(2))
    assert used_up(one, "rk_1", 60) == 10
    assert other.wait("rk_1", 60) > 0
    assert [other.wait("rk_2", 60, take=0) for _ in range(20)] == [0.0] * 20
    assert used_up(one, "rk_2", 60) == 10


def test_a_clock_set_back_holds_nobody_up_for_longer_than_a_bucket(tmp_path: Path, clock: list[float]) -> None:
    counted = Rates(tmp_path / "rates")
    used_up(counted, "rk_1", 60)
    clock[0] -= 86_400
    assert counted.wait("rk_1", 60) == pytest.approx(1)
    clock[0] += 3
    assert used_up(counted, "rk_1", 60) == 3


@pytest.mark.usefixtures("clock")
def test_where_more_ask_than_there_are_slots_somebody_may_always_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "SLOTS", 64)
    counted = Rates(tmp_path / "rates")
    assert [counted.wait(key, 60) for key in KEYS] == [0.0] * len(KEYS)
