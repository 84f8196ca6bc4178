"""What people decided is kept for ever, one entry after the other, and no two decisions in force contradict one another."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.decisions import Reference, decide, decisions, digest, in_force, pair_id, withdraw
from warehouse.faults import NotFoundError, RenkouError, WrongUseError
from warehouse.home import Home

A, B, C, D = (Reference("police", "resident", key, "subject") for key in "abcd")
WHO = ("王科长", "same address and phone")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_decision_says_who_when_and_why(home: Home) -> None:
    taken = decide(home, "linked", (B, A), *WHO)

    assert (taken.decision_id, taken.left, taken.right) == ("D000001", A, B)
    assert decisions(home) == (taken,)
    assert taken.decided_at.tzinfo is not None


def test_a_withdrawn_decision_stays_to_be_read_and_binds_nobody(home: Home) -> None:
    taken = decide(home, "not_linked", (A, B), *WHO)
    withdraw(home, taken.decision_id, "李", "the number was another's")

    assert in_force(home) == ()
    assert [(d.withdrawn_by, d.withdrawn_why) for d in decisions(home)] == [
        ("李", "the number was another's")
    ]
    assert decide(home, "linked", (A, B), *WHO).decision_id == "D000002"


def test_what_was_decided_is_not_decided_again_by_the_way(home: Home) -> None:
    decide(home, "linked", (A, B), *WHO)
    for verdict in ("linked", "not_linked"):
        with pytest.raises(WrongUseError, match="D000001"):
            decide(home, verdict, (B, A), *WHO)


def test_decisions_do_not_contradict_one_another_by_way_of_a_third_record(home: Home) -> None:
    decide(home, "linked", (A, B), *WHO)
    decide(home, "linked", (B, C), *WHO)
    with pytest.raises(WrongUseError, match="D000001, D000002"):
        decide(home, "not_linked", (A, C), *WHO)
    decide(home, "not_linked", (C, D), *WHO)
    with pytest.raises(WrongUseError, match="D000003"):
        decide(home, "linked", (A, D), *WHO)


@pytest.mark.parametrize("who_and_why", [(" ", "because"), ("王", "")])
def test_a_decision_needs_a_name_and_a_reason(home: Home, who_and_why: tuple[str, str]) -> None:
    with pytest.raises(WrongUseError):
        decide(home, "linked", (A, B), *who_and_why)


def test_a_withdrawal_needs_a_decision_in_force(home: Home) -> None:
    with pytest.raises(NotFoundError):
        withdraw(home, "D000001", *WHO)
    decide(home, "linked", (A, B), *WHO)
    withdraw(home, "D000001", *WHO)
    with pytest.raises(WrongUseError, match="withdrawn before"):
        withdraw(home, "D000001", *WHO)


def test_a_reason_keeps_no_number_in_full(home: Home) -> None:
    assert "330102199912311234" not in decide(home, "linked", (A, B), "王", "same as 330102199912311234").why


def test_a_line_that_a_power_cut_tore_is_no_entry_and_gives_way_to_the_next(home: Home) -> None:
    decide(home, "linked", (A, B), *WHO)
    before = digest(home)
    with (home.decisions / "decisions.jsonl").open("ab") as file:
        file.write(b'{"after": "torn')

    assert digest(home) == before
    decide(home, "linked", (C, D), *WHO)
    assert len(decisions(home)) == 2


@pytest.mark.parametrize("change", ["linked", "not_linked", None])
def test_a_file_changed_by_hand_is_not_believed(home: Home, change: str | None) -> None:
    decide(home, "linked", (A, B), *WHO)
    decide(home, "not_linked", (C, D), *WHO)
    file = home.decisions / "decisions.jsonl"
    first, second = file.read_text(encoding="utf-8").splitlines()
    if change is None:
        file.write_text(f"{second}\n", encoding="utf-8")
    else:
        file.write_text(f"{first.replace('linked', change)}X\n{second}\n", encoding="utf-8")

    with pytest.raises(RenkouError, match="restore it"):
        decisions(home)


def test_a_record_key_may_hold_a_slash() -> None:
    assert Reference.parse("hr/insured/33/1|110/subject") == Reference("hr", "insured", "33/1|110", "subject")
    for wrong in ("", "hr/insured", "hr/insured/x", "hr//x/subject"):
        with pytest.raises(WrongUseError):
            Reference.parse(wrong)


def test_a_pair_has_one_name_whichever_comes_first() -> None:
    assert pair_id(A, B) == pair_id(B, A) != pair_id(A, C)


def _decide(root: Path, key: str) -> None:
    decide(Home(root), "not_linked", (A, Reference("hr", "insured", key, "subject")), *WHO)


def test_two_who_decide_at_once_both_are_heard(home: Home) -> None:
    context = get_context("spawn")
    workers = [context.Process(target=_decide, args=(home.root, f"k{number}")) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(d.decision_id for d in decisions(home)) == ["D000001", "D000002", "D000003"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["linked", "not_linked"]), st.sampled_from("abcdef"), st.sampled_from("abcdef")
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_whatever_is_tried_those_in_force_can_all_be_heeded(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]]
) -> None:
    home = Home(tmp_path_factory.mktemp("decisions"))
    for verdict, one, other in steps:
        try:
            decide(home, verdict, (Reference("x", "y", one, "z"), Reference("x", "y", other, "z")), *WHO)  # type: ignore[arg-type]
        except WrongUseError:
            continue
    group = {key: {key} for key in "abcdef"}
    for d in in_force(home):
        if d.decision == "linked":
            joined = group[d.left.record_key] | group[d.right.record_key]
            group |= dict.fromkeys(joined, joined)
    apart = [d for d in in_force(home) if d.decision == "not_linked"]
    assert all(d.right.record_key not in group[d.left.record_key] for d in apart)
