"""Who may ask: a key for each form system, with the forms, purposes and regions that it is for (least privilege).

个人信息保护法 art. 34, 51. A key is shown once, when it is made; what is kept is its digest.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.digests import same, sm3
from warehouse.durable import one_at_a_time, write_text
from warehouse.faults import NotFoundError
from warehouse.home import Home

PREFIX = "rk"
ALL = "all"


@dataclass(frozen=True)
class FormSystem:
    """A key and what it is for. ``forms``, ``purposes``, ``regions``: ``all`` for every one; a region is the beginning of a
    division's code. ``rate`` is calls a minute; moments are UTC, ISO 8601.
    """

    key_id: str
    name: str
    digest: str
    forms: tuple[str, ...]
    purposes: tuple[str, ...]
    regions: tuple[str, ...]
    rate: int
    made_at: str
    expires_at: str
    revoked_at: str | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and now < datetime.fromisoformat(self.expires_at)

    def may_use(self, form: str) -> bool:
        return ALL in self.forms or form in self.forms

    def may_ask_for(self, purpose: str) -> bool:
        return ALL in self.purposes or purpose in self.purposes

    def covers(self, divisions: Iterable[str]) -> bool:
        """Whether one of a person's divisions lies in a region of the key."""
        return ALL in self.regions or any(code.startswith(self.regions) for code in divisions)


class KeyRing:
    """All keys, in one small file; a change is seen by every process at its next call."""

    def __init__(self, home: Home) -> None:
        self._path: Path = home.keys
        self._read: tuple[int, int] | None = None
        self._systems: dict[str, FormSystem] = {}

    def systems(self) -> tuple[FormSystem, ...]:
        """Every key that was ever made, in order."""
        return tuple(self._known().values())

    def bearer(self, key: str) -> FormSystem | None:
        """Whose key it is; None for one that is unknown, revoked or expired."""
        found = self._known().get(_id_in(key))
        digest = sm3(key.encode())
        if not same(digest, found.digest if found else sm3(b"")) or found is None:
            return None
        return found if found.is_valid(datetime.now(UTC)) else None

    def named(self, key: str) -> str | None:
        """The id of the key that the text claims to be; None for one that was never made."""
        return key_id if (key_id := _id_in(key)) in self._known() else None

    def add(self, system: FormSystem) -> tuple[FormSystem, str]:
        """Keep a new key for what ``system`` says; answers it with the key itself, which is not kept."""
        key_id = f"{PREFIX}_{secrets.token_hex(4)}"
        key = f"{key_id}_{secrets.token_urlsafe(32)}"
        made = replace(system, key_id=key_id, digest=sm3(key.encode()))
        with one_at_a_time(self._path.parent):
            self._write({**self._known(), key_id: made})
        return made, key

    def revoke(self, key_id: str) -> FormSystem:
        """From now on the key opens nothing. Raises NotFoundError."""
        with one_at_a_time(self._path.parent):
            known = self._known()
            if key_id not in known:
                raise NotFoundError(f"no key is called {key_id}; `renkou keys list` names them")
            gone = replace(known[key_id], revoked_at=datetime.now(UTC).isoformat(timespec="seconds"))
            self._write(known | {key_id: gone})
        return gone

    def _known(self) -> dict[str, FormSystem]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        now = (status.st_ino, status.st_mtime_ns)
        if now != self._read:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            self._systems = {each["key_id"]: _system(each) for each in content}
            self._read = now
        return self._systems

    def _write(self, systems: dict[str, FormSystem]) -> None:
        content = [asdict(system) for system in systems.values()]
        write_text(self._path, json.dumps(content, ensure_ascii=False, indent=1))
        self._path.chmod(0o600)


def _id_in(key: str) -> str:
    return "_".join(key.split("_", 2)[:2])


def _system(content: dict[str, Any]) -> FormSystem:
    return FormSystem(**(content | {name: tuple(content[name]) for name in ("forms", "purposes", "regions")}))
