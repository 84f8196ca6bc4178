"""A held batch and a stopped release wait for a person, and go on when one has decided."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from contracts.model import Contracts
from expectations.result import Check, GateResult
from tests.support.county import DAYS, travel_ungated
from tests.support.landing import Landing
from tests.support.release import rows
from transforms import road
from transforms.questions import answer, questions
from transforms.run import run
from transforms.run_report import write_run_report
from warehouse.approvals import Answer, approvals
from warehouse.faults import NotFoundError, RenkouError, WrongUseError
from warehouse.home import Home

DATASET = "hr/pension"
HELD = f"{DATASET}/{DAYS[1]:%Y%m%d}"
YES = Answer("approved", "李科长", "the office cleaned up doubles")


def ungated(*_: object) -> None:
    """No batch gate: the small batches here are sound, and Great Expectations takes longer than all else."""


@pytest.fixture(autouse=True)
def _ungated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "_gate_batches", ungated)


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory: pytest.TempPathFactory, own_contracts: Contracts) -> Path:
    """Two days, of which the second is held."""
    root = tmp_path_factory.mktemp("shrunk")
    landing = Landing(root / "landing", own_contracts)
    for day, count in ((DAYS[0], 400), (DAYS[1], 200)):
        landing.put(DATASET, [{"person_no": str(n), "name": "王小明", "benefit_status": "1"} for n in range(count)], day)
    travel_ungated(Home(root / "home"), landing.root)
    return root


@pytest.fixture
def held(shrunk: Path, tmp_path: Path, own_contracts: Contracts) -> tuple[Home, Landing]:
    shutil.copytree(shrunk, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Home(tmp_path / "home"), Landing(tmp_path / "landing", own_contracts)


def used(home: Home) -> list[tuple[object, ...]]:
    return rows(home.current, f"SELECT batch_date, is_stale, waiting_status FROM freshness WHERE dataset = '{DATASET[3:]}'")


def test_a_held_batch_is_asked_about_with_both_figures(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    (asked,) = questions(held[0], own_contracts)
    assert asked.subject == HELD
    assert ("行数 rows", "400", "200") in asked.figures
    assert "shrank by 50%" in asked.sentence
    assert "王小明" not in repr(asked)


def test_until_then_the_last_good_batch_stands_and_the_release_says_so(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    assert used(held[0]) == [(DAYS[0], False, "held")]
    assert f"{HELD}: held" in write_run_report(held[0], own_contracts).read_text(encoding="utf-8")


def test_an_approved_batch_is_built_with_and_who_and_why_are_kept(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    home, landing = held
    answer(home, own_contracts, HELD, YES)
    assert questions(home, own_contracts) == []
    travel_ungated(home, landing.root, DAYS[1])
    assert used(home) == [(DAYS[1], False, None)]
    (kept,) = approvals(home).values()
    assert (kept.who, kept.why, kept.about) == ("李科长", "the office cleaned up doubles", ("bounds",))


def test_a_decision_that_was_cut_off_is_named_and_decides_nothing(
    held: tuple[Home, Landing], own_contracts: Contracts
) -> None:
    home, landing = held
    answer(home, own_contracts, HELD, YES)
    (kept,) = home.approvals.iterdir()
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes()[:-20])
    with pytest.raises(RenkouError, match=f"{kept.name}: the file of this decision is damaged; put it back"):
        travel_ungated(home, landing.root, DAYS[1])
    assert used(home) == [(DAYS[0], False, "held")]
    kept.unlink()
    answer(home, own_contracts, HELD, YES)
    travel_ungated(home, landing.root, DAYS[1])
    assert used(home) == [(DAYS[1], False, None)]


def test_an_approval_is_of_these_bytes_alone(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    home, landing = held
    answer(home, own_contracts, HELD, YES)
    landing.put(DATASET, [{"person_no": "1", "name": "王小明", "benefit_status": "1"}], DAYS[1])
    landing.take_in(home, DATASET, DAYS[1])
    assert [q.subject for q in questions(home, own_contracts)] == [HELD]


def test_a_rejected_batch_stays_out_and_is_not_asked_again(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    home, _ = held
    answer(home, own_contracts, HELD, Answer("rejected", "李科长", "a broken export"))
    assert questions(home, own_contracts) == []
    (batch,) = [b for b in road.batches_known(home, own_contracts) if b.reference == HELD]
    assert batch.status == "held"
    assert "李科长 rejected it" in batch.reason


def test_a_decision_needs_a_name_a_reason_and_a_question(held: tuple[Home, Landing], own_contracts: Contracts) -> None:
    with pytest.raises(WrongUseError, match="who decided and why"):
        answer(held[0], own_contracts, HELD, Answer("approved", "李科长", " "))
    with pytest.raises(NotFoundError, match=f"waiting: {HELD}"):
        answer(held[0], own_contracts, "hr/insured/20261121", YES)


# --- a stopped release --------------------------------------------------------------------------------------------


def gate(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The release gate as it answers a release too unlike the one before; asking it really takes half a minute."""
    from expectations import gates  # noqa: PLC0415

    failed = Check("deaths_rise", "person", None, "stop", False, 0.2, "死亡人数升幅不得过大。", "The dead do not rise.")
    monkeypatch.setattr(gates, "check_build", lambda *_, **__: GateResult("build", "b", ()))
    results = GateResult(name, "r", (failed,))  # type: ignore[arg-type]
    monkeypatch.setattr(gates, "check_release", lambda *_, **__: results)


def test_a_stopped_release_is_published_when_a_person_bears_it(
    held: tuple[Home, Landing], own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, landing = held
    landing.put("hr/employment", [{"certificate_no": "1", "name": "王小明"}], DAYS[2])
    gate(monkeypatch, "release")
    assert run(home, own_contracts, landing.root).status == "refused"
    asked = next(q for q in questions(home, own_contracts) if q.subject.startswith("release/"))
    assert asked.about == ("deaths_rise",)
    assert [name for name, *_ in asked.figures][:2] == ["person", "person_record"]
    answer(home, own_contracts, asked.subject, YES)
    report = run(home, own_contracts, landing.root)
    assert report.status == "published"
    kept = json.loads((home.reports / f"{report.release_id}.json").read_text())
    assert kept["borne"] == ["deaths_rise"]


def test_a_build_that_is_not_sound_is_nobodys_to_approve(
    held: tuple[Home, Landing], own_contracts: Contracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, landing = held
    landing.put("hr/employment", [{"certificate_no": "1", "name": "王小明"}], DAYS[2])
    gate(monkeypatch, "build")
    assert run(home, own_contracts, landing.root).status == "refused"
    assert [q.subject for q in questions(home, own_contracts)] == [HELD]
