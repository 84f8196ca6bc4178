"""Answers as JSON for machines; loads no library, as every command may need it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any


def as_json(answer: Any) -> str:
    """A typed answer, or several, as JSON; dates by ISO 8601."""
    return json.dumps(answer, ensure_ascii=False, indent=2, default=_told)


def _told(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
