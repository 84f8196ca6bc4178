"""What linking asks for exists: a rule with a misspelt level would never hold, and nobody would know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contracts.checks.base import Agreement, Check, Finding, close


def rules_ask_for_levels_that_there_are(agreed: Agreement) -> Iterator[Finding]:
    """Rules and doubts name comparisons and levels of ``comparisons.yaml``."""
    linking = agreed.contracts.linking
    levels = {comparison.name: {level.name for level in comparison.levels} for comparison in linking.comparisons}
    asking = [("rules", rule.name, {"when": rule.when, "any": rule.any}) for rule in linking.rules]
    asking += [("doubts", doubt.name, {"when": doubt.when, "unless": doubt.unless}) for doubt in linking.doubts]
    for part, name, key, held in ((part, name, key, held) for part, name, told in asking for key, held in told.items()):
        path = Path("linking") / f"{part}.yaml"
        file = agreed.shown(agreed.files[path]) if path in agreed.files else str(path)
        for comparison, asked in held.items():
            if comparison not in levels:
                yield Finding("error", file, f"{name}.{key}", f"there is no comparison {comparison}", close(comparison, levels))
            else:
                for level in set(asked) - levels[comparison]:
                    what = f"comparison {comparison} has no level {level}"
                    yield Finding("error", file, f"{name}.{key}", what, close(level, levels[comparison]))


CHECKS: tuple[Check, ...] = (rules_ask_for_levels_that_there_are,)
