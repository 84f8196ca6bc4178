"""What a gate answers: one check a rule and column, counts and shares only, never a person's value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Gate = Literal["batch", "build", "release"]
Severity = Literal["stop", "note"]

NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True)
class Check:
    """One rule asked of one table or column; ``observed`` counts offending rows, or is the share measured."""

    rule: str
    table: str
    column: str | None
    severity: Severity
    passed: bool
    observed: int | float | str | None
    sentence: str
    sentence_en: str


@dataclass(frozen=True)
class GateResult:
    """The answer of one gate about one batch, build or release."""

    gate: Gate
    subject: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """No check that stops has failed."""
        return not self.stops

    @property
    def stops(self) -> tuple[Check, ...]:
        return self._failed("stop")

    @property
    def notes(self) -> tuple[Check, ...]:
        return self._failed("note")

    def _failed(self, severity: Severity) -> tuple[Check, ...]:
        return tuple(c for c in self.checks if not c.passed and c.severity == severity)

    def to_json(self) -> dict[str, Any]:
        """For the run's report: how many checks were made, and those that failed in full."""
        return {
            "gate": self.gate,
            "subject": self.subject,
            "passed": self.passed,
            "checks": len(self.checks),
            "failed": [asdict(check) for check in (*self.stops, *self.notes)],
            "measured": {
                f"{c.rule}{f' {c.column}' if c.column else ''}": c.observed
                for c in self.checks
                if c.passed and isinstance(c.observed, float)
            },
        }
