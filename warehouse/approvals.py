"""What people decided: one file a decision, written once and never changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from warehouse.durable import write_text
from warehouse.faults import RenkouError, WrongUseError
from warehouse.home import Home

Verdict = Literal["approved", "rejected"]


@dataclass(frozen=True)
class Decision:
    """Who decided what about which batch or release, why and when.

    ``subject`` is its name, ``of`` a digest of what was looked at: the decision says nothing of other bytes under the same
    name. ``about`` are the faults that were put up with.
    """

    subject: str
    of: str
    verdict: Verdict
    who: str
    why: str
    at: str
    about: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What a person says to a question."""

    verdict: Verdict
    who: str
    why: str


def decide(home: Home, subject: str, of: str, about: tuple[str, ...], said: Answer) -> Decision:
    """Keep a decision. Raises WrongUseError without a name or a reason."""
    who, why = said.who.strip(), said.why.strip()
    if not who or not why:
        raise WrongUseError("a decision needs who decided and why")
    made = Decision(subject, of, said.verdict, who, why, datetime.now(UTC).isoformat(timespec="microseconds"), about)
    text = json.dumps(asdict(made), ensure_ascii=False, indent=1)
    path = home.approvals / f"{made.at[:19].replace(':', '')}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    path.chmod(0o440)
    return made


def approvals(home: Home) -> dict[tuple[str, str], Decision]:
    """The newest decision on each subject and digest. Raises RenkouError for a file that is damaged."""
    found = [_read(path) for path in home.approvals.glob("*.json")]
    return {(d.subject, d.of): d for d in sorted(found, key=lambda d: d.at)}


def _read(path: Path) -> Decision:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Decision(**content | {"about": tuple(content["about"])})
    except (ValueError, TypeError, KeyError):
        remedy = "put it back from the last backup, or take it away and decide again"
        raise RenkouError(f"{path}: the file of this decision is damaged; {remedy}") from None
