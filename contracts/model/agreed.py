"""What all objects of the contracts have in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Agreed(BaseModel):
    """Base of all contract objects: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def custom(properties: list[Any] | None) -> dict[str, Any]:
    """ODCS ``customProperties`` as a dictionary."""
    return {p.property: p.value for p in properties or []}
