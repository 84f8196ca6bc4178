"""What all objects of the contracts have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Agreed(BaseModel):
    """Base of all contract objects: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out from the values of before (``cached_property``) does not go along."""
        copied = super().model_copy(update=update, deep=deep)
        for name in copied.__dict__.keys() - type(copied).model_fields.keys():
            del copied.__dict__[name]
        return copied


def custom(properties: list[Any] | None) -> dict[str, Any]:
    """ODCS ``customProperties`` as a dictionary."""
    return {p.property: p.value for p in properties or []}
