from __future__ import annotations

from tests.support.small_county import small_county, undisturbed

__all__ = ["small_county", "undisturbed"]
