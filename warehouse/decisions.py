"""What people decided about pairs of records: kept for ever as data, in force until it is withdrawn.

A decision is over two source records and not over two persons: persons come and go from build to build, records stay.
Nothing here is ever changed; who thinks better of a decision withdraws it, which is an entry of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from warehouse.faults import NotFoundError, WrongUseError
from warehouse.home import Home
from warehouse.identity import masked
from warehouse.journal import Journal

Verdict = Literal["linked", "not_linked"]
VERDICTS: tuple[Verdict, ...] = ("linked", "not_linked")


@dataclass(frozen=True, order=True)
class Reference:
    """One role of one source record; ``department/dataset/record_key/role`` as text."""

    department: str
    dataset: str
    record_key: str
    role: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Raises WrongUseError; a record key may itself hold a slash."""
        head, _, role = text.rpartition("/")
        department, _, rest = head.partition("/")
        dataset, _, record_key = rest.partition("/")
        if not all((department, dataset, record_key, role)):
            raise WrongUseError(
                "a record is named department/dataset/record_key/role, as `renkou review list` shows it"
            )
        return cls(department, dataset, record_key, role)

    def __str__(self) -> str:
        return f"{self.department}/{self.dataset}/{self.record_key}/{self.role}"


@dataclass(frozen=True)
class Decision:
    """Who decided what over two records, when and why; with ``withdrawn_at`` it is history and binds nobody."""

    decision_id: str
    decision: Verdict
    left: Reference
    right: Reference
    who: str
    decided_at: datetime
    why: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None

    @property
    def in_force(self) -> bool:
        return self.withdrawn_at is None


def pair_id(one: Reference, other: Reference) -> str:
    """A short name for two records, the same whichever comes first, in every release."""
    left, right = sorted((one, other))
    return "R" + hashlib.sha256(f"{left}\n{right}".encode()).hexdigest()[:10]


def decisions(home: Home) -> tuple[Decision, ...]:
    """Every decision ever taken, oldest first."""
    return _told(_journal(home).entries())


def in_force(home: Home) -> tuple[Decision, ...]:
    """The decisions that bind the next build."""
    return tuple(decision for decision in decisions(home) if decision.in_force)


def digest(home: Home) -> str:
    """Of everything that was decided and withdrawn: a build depends on it."""
    return _journal(home).digest()


def decide(home: Home, verdict: Verdict, pair: tuple[Reference, Reference], who: str, why: str) -> Decision:
    """Write a decision down and answer it.

    Raises WrongUseError when the pair is decided already, or when those in force together already say the contrary: the
    message names the decisions that would have to be withdrawn first.
    """
    left, right = sorted(pair)
    _hold(verdict in VERDICTS, f"a decision is one of {', '.join(VERDICTS)}")
    _hold(left != right, "a record cannot be decided against itself")
    _hold(bool(who.strip()), "a decision needs a name: who took it")
    _hold(bool(why.strip()), "a decision needs a reason: what it rests on")
    journal = _journal(home)
    with journal.writing() as writer:
        known = _told(journal.entries())
        _hold_with_the_others(verdict, left, right, [decision for decision in known if decision.in_force])
        taken = Decision(
            f"D{len(known) + 1:06d}",
            verdict,
            left,
            right,
            who.strip(),
            datetime.now(UTC),
            masked(why.strip()),
        )
        writer.add(
            {
                "decision_id": taken.decision_id,
                "decision": verdict,
                "left": vars(left),
                "right": vars(right),
                "who": taken.who,
                "at": taken.decided_at.isoformat(),
                "why": taken.why,
            }
        )
    return taken


def withdraw(home: Home, decision_id: str, who: str, why: str) -> Decision:
    """Take a decision back; it stays to be read. Raises NotFoundError, or WrongUseError when it was withdrawn before."""
    _hold(bool(who.strip()), "a withdrawal needs a name: who withdraws")
    _hold(bool(why.strip()), "a withdrawal needs a reason")
    journal = _journal(home)
    with journal.writing() as writer:
        found = next((d for d in _told(journal.entries()) if d.decision_id == decision_id), None)
        if found is None:
            raise NotFoundError(f"{decision_id}: no such decision; `renkou review list --decided` shows them")
        _hold(found.in_force, f"{decision_id} was withdrawn before")
        now = datetime.now(UTC)
        writer.add(
            {"withdraws": decision_id, "who": who.strip(), "at": now.isoformat(), "why": masked(why.strip())}
        )
    return replace(found, withdrawn_at=now, withdrawn_by=who.strip(), withdrawn_why=masked(why.strip()))


def together(home: Home, decision: Decision) -> tuple[Reference, ...]:
    """The records beside the two of a decision that decisions in force put into one person with either of them."""
    linked = [known for known in in_force(home) if known.decision == "linked"]
    ends = (decision.left, decision.right)
    return tuple(sorted({record for end in ends for record in _reached(end, linked)} - set(ends)))


def _journal(home: Home) -> Journal:
    return Journal(home.decisions / "decisions.jsonl")


def _told(entries: Iterable[dict[str, Any]]) -> tuple[Decision, ...]:
    known: dict[str, Decision] = {}
    for entry in entries:
        at = datetime.fromisoformat(entry["at"])
        if withdrawn := entry.get("withdraws"):
            known[withdrawn] = replace(
                known[withdrawn], withdrawn_at=at, withdrawn_by=entry["who"], withdrawn_why=entry["why"]
            )
            continue
        left, right = Reference(**entry["left"]), Reference(**entry["right"])
        name = entry["decision_id"]
        known[name] = Decision(name, entry["decision"], left, right, entry["who"], at, entry["why"])
    return tuple(known.values())


def _hold(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise WrongUseError(otherwise)


def _hold_with_the_others(
    verdict: Verdict, left: Reference, right: Reference, others: list[Decision]
) -> None:
    """No two decisions in force may contradict one another, not even by way of a third record."""
    same = next((d for d in others if (d.left, d.right) == (left, right)), None)
    if same is not None:
        raise WrongUseError(
            f"this pair was decided {same.decision} by {same.who} ({same.decision_id}); withdraw that first to decide anew"
        )
    way = _way(left, right, [d for d in others if d.decision == "linked"])
    if verdict == "not_linked" and way is not None:
        raise WrongUseError(
            f"decisions in force together make these records one person ({_names(way)}); withdraw one of them first"
        )
    if verdict == "linked":
        _hold_apart(left, right, others)


def _hold_apart(left: Reference, right: Reference, others: list[Decision]) -> None:
    linked = [d for d in others if d.decision == "linked"]
    for apart in (d for d in others if d.decision == "not_linked"):
        for one, other in ((apart.left, apart.right), (apart.right, apart.left)):
            before, after = _way(left, one, linked), _way(right, other, linked)
            if before is not None and after is not None:
                raise WrongUseError(
                    f"decisions in force keep these records apart ({_names([*before, apart, *after])}); withdraw one of them first"
                )


def _way(start: Reference, goal: Reference, links: list[Decision]) -> list[Decision] | None:
    """The links that lead from one record to another, none when they are the same record, None when there is no way."""
    return _reached(start, links).get(goal)


def _reached(start: Reference, links: list[Decision]) -> dict[Reference, list[Decision]]:
    """Every record to which links lead from one, by the links on the way."""
    reached: dict[Reference, list[Decision]] = {start: []}
    edge = [start]
    while edge:
        here = edge.pop()
        for link in links:
            for there in (link.right,) if link.left == here else (link.left,) if link.right == here else ():
                if there not in reached:
                    reached[there] = [*reached[here], link]
                    edge.append(there)
    return reached


def _names(links: list[Decision]) -> str:
    return ", ".join(link.decision_id for link in links)
