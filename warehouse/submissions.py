"""What citizens confirmed, corrected and added in forms: kept before it is answered, and never changed.

One file is one submission, ``submissions/<xx>/<name>.json``; its name is made of the key and the idempotency key, so that
the same call again finds the answer that was given (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from warehouse.at_home import keep_once
from warehouse.digests import sm3
from warehouse.durable import sync
from warehouse.faults import RenkouError
from warehouse.home import Home

Outcome = Literal["confirmed", "corrected", "added"]


class SubmissionConflictError(RenkouError):
    """The same idempotency key came with another content."""


@dataclass(frozen=True)
class Answered:
    """One field as it was handed in. ``declares`` names the datum, or the question, that the value is of; ``declared`` is the
    value in the catalogue's own form, None where the form's wording cannot be taken back to it.
    """

    name: str
    value: str
    outcome: Outcome
    declares: str | None = None
    declared: str | list[str] | None = None


@dataclass(frozen=True)
class Submission:
    """A form as a citizen handed it in. ``person_id`` is None when the number told nobody, or more than one."""

    submission_id: str
    received_at: str
    key: str
    system: str
    form: str
    purpose: str
    case_no: str
    person_id: str | None
    release_id: str
    content: str
    fields: tuple[Answered, ...]


class Submissions:
    """The submissions below ``home``."""

    def __init__(self, home: Home) -> None:
        self._home, self._folder = home, home.submissions

    def name(self, key: str, idempotency_key: str | None) -> str:
        """The id under which a submission is kept; without an idempotency key each is one of its own."""
        return f"S{sm3(f'{key} {idempotency_key}'.encode())[:24]}" if idempotency_key else f"S{secrets.token_hex(12)}"

    def kept(self, submission_id: str, content: str) -> Submission | None:
        """The submission of that id, None when there is none. Raises SubmissionConflictError for another content."""
        path = self._path(submission_id)
        if not path.exists():
            return None
        found = _read(path)
        if found.content != content:
            raise SubmissionConflictError("the same idempotency key came with another content before")
        return found

    def keep(self, submission: Submission) -> Submission:
        """Write it and wait until it is on the disk and, of a home on a store, there; answers the one that is kept, if another
        process or machine came first.
        """
        path = self._path(submission.submission_id)
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync(self._folder)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            partial.write_text(json.dumps(asdict(submission), ensure_ascii=False), encoding="utf-8")
            partial.chmod(0o400)
            sync(partial)
            if keep_once(self._home, partial, path):
                os.link(partial, path)
        except FileExistsError:
            pass
        finally:
            partial.unlink(missing_ok=True)
        sync(path.parent)
        found = self.kept(submission.submission_id, submission.content)
        assert found is not None
        return found

    def _path(self, submission_id: str) -> Path:
        return self._folder / submission_id[1:3] / f"{submission_id}.json"


def submission_files(home: Home) -> list[Path]:
    """Every submission that is kept, in order of name."""
    return sorted(home.submissions.glob("*/S*.json"))


def submissions(home: Home) -> Iterator[Submission]:
    """Every submission that is kept, in order of name."""
    for path in submission_files(home):
        yield _read(path)


def _read(path: Path) -> Submission:
    told: dict[str, Any] = json.loads(path.read_bytes())
    return Submission(**(told | {"fields": tuple(Answered(**each) for each in told["fields"])}))
